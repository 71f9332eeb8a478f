"""The check of the documents' examples catches what it is there for."""

from __future__ import annotations

import pytest

from tests.plugins.examples import Unchecked, check_command, commands


@pytest.mark.parametrize(
    "line",
    [
        "palier session open public-goods --seats 4",
        "PALIER_SERVER=amqp://127.0.0.1/palier palier bots tuesday-1",
        "export PALIER_SERVER=amqp://127.0.0.1/palier",
        "./run test-all",
        "docker compose up --detach",
        "python -m palier.workers --health",
        "git clone https://example.org/palier",
    ],
)
def test_a_command_that_is_there_passes(line: str) -> None:
    check_command(line)


@pytest.mark.parametrize(
    "line",
    [
        "palier session open public-goods --benches 4",
        "palier session open",
        "palier sing",
        "palier session open public-goods --seed many",
        "./run away",
        "docker compose dance",
        "python -m palier.nowhere",
        "rm -rf /",
    ],
)
def test_a_command_that_is_not_there_is_caught(line: str) -> None:
    with pytest.raises(Unchecked):
        check_command(line)


def test_continued_lines_are_one_command_and_comments_none() -> None:
    block = "# first\n./run bench \\\n  --seats 4  # and more\n\n./run help\n"

    assert list(commands(block)) == ["./run bench --seats 4", "./run help"]

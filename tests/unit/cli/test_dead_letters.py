"""Which letters a command means, how they are shown, and what it says when it cannot do it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from palier.broker.letters import Letter
from palier.cli.choice import Choice, codes
from palier.cli.dead_letters import _row
from palier.cli.errors import CommandError
from palier.cli.showing import printable, rows_table
from tests.e2e.palier_command import palier_here

NOWHERE = "amqp://palier.worker:secret@127.0.0.1:1/palier"

LETTER = Letter(
    digest="0123456789ab" + "0" * 52,
    at=datetime(2026, 5, 4, 12, 30, tzinfo=UTC),
    code="malformed",
    reason="The body of submit.v1 is not valid: scope: Field required",
    sender="p1",
    exchange="palier.commands",
    routing_key="cmd.0.morning.p1.submit",
    kind="submit.v1",
    message_id="m-1",
    size=212,
    replays=0,
    writer="palier.worker",
)

#: Two letters whose ids begin alike, and one more.
LETTERS = [
    LETTER,
    replace(LETTER, digest="0123000000000" + "0" * 51, code="worker-error"),
    replace(LETTER, digest="fedcba987654" + "0" * 52, code="worker-error"),
]


def say(*arguments: object, **more: str) -> str:
    return palier_here("dead-letters", *arguments, **more).sentence


# -- choosing


def test_an_id_stands_for_the_one_letter_that_begins_with_it() -> None:
    assert Choice(("01234",)).among(LETTERS, queue="dead-letters") == LETTERS[:1]
    assert Choice(("FEDC", "0123456789ab")).among(LETTERS, queue="q") == [LETTERS[0], LETTERS[2]]


def test_all_are_all_or_all_with_a_code() -> None:
    assert Choice().among(LETTERS, queue="dead-letters") == LETTERS
    assert Choice(code="worker-error").among(LETTERS, queue="dead-letters") == LETTERS[1:]
    assert Choice().among([], queue="dead-letters") == []
    assert Choice(code="worker-error").among([], queue="dead-letters") == []


@pytest.mark.parametrize(
    ("choice", "letters", "sentence"),
    [
        (
            Choice(("abcd",)),
            LETTERS,
            "There is no letter abcd in dead-letters: see `palier dead-letters list`.",
        ),
        (Choice(("fedc", "abcd")), LETTERS, "There is no letter abcd in dead-letters"),
        (Choice(("0123",)), LETTERS, "0123 stands for 2 letters: give more digits of it."),
        (Choice(("0123",)), [], "There is no letter 0123: nothing lies in dead-letters."),
        (
            Choice(code="odd"),
            LETTERS,
            "No letter there is odd: there are 2 worker-error, 1 malformed.",
        ),
    ],
    ids=["unknown", "one of two unknown", "ambiguous", "empty", "unknown code"],
)
def test_a_choice_that_is_none_says_so(
    choice: Choice, letters: list[Letter], sentence: str
) -> None:
    with pytest.raises(CommandError) as error:
        choice.among(letters, queue="dead-letters")

    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("replay", "Say which letters: their ids, or --all."),
        ("drop", "Say which letters: their ids, or --all."),
        ("drop --yes", "Say which letters: their ids, or --all."),
        ("replay 0123 --all", "Say which letters: their ids, or --all."),
        ("drop 0123 --all --yes", "Say which letters: their ids, or --all."),
        ("replay 0123 --code malformed", "--code goes with --all."),
        ("replay 012", "'012': give at least 4 digits of an id."),
        ("show 0", "'0': give at least 4 digits of an id."),
    ],
)
def test_which_letters_must_be_said(arguments: str, sentence: str) -> None:
    assert say(*arguments.split(), PALIER_SERVER=NOWHERE) == sentence


# -- no server


ASKING = ["list", "show 0123", "replay --all", "drop --all --yes"]


@pytest.mark.parametrize("arguments", ASKING)
def test_no_server_at_all_says_how_to_start_one(arguments: str, tmp_path: Path) -> None:
    sentence = say(*arguments.split(), "--data", tmp_path)

    assert sentence.startswith(f"No server runs in {tmp_path}: start one with `palier up`")


@pytest.mark.parametrize("arguments", ASKING)
def test_a_server_that_does_not_answer_is_named(arguments: str) -> None:
    sentence = say(*arguments.split(), PALIER_SERVER=NOWHERE)

    assert sentence.startswith("Nothing answers at amqp://127.0.0.1:1/palier")
    assert "secret" not in sentence


@pytest.mark.parametrize(
    ("address", "variable"),
    [
        ("amqp://127.0.0.1:1/palier", "PALIER_SERVER with a user"),
        ("amqp://palier.worker@127.0.0.1:1/palier", "PALIER_PASSWORD"),
    ],
)
def test_what_the_administrators_account_needs_is_named(address: str, variable: str) -> None:
    assert say("list", PALIER_SERVER=address).endswith(f"is not known here: set {variable}.")


def test_a_doctor_says_nothing_of_letters_where_no_server_is_known(tmp_path: Path) -> None:
    """On a participant's computer there is an address, and no administrator."""
    for more in ({}, {"PALIER_SERVER": "amqp://127.0.0.1:1/palier"}):
        assert "all handled" not in palier_here("doctor", "--data", tmp_path, **more).out


def test_a_doctor_says_that_a_server_does_not_answer() -> None:
    done = palier_here("doctor", PALIER_SERVER=NOWHERE)

    assert "all handled" in done.out
    assert "Nothing answers at" in done.out


# -- showing


def test_what_came_over_the_wire_commands_no_terminal() -> None:
    assert printable("\x1b[2J\u202egood\n\ttab\x00") == "\\x1b[2J\\u202egood\\n\\ttab\\x00"
    assert printable("[bold]Größe 7 · 好[/]") == "[bold]Größe 7 · 好[/]"


def test_a_row_fits_a_terminal_and_cannot_be_forged() -> None:
    hostile = replace(
        LETTER,
        kind="\x1b[31mred\nfrom operator" * 9,
        reason="x\n" * 500,
        sender="p" * 32,
        routing_key=f"cmd.0.{'s' * 32}.p1.submit",
        size=1_048_576,
        replays=3,
    )
    console = Console(width=80, highlight=False, markup=False, emoji=False)

    with console.capture() as said:
        console.print(
            rows_table("Letters", ("id", "when", "what", "why", "times"), [_row(hostile)])
        )

    text = said.get()
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert "0123456789ab" in text
    assert "2026-05-04" in text
    assert "1,048,576 bytes" in text.replace("│", " ")
    assert len(text.splitlines()) < 25


def test_codes_are_counted_the_most_frequent_first() -> None:
    assert codes(LETTERS) == "2 worker-error, 1 malformed"

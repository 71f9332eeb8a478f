"""Whatever goes wrong, a command says it in a sentence, and shows where only when asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.palier_command import palier_here

NOWHERE = "amqp://127.0.0.1:1/palier"


def say(*arguments: object, **more: str) -> str:
    return palier_here(*arguments, **more).sentence


def test_no_server_at_all_says_how_to_start_one(tmp_path: Path) -> None:
    assert say("session", "list", "--data", tmp_path) == (
        f"No server runs in {tmp_path}: start one with `palier up`, or say where it is with "
        "--server amqp://host:5672/palier or PALIER_SERVER."
    )


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"amqp": "a", "colour": "red"}'])
def test_a_damaged_server_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "server.json").write_text(text)

    assert say("session", "list", "--data", tmp_path) == (
        f"{tmp_path / 'server.json'} is damaged: start `palier up` again."
    )


def test_a_server_that_does_not_answer_is_named_at_once() -> None:
    assert say("session", "list", "--server", NOWHERE, PALIER_OPERATOR_PASSWORD="secret") == (
        f"Nothing answers at {NOWHERE} (Connection refused): does its RabbitMQ run, "
        "and is the address right?"
    )


@pytest.mark.parametrize(
    ("arguments", "variable"),
    [
        ("session list", "PALIER_OPERATOR_PASSWORD"),
        ("bots s1", "PALIER_OPERATOR_PASSWORD"),
        ("session export s1", "PALIER_DATABASE"),
        ("topology check", "PALIER_MANAGEMENT"),
    ],
)
def test_what_a_remote_server_needs_is_named(arguments: str, variable: str) -> None:
    sentence = say(*arguments.split(), PALIER_SERVER=NOWHERE)

    assert sentence.endswith(f"is not known here: set {variable}.")


def test_an_address_that_is_none_is_shown_without_its_password() -> None:
    assert say("session", "list", "--server", "http://me:hidden@host") == (
        "'http://host' is no address of RabbitMQ: write amqp://host:5672/palier."
    )


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "none.db"

    sentence = say(
        "session", "export", "s1", PALIER_SERVER=NOWHERE, PALIER_DATABASE=f"sqlite:///{file}"
    )

    assert sentence == f"There is no database {file}."
    assert not file.exists()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "letter.db"
    file.write_text("Dear all, " * 100)

    sentence = say(
        "session", "export", "s1", PALIER_SERVER=NOWHERE, PALIER_DATABASE=f"sqlite:///{file}"
    )

    assert sentence == f"The database sqlite:///{file} cannot be read: file is not a database"


@pytest.mark.parametrize("arguments", ["desk --join ABCD-EFGH", "desk --seat p1", "overview s1"])
def test_no_window_without_a_display(arguments: str) -> None:
    sentence = say(*arguments.split(), PALIER_SERVER=NOWHERE)

    assert sentence.startswith("No window can be opened here: DISPLAY is not set.")


@pytest.mark.parametrize("seats", [5, 6, 7])
def test_a_demo_needs_whole_groups(seats: int, tmp_path: Path) -> None:
    assert say("demo", "--seats", seats, "--runs", tmp_path) == (
        f"{seats} seats cannot form groups of 4: take a multiple of it."
    )


def test_a_demo_without_programs_asks_where_they_are(tmp_path: Path) -> None:
    missing = tmp_path / "missing"

    assert say("demo", "--bots", 4, "--runs", tmp_path / "runs", "--programs", missing) == (
        f"There is no folder {missing}: say with --programs where they are."
    )
    assert not (tmp_path / "runs").exists(), "a demo that never began leaves nothing"


def test_runs_that_cannot_be_written_to_are_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    assert say("demo", "--bots", 4, "--runs", file) == (
        f"{file} cannot be written to: Not a directory."
    )
    assert say("up", "--data", file / "data") == (
        f"{file / 'data'} cannot be written to: Not a directory."
    )


# -- RabbitMQ that is not there -----------------------------------------------------------------


@pytest.fixture
def without_rabbitmq(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """An environment in which no RabbitMQ is found, wherever this computer has one."""
    monkeypatch.setattr("palier.broker.node._PLACES", ())
    return {"PATH": str(tmp_path), "RABBITMQ_HOME": str(tmp_path)}


def test_without_rabbitmq_a_demo_says_how_to_get_it(
    without_rabbitmq: dict[str, str], tmp_path: Path
) -> None:
    sentence = say("demo", "--bots", 4, "--runs", tmp_path / "runs", **without_rabbitmq)

    assert sentence.startswith("RabbitMQ is not installed on this machine: `apt-get install rabbit")


def test_a_doctor_says_how_to_get_rabbitmq(without_rabbitmq: dict[str, str]) -> None:
    done = palier_here("doctor", "--json", **without_rabbitmq)

    found = {one["what"]: one for one in json.loads(done.out)}
    assert done.code == 1
    assert found["RabbitMQ"]["well"] is False
    assert "apt-get install rabbitmq-server" in found["RabbitMQ"]["found"]
    assert found["Python"]["well"] is True


def test_a_doctor_needs_neither_display_nor_docker(tmp_path: Path) -> None:
    server = tmp_path / "sbin" / "rabbitmq-server"
    server.parent.mkdir()
    server.touch(mode=0o755)

    done = palier_here("doctor", "--json", PATH=str(tmp_path), RABBITMQ_HOME=str(tmp_path))

    found = {one["what"]: one for one in done.json()}
    assert found["RabbitMQ"] == {
        "what": "RabbitMQ",
        "well": True,
        "found": str(server),
        "needed": True,
    }
    assert (found["windows"]["well"], found["windows"]["needed"]) == (False, False)
    assert (found["Docker"]["well"], found["Docker"]["needed"]) == (False, False)


def test_a_doctor_shows_people_a_table(tmp_path: Path) -> None:
    lines = palier_here("doctor").out.splitlines()

    assert lines[0].rstrip() == "This computer"
    assert any("│ Python" in line and "│ yes" in line for line in lines)
    assert max(len(line) for line in lines) <= 80


# -- mistakes of ours ---------------------------------------------------------------------------


@pytest.fixture
def a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: object) -> None:
        raise KeyError("a mistake")

    monkeypatch.setattr("palier.cli.operating.find_server", wrong)


@pytest.mark.usefixtures("a_mistake")
def test_a_mistake_of_ours_says_how_to_see_where_it_is() -> None:
    assert say("session", "list") == (
        "A mistake of ours: KeyError('a mistake'). `palier --debug …` shows where."
    )


@pytest.mark.usefixtures("a_mistake")
def test_a_traceback_is_shown_when_it_is_asked_for() -> None:
    with pytest.raises(KeyError):
        palier_here("--debug", "session", "list")


def test_a_mistyped_command_offers_help() -> None:
    done = palier_here("sesion")

    assert done.code == 2
    assert "No such command" in done.err

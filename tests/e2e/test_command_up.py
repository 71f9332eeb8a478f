"""A server that `palier up` runs, and every command that asks something of it."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import stat
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from palier.broker.address import Address
from tests.brokers import Real
from tests.conftest import need_rabbitmq
from tests.e2e.palier_command import (
    Done,
    Running,
    nothing_is_left_of,
    palier,
    palier_here,
    processes_of,
    running,
    until,
    worker_of,
)

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(120)]


class Up:
    """`palier up` on a folder, and other commands that find it there."""

    def __init__(self, command: Running, data: Path) -> None:
        self.command = command
        self.data = data

    def palier(self, *arguments: object) -> Done:
        return palier_here(*arguments, "--data", self.data)

    def running(self, *arguments: object) -> Any:
        return running(*arguments, "--data", self.data)

    @property
    def server(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.data / "server.json").read_text())
        return found

    def rabbitmq(self) -> Real:
        """Return its RabbitMQ as its administrator sees it."""
        found = self.server
        address = Address.parse(found["amqp"].replace("//", f"//{found['user']}@"))
        administrator = Address(
            host=address.host, port=address.port, user=address.user, password=found["password"]
        )
        return Real("palier up", administrator, found["management"])


@contextmanager
def up_in(data: Path) -> Iterator[Up]:
    need_rabbitmq()
    with running("up", "--data", data) as command:
        command.says("Palier is up")
        yield Up(command, data)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One server for all: each test has a session and seats of its own."""
    data = tmp_path_factory.mktemp("up") / "data"
    with up_in(data) as up:
        yield up
    nothing_is_left_of(data)


def table(file: str) -> list[dict[str, str]]:
    with Path(file).open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


# -- where it is --------------------------------------------------------------------------------


def test_a_server_says_what_to_do_next_and_shows_no_password(up: Up) -> None:
    said = up.command.out + up.command.err

    assert up.server["amqp"] in said
    assert up.server["management"] in said
    assert "palier session open public-goods --seats 4" in said
    assert not [one for name, one in up.server.items() if "password" in name and one in said]


def test_only_its_user_may_read_where_a_server_is(up: Up) -> None:
    mode = (up.data / "server.json").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600


def test_a_second_server_on_the_same_data_is_refused_in_a_sentence(up: Up) -> None:
    before = up.server

    second = palier("up", "--data", up.data)

    assert re.search(r"are in use by the process \d+: stop it, or choose", second.sentence)
    assert up.server == before


# -- a session ----------------------------------------------------------------------------------


def test_a_session_goes_from_its_opening_to_its_export(up: Up, tmp_path: Path) -> None:
    opened = up.palier(
        *("session", "open", "public-goods", "--name", "story", "--json"),
        *("--seats", "a1,a2,a3,a4", "--set", "rounds=2", "--seed", 7),
    ).json()
    assert opened["session"] == "story"
    assert list(opened["codes"]) == ["a1", "a2", "a3", "a4"]

    anew = up.palier("session", "codes", "story", "--seats", "a1", "--json").json()
    assert set(anew) == {"a1"}
    assert anew["a1"] != opened["codes"]["a1"]

    shown = up.palier("session", "show", "story", "--json").json()
    assert shown["status"] == "lobby"
    assert [one["seat"] for one in shown["seats"]] == ["a1", "a2", "a3", "a4"]

    assert up.palier("session", "start", "story").out == "Session story runs.\n"

    with ExitStack() as stack:
        two = [
            stack.enter_context(
                up.running("bots", "story", "--seats", seats, "--pause", 0.2, "--json")
            )
            for seats in ("a1,a2", "a3,a4")
        ]
        until(lambda: arrivals(up, tmp_path) > 4, what="some answers can be exported")
        assert [one.wait().json() for one in two] == [
            {"a1": "finished", "a2": "finished"},
            {"a3": "finished", "a4": "finished"},
        ]

    (listed,) = [
        one for one in up.palier("session", "list", "--json").json() if one["session"] == "story"
    ]
    assert (listed["program"], listed["status"], listed["seats"]) == ("public-goods", "finished", 4)

    paths = up.palier("session", "export", "story", "--to", tmp_path, "--json").json()
    assert payoffs_of(table(paths["answers.csv"])) == {
        one["seat"]: Decimal(one["payoff"]) for one in table(paths["payoffs.csv"])
    }


def arrivals(up: Up, folder: Path) -> int:
    """Export while it runs; return how many arrivals there are until now."""
    paths = up.palier("session", "export", "story", "--to", folder, "--json").json()
    return len(table(paths["answers.csv"]))


def payoffs_of(answers: list[dict[str, str]]) -> dict[str, Decimal]:
    """Return what two rounds of the game pay for these answers."""
    given = [(one["visit"], one["seat"], int(one["amount"])) for one in answers if one["amount"]]
    pots: dict[str, int] = defaultdict(int)
    for visit, _, amount in given:
        pots[visit] += amount
    assert set(pots) == {"1", "2"}
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for visit, seat, amount in given:
        paid[seat] += 20 - amount + Decimal("1.6") * pots[visit] / 4
    return paid


def test_people_read_tables_that_fit_eighty_columns(up: Up, tmp_path: Path) -> None:
    opened = up.palier(
        *("session", "open", "public-goods", "--name", "read", "--auto-start"),
        *("--seats", "b1,b2,b3,b4", "--set", "rounds=1"),
    )
    said = {
        "open": opened,
        "bots": up.palier("bots", "read", "--pause", 0),
        "list": up.palier("session", "list"),
        "show": up.palier("session", "show", "read"),
        "export": up.palier("session", "export", "read", "--to", tmp_path),
    }

    assert {name: one.code for name, one in said.items()} == dict.fromkeys(said, 0)
    assert "Session read is open" in opened.out
    assert len(re.findall(r"│ b\d   │ palier desk --join \w{4}-\w{4} │", opened.out)) == 4
    assert said["bots"].out == "4 × finished\n"
    assert re.search(r"│ read +│ public-goods │ finished │ 4 ", said["list"].out)
    assert "Public goods, session read: finished" in said["show"].out
    assert f"export    {tmp_path}/read\n" in said["export"].out
    wide = [
        line
        for one in said.values()
        for line in one.out.splitlines()
        # what is to be copied stays in one line
        if len(line) > 80 and not line.startswith(("export ", "codebook ", "palier-client "))
    ]
    assert wide == []


def test_a_closed_session_takes_no_more_part_in_anything(up: Up) -> None:
    up.palier("session", "open", "public-goods", "--name", "shut", "--seats", "c1,c2,c3,c4")

    closed = up.palier("session", "close", "shut", "--reason", "a fire drill")

    assert closed.out == "Session shut is closed.\n"
    shown = up.palier("session", "show", "shut", "--json").json()
    assert (shown["status"], shown["reason"]) == ("closed", "a fire drill")
    assert up.palier("session", "start", "shut").code == 1
    assert up.palier("bots", "shut").sentence == "Session shut is closed: nobody plays it any more."


# -- what goes wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("session open nothing --seats d1,d2,d3,d4", "There is no program 'nothing'; the worker"),
        ("session open public-goods --seats d1,d2,d3", "cannot form groups of 4"),
        ("session open public-goods --seats 0", "A session has 1 to 1000 seats, not 0."),
        ("session open public-goods --seats 1001", "A session has 1 to 1000 seats, not 1001."),
        ("session open public-goods --seats d1,d1", "each seat once"),
        ("session open public-goods --seats D1,d2", "'D1' cannot be a name"),
        ("session open Public --seats 4", "'Public' cannot be a name"),
        ("session open public-goods --name Mine", "'Mine' cannot be a name"),
        ("session open public-goods --set rounds", "write it as name=value"),
        ("session open public-goods --set rounds=many", "Setting 'rounds' of public-goods"),
        ("session open public-goods --set rounds=0", "Setting 'rounds' of public-goods"),
        ("session open public-goods --set colour=red", "Setting 'colour' of public-goods"),
        ("session show nowhere", "There is no session nowhere"),
        ("session show NO", "'NO' cannot be a name"),
        ("session start nowhere", "There is no session nowhere"),
        ("session close nowhere", "There is no session nowhere"),
        ("session codes nowhere --seats d1", "There is no session nowhere"),
        ("session export nowhere", "There is no session nowhere: see `palier session list`."),
        ("bots nowhere", "There is no session nowhere"),
        ("desk --join ABCD-EFGH", "No window can be opened here: DISPLAY is not set."),
        ("overview nowhere", "No window can be opened here: DISPLAY is not set."),
    ],
)
def test_a_mistake_is_answered_in_a_sentence(up: Up, arguments: str, words: str) -> None:
    done = up.palier(*arguments.split())

    assert words in done.sentence


def test_a_reason_that_is_too_long_is_refused_in_a_sentence(up: Up) -> None:
    done = up.palier("session", "close", "any", "--reason", "x" * 1001)

    assert done.sentence == "reason: string should have at most 1000 characters."


def test_a_wrong_password_is_told_from_a_wrong_address(up: Up) -> None:
    address = up.server["amqp"]

    done = palier_here("session", "list", "--server", address, PALIER_OPERATOR_PASSWORD="not-it")

    assert "check the user, the password and the virtual host" in done.sentence


def test_the_right_passwords_in_the_environment_are_enough_from_elsewhere(up: Up) -> None:
    found = up.server

    done = palier_here(
        *("session", "list", "--json"),
        PALIER_SERVER=found["amqp"],
        PALIER_OPERATOR_PASSWORD=found["operator_password"],
    )

    assert isinstance(done.json(), list)


def test_a_folder_that_cannot_be_written_to_is_named(up: Up) -> None:
    up.palier("session", "open", "public-goods", "--name", "kept", "--seats", "e1,e2,e3,e4")

    done = up.palier("session", "export", "kept", "--to", "/dev/null/x")

    assert done.sentence == "/dev/null/x/kept cannot be written to: Not a directory."


# -- the topology -------------------------------------------------------------------------------


def test_the_topology_of_a_server_is_as_declared(up: Up) -> None:
    assert up.palier("topology", "check").out == "Everything is as declared.\n"
    assert up.palier("topology", "check", "--json").json() == []


def test_a_binding_that_is_gone_is_missed_in_a_sentence(up: Up) -> None:
    rabbitmq = up.rabbitmq()
    binding = "bindings/palier/e/palier.unroutable/q/unroutable"
    rabbitmq.ask("DELETE", f"{binding}/~")
    try:
        done = up.palier("topology", "check")
    finally:
        rabbitmq.ask("POST", binding, {"routing_key": ""})

    assert done.code == 1
    assert done.out == "palier.unroutable is not bound to unroutable with key ''.\n"


# -- its life -----------------------------------------------------------------------------------


def test_a_worker_that_dies_is_started_again_and_its_sessions_go_on(up: Up) -> None:
    up.palier(
        *("session", "open", "public-goods", "--name", "tough", "--auto-start"),
        *("--seats", "f1,f2,f3,f4", "--set", "rounds=3"),
    )

    with up.running("bots", "tough", "--pause", 0.5, "--json") as bots:
        until(lambda: status_of(up, "tough") == "running", what="the session runs")
        os.kill(worker_of(up.data), signal.SIGKILL)
        up.command.says("The worker has died and is started again")
        outcomes = bots.wait().json()

    assert outcomes == dict.fromkeys(("f1", "f2", "f3", "f4"), "finished")


def status_of(up: Up, session: str) -> str:
    done = up.palier("session", "show", session, "--json")
    status: str = done.json()["status"]
    return status


@pytest.mark.slow
def test_a_server_that_was_stopped_knows_its_sessions_when_it_is_started_again(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    with up_in(data) as up:
        codes = up.palier(
            *("session", "open", "public-goods", "--name", "lasting", "--json"),
            *("--auto-start", "--set", "rounds=1"),
        ).json()["codes"]
        up.command.interrupt()
        done = up.command.wait()

    assert done.code == 130, done
    assert done.err.splitlines()[-2:] == ["Stopping.", "Stopped."]
    assert processes_of(data) == {}
    assert not (data / "server.json").exists()
    missing = palier_here("session", "list", "--data", data)
    assert missing.sentence.startswith(f"No server runs in {data}: start one with `palier up`")

    with up_in(data) as up:
        (listed,) = up.palier("session", "list", "--json").json()
        assert (listed["session"], listed["status"]) == ("lasting", "lobby")
        assert set(codes) == {"p1", "p2", "p3", "p4"}
        assert up.palier("bots", "lasting", "--pause", 0).out == "4 × finished\n"
    nothing_is_left_of(data)


@pytest.mark.slow
def test_a_server_that_was_killed_is_told_from_one_that_runs(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up_in(data) as up:
        up.command.process.kill()
        up.command.process.wait()
        nothing_is_left_of(data, deadline=25)

    done = palier_here("session", "list", "--data", data)

    assert done.sentence.startswith("Nothing answers at amqp://127.0.0.1:")

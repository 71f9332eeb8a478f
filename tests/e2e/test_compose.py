"""The stack of docker-compose.yml, used from the host as its README says."""

from __future__ import annotations

import csv
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from palier.schemas.addresses import commands_queue, partition_of

ROOT = Path(__file__).parents[2]
PALIER = Path(sys.executable).parent / "palier"

pytestmark = [pytest.mark.containers, pytest.mark.slow, pytest.mark.timeout(900)]

ROUNDS = 20

#: Seconds in which a round is over though the worker is gone, or only silent: each look at it takes
#: a command of its own, and two rounds of bots who think take about six.
GONE, SILENT = 90.0, 90.0


def need_docker() -> None:
    """Skip where there is no container engine."""
    if shutil.which("docker") is None:
        pytest.skip("there is no docker on this computer")
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip(f"{' '.join(command)} does not answer")


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def until(condition: Callable[[], bool], *, within: float, what: str) -> None:
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, f"not within {within:g} s: {what}"
        time.sleep(0.2)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One stack of its own: project, ports and secrets that nobody else has."""

    project: str
    settings: dict[str, str]
    env_file: Path

    def compose(self, *arguments: str) -> str:
        command = ["docker", "compose", "-p", self.project, "--env-file", str(self.env_file)]
        done = subprocess.run(
            [*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def environment(self) -> dict[str, str]:
        """What the README tells to export, and what `topology check` needs."""
        of = self.settings.__getitem__
        return {
            **{name: value for name, value in os.environ.items() if "PALIER" not in name},
            "PALIER_SERVER": f"amqp://palier.worker@127.0.0.1:{of('AMQP_PORT')}/palier",
            "PALIER_PASSWORD": of("PALIER_PASSWORD"),
            "PALIER_MANAGEMENT": f"http://127.0.0.1:{of('CONSOLE_PORT')}",
            "PALIER_OPERATOR_PASSWORD": of("PALIER_OPERATOR_PASSWORD"),
            "PALIER_ROOM_PASSWORD": of("PALIER_ROOM_PASSWORD"),
            "PALIER_DATABASE": f"postgresql://palier:{of('POSTGRES_PASSWORD')}"
            f"@127.0.0.1:{of('POSTGRES_PORT')}/palier",
        }

    def palier(self, *arguments: str) -> Any:
        done = subprocess.run(
            [PALIER, *arguments, "--json"],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def ask(self, path: str) -> Any:
        """Ask RabbitMQ's management API."""
        credentials = b64encode(f"palier.worker:{self.settings['PALIER_PASSWORD']}".encode())
        request = urllib.request.Request(
            f"{self.environment['PALIER_MANAGEMENT']}/api/{path}",
            headers={"Authorization": f"Basic {credentials.decode()}"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            return json.load(answer)

    def queue(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask(f"queues/palier/{name}")
        return found

    def workers(self) -> set[str]:
        """Return the ids of the workers' containers that run, paused or not."""
        return set(self.compose("ps", "--quiet", "worker").split())

    def consumers(self, queue: str) -> dict[str, bool]:
        """Return the containers whose workers wait at a queue, and whether it is the active one."""
        containers = {one[:12]: one for one in self.workers()}
        names = {
            one["name"]: one["client_properties"].get("connection_name", "")
            for one in self.ask("connections")
        }
        found = {}
        for one in self.ask("consumers/palier"):
            name = names.get(one["channel_details"].get("connection_name", ""), "")
            # "worker <host>/<pid> (consume)", and the host is called by the container's id
            host = name.removeprefix("worker ").partition("/")[0]
            if one["queue"]["name"] == queue and host in containers:
                found[containers[host]] = bool(one["active"])
        return found


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    need_docker()
    ports = ("AMQP_PORT", "CONSOLE_PORT", "POSTGRES_PORT")
    passwords = ("PALIER", "PALIER_OPERATOR", "PALIER_ROOM", "POSTGRES")
    settings = {name: str(port) for name, port in zip(ports, free_ports(3), strict=True)}
    settings |= {f"{name}_PASSWORD": secrets.token_hex(12) for name in passwords}
    env_file = tmp_path_factory.mktemp("compose") / "env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    stack = Stack(
        project=f"palier-test-{secrets.token_hex(3)}", settings=settings, env_file=env_file
    )
    try:
        stack.compose("up", "--detach", "--build", "--wait", "--scale", "worker=2")
        yield stack
        print(stack.compose("logs", "--no-color", "--tail", "200", "worker"))  # noqa: T201
    finally:
        stack.compose("down", "--volumes", "--remove-orphans", "--timeout", "20")


def status(stack: Stack, session: str) -> str:
    return str(stack.palier("session", "show", session)["status"])


def round_of(stack: Stack, session: str) -> int:
    """Return the round that the slowest seat is in."""
    overview = stack.palier("session", "show", session)
    return min(int(one["visit"]) for one in overview["seats"])


def rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def exported(stack: Stack, session: str, folder: Path) -> dict[str, list[dict[str, str]]]:
    paths = stack.palier("session", "export", session, "--to", str(folder))
    tables = (one for one in paths if one.endswith(".csv"))
    return {one.removesuffix(".csv"): rows(paths[one]) for one in tables}


@contextmanager
def bots_play(stack: Stack, session: str, seats: tuple[str, ...]) -> Iterator[Callable[[], None]]:
    """Open a session and let bots play it; yield what waits until they have, to the end."""
    opened = stack.palier(
        *("session", "open", "public-goods", "--seats", ",".join(seats), "--name", session),
        *("--auto-start", "--set", f"rounds={ROUNDS}"),
    )
    assert set(opened["codes"]) == set(seats)
    bots = subprocess.Popen(
        [PALIER, "bots", session, "--pause", "2", "--json"],
        env=stack.environment,
        stdout=subprocess.PIPE,
        text=True,
    )

    def end() -> None:
        said, _ = bots.communicate(timeout=240)
        assert json.loads(said) == dict.fromkeys(seats, "finished")

    try:
        until(lambda: status(stack, session) == "running", within=90, what="the session starts")
        yield end
    finally:
        bots.kill()
        bots.wait()


def goes_on(stack: Stack, session: str, *, within: float, after: str) -> None:
    """Wait for a round that was not reached before."""
    assert status(stack, session) == "running", "too late to prove anything"
    before = round_of(stack, session)
    until(
        lambda: round_of(stack, session) > before + 1,
        within=within,
        what=f"the next round after {after}",
    )


def is_right(stack: Stack, session: str, tables: dict[str, list[dict[str, str]]]) -> None:
    """See that a finished session paid what its answers pay, and that nothing was lost."""
    assert status(stack, session) == "finished"
    payoffs = {one["seat"]: Fraction(one["payoff"]) for one in tables["payoffs"]}
    assert payoffs == worked_out(tables["answers"])
    versions = [int(one["version"]) for one in tables["events"]]
    assert versions == list(range(1, len(versions) + 1))
    for name in ("dead-letters", "unroutable"):
        assert stack.queue(name).get("messages", 0) == 0


def worked_out(answers: list[dict[str, str]]) -> dict[str, Fraction]:
    """Return what each seat earned, from what was put in the pot: 20 - amount + 0.4 of the pot."""
    rounds: dict[str, dict[str, int]] = defaultdict(dict)
    for one in answers:
        if one["stage"] == "contribute":
            assert one["seat"] not in rounds[one["visit"]], "a seat decided twice"
            rounds[one["visit"]][one["seat"]] = int(one["amount"])
    assert len(rounds) == ROUNDS
    seats = {one["seat"] for one in answers}
    earned = dict.fromkeys(seats, Fraction())
    for amounts in rounds.values():
        assert set(amounts) == seats, "a decision is missing"
        for seat, amount in amounts.items():
            earned[seat] += 20 - amount + Fraction("0.4") * sum(amounts.values())
    return earned


def test_a_session_survives_the_restart_of_every_service(stack: Stack, tmp_path: Path) -> None:
    session = "wednesday-1"
    with bots_play(stack, session, ("p1", "p2", "p3", "p4")) as end:
        for service in ("worker", "rabbitmq", "postgres"):
            stack.compose("restart", service)
            stack.compose("up", "--detach", "--wait", "--scale", "worker=2")
            goes_on(stack, session, within=90, after=f"a restart of {service}")
        end()
    tables = exported(stack, session, tmp_path / "first")
    is_right(stack, session, tables)
    assert stack.palier("topology", "check", "--partitions", "8") == []

    stack.compose("down", "--timeout", "20")
    stack.compose("up", "--detach", "--wait", "--scale", "worker=2")
    (listed,) = (one for one in stack.palier("session", "list") if one["session"] == session)
    assert listed["status"] == "finished"
    assert exported(stack, session, tmp_path / "second") == tables


def test_of_three_workers_one_is_enough_whichever_it_is(stack: Stack, tmp_path: Path) -> None:
    """One is killed, the next one stands still for a while, and at last it is the only one left."""
    session = "thursday-1"
    queue = commands_queue(partition_of(session, partitions=8))
    stack.compose("up", "--detach", "--wait", "--scale", "worker=3")
    assert len(stack.workers()) == 3
    with bots_play(stack, session, ("q1", "q2", "q3", "q4")) as end:
        first = conductor(stack, queue)
        docker("kill", first)
        goes_on(stack, session, within=GONE, after="a worker was killed")

        second = conductor(stack, queue)
        docker("pause", second)
        goes_on(stack, session, within=SILENT, after="a worker was paused")
        docker("unpause", second)

        third = conductor(stack, queue, other_than=second)
        until(lambda: healthy(second), within=90, what="the worker that was paused is well again")
        until(
            lambda: second in stack.consumers(queue),
            within=90,
            what="the worker that was paused stands by",
        )
        docker("kill", third)
        goes_on(stack, session, within=GONE, after="the next one was killed")
        assert conductor(stack, queue) == second
        end()
    is_right(stack, session, exported(stack, session, tmp_path))
    stack.compose("up", "--detach", "--wait", "--scale", "worker=3")
    assert len({first, second, third}) == 3


def docker(*arguments: str) -> None:
    subprocess.run(["docker", *arguments], capture_output=True, check=True)


def healthy(container: str) -> bool:
    """Tell whether a container is well, by its own account."""
    done = subprocess.run(
        ["docker", "inspect", "--format", "{{.State.Health.Status}}", container],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip() == "healthy"


def conductor(stack: Stack, queue: str, *, other_than: str = "") -> str:
    """Return the container whose worker conducts; what RabbitMQ tells is seconds old."""
    found: list[str] = []

    def known() -> bool:
        found[:] = [one for one, active in stack.consumers(queue).items() if active]
        return len(found) == 1 and found != [other_than]

    until(known, within=90, what="who conducts")
    return found[0]

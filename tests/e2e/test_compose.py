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
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PALIER = Path(sys.executable).parent / "palier"

pytestmark = [pytest.mark.containers, pytest.mark.slow, pytest.mark.timeout(900)]

SESSION = "wednesday-1"
SEATS = ("p1", "p2", "p3", "p4")
ROUNDS = 14


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

    def queue(self, name: str) -> dict[str, Any]:
        credentials = b64encode(f"palier.worker:{self.settings['PALIER_PASSWORD']}".encode())
        request = urllib.request.Request(
            f"{self.environment['PALIER_MANAGEMENT']}/api/queues/palier/{name}",
            headers={"Authorization": f"Basic {credentials.decode()}"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
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


def status(stack: Stack) -> str:
    return str(stack.palier("session", "show", SESSION)["status"])


def round_of(stack: Stack) -> int:
    """Return the round that the slowest seat is in."""
    overview = stack.palier("session", "show", SESSION)
    return min(int(one["visit"]) for one in overview["seats"])


def rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def exported(stack: Stack, folder: Path) -> dict[str, list[dict[str, str]]]:
    paths = stack.palier("session", "export", SESSION, "--to", str(folder))
    return {name: rows(path) for name, path in paths.items()}


def worked_out(answers: list[dict[str, str]]) -> dict[str, Fraction]:
    """Return what each seat earned, from what was put in the pot: 20 - amount + 0.4 of the pot."""
    rounds: dict[str, dict[str, int]] = defaultdict(dict)
    for one in answers:
        if one["stage"] == "contribute":
            assert one["seat"] not in rounds[one["visit"]], "a seat decided twice"
            rounds[one["visit"]][one["seat"]] = int(one["amount"])
    assert len(rounds) == ROUNDS
    earned = dict.fromkeys(SEATS, Fraction())
    for amounts in rounds.values():
        assert set(amounts) == set(SEATS), "a decision is missing"
        for seat, amount in amounts.items():
            earned[seat] += 20 - amount + Fraction("0.4") * sum(amounts.values())
    return earned


def test_a_session_survives_the_restart_of_every_service(stack: Stack, tmp_path: Path) -> None:
    opened = stack.palier(
        *("session", "open", "public-goods", "--seats", "4", "--name", SESSION),
        *("--auto-start", "--set", f"rounds={ROUNDS}"),
    )
    assert set(opened["codes"]) == set(SEATS)
    bots = subprocess.Popen(
        [PALIER, "bots", SESSION, "--pause", "2", "--json"],
        env=stack.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: status(stack) == "running", within=60, what="the session starts")
        for service in ("worker", "rabbitmq", "postgres"):
            before = round_of(stack)
            stack.compose("restart", service)
            stack.compose("up", "--detach", "--wait", "--scale", "worker=2")
            assert status(stack) == "running", "restarted too late to prove anything"
            until(
                lambda before=before: round_of(stack) > before,  # type: ignore[misc]
                within=90,
                what=f"the next round after a restart of {service}",
            )
        said, _ = bots.communicate(timeout=240)
    finally:
        bots.kill()
        bots.wait()
    assert json.loads(said) == dict.fromkeys(SEATS, "finished")

    overview = stack.palier("session", "show", SESSION)
    assert overview["status"] == "finished"
    tables = exported(stack, tmp_path / "first")
    payoffs = {one["seat"]: Fraction(one["payoff"]) for one in tables["payoffs"]}
    assert payoffs == worked_out(tables["answers"])
    versions = [int(one["version"]) for one in tables["events"]]
    assert versions == list(range(1, len(versions) + 1))
    for name in ("dead-letters", "unroutable"):
        assert stack.queue(name).get("messages", 0) == 0
    assert stack.palier("topology", "check", "--partitions", "8") == []

    stack.compose("down", "--timeout", "20")
    stack.compose("up", "--detach", "--wait", "--scale", "worker=2")
    (listed,) = stack.palier("session", "list")
    assert (listed["session"], listed["status"]) == (SESSION, "finished")
    assert exported(stack, tmp_path / "second") == tables

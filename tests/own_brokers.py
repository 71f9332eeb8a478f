"""A RabbitMQ of one test's own, to be stopped, killed and made short of room.

The private node, and, where there is a container engine, the image of docker-compose.yml.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from palier.broker.address import Address
from palier.broker.node import PrivateNode
from tests.brokers import Real

_IMAGE = "rabbitmq:4-management"
_BROKER = Path(__file__).parents[1] / "broker"

#: Seconds in which a container serves.
_PATIENCE = 90.0


class OwnBroker(Real):
    """A RabbitMQ that can be ended and started again where it was. Blocking."""

    @abstractmethod
    def start(self) -> None:
        """Start it again and wait until it serves."""

    @abstractmethod
    def stop(self) -> None:
        """Stop it as an administrator does."""

    @abstractmethod
    def kill(self) -> None:
        """End it without a word."""

    @abstractmethod
    def control(self, *arguments: str) -> str:
        """Run ``rabbitmqctl`` there."""

    def states(self) -> dict[str, str]:
        """Return what RabbitMQ says of each connection, by its name."""
        said = self.control("list_connections", "client_properties", "state", "--formatter", "json")
        found = {}
        for one in json.loads(said):
            properties = {name: value for name, _type, value in one["client_properties"]}
            found[properties["connection_name"]] = one["state"]
        return found


class OwnNode(OwnBroker):
    """The private node."""

    def __init__(self, node: PrivateNode) -> None:
        where = f"amqp://{node.user}:{node.password}@127.0.0.1:{node.amqp_port}/palier"
        super().__init__(
            "own node", Address.parse(where), f"http://127.0.0.1:{node.management_port}"
        )
        self._node = node

    def start(self) -> None:
        self._node.start(elsewhere=False)

    def stop(self) -> None:
        self._node.stop()

    def kill(self) -> None:
        self._node.kill()

    def control(self, *arguments: str) -> str:
        return self._node.control(*arguments)


class OwnContainer(OwnBroker):
    """A container."""

    def __init__(self, name: str, address: Address, management: str) -> None:
        super().__init__("own container", address, management)
        self._container = name
        self._pid = 0

    def start(self) -> None:
        _docker("start", self._container)
        self.serves()

    def stop(self) -> None:
        _docker("stop", "--time", "30", self._container)

    def kill(self) -> None:
        # docker takes its time, and some tests are about a moment: at once where we may
        try:
            assert self._pid > 0
            os.kill(self._pid, signal.SIGKILL)
        except (PermissionError, ProcessLookupError):  # an engine elsewhere, or another's
            _docker("kill", self._container)
        else:
            _docker("wait", self._container)

    def control(self, *arguments: str) -> str:
        return _docker("exec", self._container, "rabbitmqctl", "-s", *arguments)

    def serves(self) -> None:
        """Wait until clients are served."""
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                self.ask("GET", f"health/checks/port-listener/{self._inner_port}")
            except OSError:
                assert time.monotonic() < end, f"{_IMAGE} does not serve"
                time.sleep(0.2)
            else:
                self._pid = int(_docker("inspect", "--format", "{{.State.Pid}}", self._container))
                return

    _inner_port = 5672


@contextmanager
def own_node(data: Path) -> Iterator[OwnBroker]:
    """Run a private node."""
    with PrivateNode(data, deadline=60.0) as node:
        yield OwnNode(node)


@contextmanager
def own_container() -> Iterator[OwnBroker]:
    """Run a container on ports that it keeps; skips where there is no engine."""
    if shutil.which("docker") is None or _fails("docker", "info"):
        pytest.skip("no container engine answers")
    name, password = f"palier-test-{secrets.token_hex(4)}", secrets.token_hex(12)
    amqp, management = _free_ports(2)
    given = {"USER": "palier.worker", "PASS": password, "VHOST": "palier"}
    _docker(
        *("run", "--detach", "--name", name, "--hostname", "rabbitmq"),
        *(f"--env=RABBITMQ_DEFAULT_{key}={value}" for key, value in given.items()),
        f"--volume={_BROKER / 'rabbitmq.conf'}:/etc/rabbitmq/rabbitmq.conf:ro",
        f"--volume={_BROKER / 'enabled_plugins'}:/etc/rabbitmq/enabled_plugins:ro",
        *(f"--publish=127.0.0.1:{amqp}:5672", f"--publish=127.0.0.1:{management}:15672"),
        _IMAGE,
    )
    where = f"amqp://palier.worker:{password}@127.0.0.1:{amqp}/palier"
    broker = OwnContainer(name, Address.parse(where), f"http://127.0.0.1:{management}")
    try:
        broker.serves()
        yield broker
    finally:
        _docker("rm", "--force", "--volumes", name)


def _docker(*arguments: str) -> str:
    done = subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"docker {arguments[0]}: {done.stderr}"
    return done.stdout


def _fails(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode != 0


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()

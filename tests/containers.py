"""Run the tests beside RabbitMQ 4 and PostgreSQL 17 in containers: ``python -m tests.containers``.

The arguments are pytest's. What runs on the private node and on SQLite then runs on these too:
tests/brokers.py and tests/databases.py find them by the environment.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError

import psycopg
import pytest
from testcontainers.core.container import DockerContainer

BROKER = Path(__file__).parents[1] / "broker"

#: Seconds until a container must serve.
_PATIENCE = 90.0


@contextlib.contextmanager
def rabbitmq() -> Iterator[dict[str, str]]:
    """Run RabbitMQ as docker-compose.yml does; yield where it is."""
    password = secrets.token_hex(12)
    container = (
        DockerContainer("rabbitmq:4-management", hostname="rabbitmq")
        .with_env("RABBITMQ_DEFAULT_USER", "palier.worker")
        .with_env("RABBITMQ_DEFAULT_PASS", password)
        .with_env("RABBITMQ_DEFAULT_VHOST", "palier")
        .with_volume_mapping(BROKER / "rabbitmq.conf", "/etc/rabbitmq/rabbitmq.conf", "ro")
        .with_volume_mapping(BROKER / "enabled_plugins", "/etc/rabbitmq/enabled_plugins", "ro")
    )
    _publish(container, 5672, 15672)
    with container:
        amqp, management = (container.get_exposed_port(one) for one in (5672, 15672))
        _until(lambda: greets(amqp) and serves(management), "RabbitMQ")
        yield {
            "PALIER_TEST_AMQP": f"amqp://palier.worker:{password}@127.0.0.1:{amqp}/palier",
            "PALIER_TEST_MANAGEMENT": f"http://127.0.0.1:{management}",
        }


@contextlib.contextmanager
def postgresql() -> Iterator[dict[str, str]]:
    """Run PostgreSQL as docker-compose.yml does; yield where it is."""
    password = secrets.token_hex(12)
    container = (
        DockerContainer("postgres:17")
        .with_env("POSTGRES_USER", "palier")
        .with_env("POSTGRES_DB", "palier")
        .with_env("POSTGRES_PASSWORD", password)
    )
    _publish(container, 5432)
    with container:
        port = container.get_exposed_port(5432)
        url = f"postgresql://palier:{password}@127.0.0.1:{port}/palier"
        _until(lambda: _connects(url), "PostgreSQL")
        yield {"PALIER_TEST_DATABASE": url}


def _publish(container: DockerContainer, *ports: int) -> None:
    """Publish ports on loopback alone, wherever one is free; Testcontainers would on all."""
    anywhere = ("127.0.0.1",)  # docker's own words, which Testcontainers passes on
    container.ports = dict.fromkeys((f"{one}/tcp" for one in ports), anywhere)  # type: ignore[arg-type]


def _until(ready: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _PATIENCE
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} does not serve after {_PATIENCE:g} s.")
        time.sleep(0.2)


def greets(port: int) -> bool:
    """Tell whether RabbitMQ itself answers: Docker's own proxy takes connections before it does."""
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", port), timeout=2) as connection,
    ):
        connection.sendall(b"AMQP\x00\x00\x09\x01")
        return bool(connection.recv(1))
    return False


def serves(port: int) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(f"http://127.0.0.1:{port}/api/whoami", timeout=2).close()
    except HTTPError as error:
        error.close()
        return error.code == 401
    except OSError:
        return False
    return True


def _connects(url: str) -> bool:
    with contextlib.suppress(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2).close()
        return True
    return False


def main(arguments: list[str]) -> int:
    """Run the tests; return pytest's exit code."""
    with rabbitmq() as broker, postgresql() as database:
        os.environ.update(broker | database)
        return int(pytest.main(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

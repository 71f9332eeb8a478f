"""Servers that run in containers, as docker-compose.yml runs them."""

from __future__ import annotations

import secrets
import time
from abc import abstractmethod
from contextlib import suppress
from typing import Any, Self

import psycopg
from testcontainers.core.container import DockerContainer

from tests.chaos.processes import PATIENCE, free_ports, until
from tests.chaos.services import Rabbit, Service, Store
from tests.containers import BROKER, greets, serves


class _Contained(Service):
    """A server in a container, on loopback ports that stay the same."""

    def __init__(self, container: DockerContainer, *ports: int) -> None:
        self._container = container
        self._ports = dict(zip(ports, free_ports(len(ports)), strict=True))
        loopback: Any = {f"{one}/tcp": ("127.0.0.1", here) for one, here in self._ports.items()}
        container.ports = loopback  # docker's own words, which Testcontainers passes on

    def __enter__(self) -> Self:
        self._container.start()
        self._wait()
        return self

    def __exit__(self, *reason: object) -> None:
        self._container.stop()

    def kill(self) -> None:
        self._wrapped.kill("KILL")
        self._wrapped.wait(timeout=PATIENCE)

    def stop(self) -> None:
        self._wrapped.stop(timeout=20)

    def start(self) -> None:
        self._wrapped.start()
        self._wait()

    def freeze(self, seconds: float) -> None:
        self._wrapped.pause()
        try:
            time.sleep(seconds)
        finally:
            self._wrapped.unpause()

    @property
    def _wrapped(self) -> Any:
        return self._container.get_wrapped_container()

    @abstractmethod
    def _serves(self) -> bool: ...

    def _wait(self) -> None:
        until(self._serves, self.name)


class ContainedRabbit(_Contained, Rabbit):
    """RabbitMQ 4, as docker-compose.yml runs it."""

    name = "RabbitMQ 4"

    def __init__(self) -> None:
        self.user, self.password = "palier.worker", secrets.token_hex(12)
        container = (
            DockerContainer("rabbitmq:4-management", hostname="rabbitmq")
            .with_env("RABBITMQ_DEFAULT_USER", self.user)
            .with_env("RABBITMQ_DEFAULT_PASS", self.password)
            .with_env("RABBITMQ_DEFAULT_VHOST", "palier")
            .with_volume_mapping(BROKER / "rabbitmq.conf", "/etc/rabbitmq/rabbitmq.conf", "ro")
            .with_volume_mapping(BROKER / "enabled_plugins", "/etc/rabbitmq/enabled_plugins", "ro")
        )
        super().__init__(container, 5672, 15672)
        self.amqp = ("127.0.0.1", self._ports[5672])
        self.management = ("127.0.0.1", self._ports[15672])

    def _serves(self) -> bool:
        return greets(self._ports[5672]) and serves(self._ports[15672])


class ContainedPostgresql(_Contained, Store):
    """PostgreSQL 17, as docker-compose.yml runs it."""

    name = "PostgreSQL 17"

    def __init__(self) -> None:
        self._password = secrets.token_hex(12)
        container = (
            DockerContainer("postgres:17")
            .with_env("POSTGRES_USER", "palier")
            .with_env("POSTGRES_DB", "palier")
            .with_env("POSTGRES_PASSWORD", self._password)
        )
        super().__init__(container, 5432)
        self.target = ("127.0.0.1", self._ports[5432])

    def url(self, *, port: int | None = None) -> str:
        where = port or self._ports[5432]
        return f"postgresql://palier:{self._password}@127.0.0.1:{where}/palier"

    def _serves(self) -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(self.url(), connect_timeout=2).close()
            return True
        return False

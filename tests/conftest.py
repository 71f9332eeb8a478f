"""Brokers for tests: the one in memory, and a private RabbitMQ started once for the whole run.

With ``PALIER_TEST_AMQP`` (``amqp://user:password@host:port``) and ``PALIER_TEST_MANAGEMENT``
(``http://host:port``) the same tests run on that RabbitMQ too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from palier.broker.address import Address
from palier.broker.errors import NodeFailed
from palier.broker.node import PrivateNode, find_server
from tests.brokers import Memory, Private, Real, Server

_EXTERNAL = os.environ.get("PALIER_TEST_AMQP")

_RABBITMQ = [pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)]
if _EXTERNAL:
    _RABBITMQ.append(pytest.param("external", marks=[pytest.mark.rabbitmq, pytest.mark.elsewhere]))


def need_rabbitmq() -> None:
    """Skip a test where RabbitMQ is not installed; in CI that is a failure."""
    try:
        find_server()
    except NodeFailed as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateNode]:
    """A private RabbitMQ that all tests share: use names that nobody else has."""
    need_rabbitmq()
    with PrivateNode(tmp_path_factory.mktemp("node"), deadline=50.0) as node:
        yield node


def _server(kind: str, request: pytest.FixtureRequest) -> Server:
    if kind == "memory":
        return Memory()
    if kind == "rabbitmq":
        return Private(request.getfixturevalue("node"))
    assert _EXTERNAL is not None
    management = os.environ.get("PALIER_TEST_MANAGEMENT", "http://127.0.0.1:15672")
    return Real("external", Address.parse(_EXTERNAL), management)


@pytest.fixture(params=["memory", *_RABBITMQ])
def server(request: pytest.FixtureRequest) -> Server:
    """Each broker in turn: what holds on one holds on all."""
    return _server(request.param, request)


@pytest.fixture(params=_RABBITMQ)
def real_server(request: pytest.FixtureRequest) -> Real:
    """Each real RabbitMQ in turn."""
    server = _server(request.param, request)
    assert isinstance(server, Real)
    return server

"""The private node: it starts, it stops, and nothing of it is left."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from palier.broker import node as node_module
from palier.broker.errors import NodeFailed
from palier.broker.folder import Ports
from palier.broker.node import PrivateNode, find_server
from palier.broker.topology import Queue
from palier.broker.transport import Account, Outcome
from tests.brokers import Inbox, message, run
from tests.conftest import need_rabbitmq

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def installed() -> None:
    """Need RabbitMQ on this machine."""
    need_rabbitmq()


def processes_of(data: Path) -> dict[int, str]:
    """Return the processes whose environment or command line names a folder, but our own."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            if str(data).encode() in (entry / "environ").read_bytes() + command:
                found[int(entry.name)] = command.replace(b"\0", b" ").decode()[:100]
    found.pop(os.getpid(), None)
    return found


def wait_for(condition: Callable[[], object], *, deadline: float) -> None:
    """Wait for a condition of other processes."""
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.rabbitmq
@pytest.mark.usefixtures("installed")
def test_what_was_confirmed_is_there_after_a_stop_and_a_start(tmp_path: Path) -> None:
    data = tmp_path / "a folder with spaces, and 'quotes'"
    kept = Queue("kept", {"x-queue-type": "quorum"})
    told: list[str] = []

    def account(node: PrivateNode) -> Account:
        return Account(user=node.user, password=node.password, connection_name="test")

    node = PrivateNode(data, progress=told.append)
    with node:

        async def put() -> None:
            connection = await node.transport().connect(account(node))
            await connection.declare(kept)
            assert await connection.publish([message("", "kept", b"safe")]) == [Outcome.CONFIRMED]
            await connection.close()

        run(put())
        assert stat.S_IMODE((data / "secret.json").stat().st_mode) == 0o600
        assert stat.S_IMODE((data / "rabbitmq.conf").stat().st_mode) == 0o600
        assert processes_of(data)

        # a second start on the same data is refused while this one runs
        with pytest.raises(NodeFailed, match=f"in use by the process {os.getpid()}"):
            PrivateNode(data).start()

    assert processes_of(data) == {}
    assert told[0] == "RabbitMQ is starting."
    assert told[-1].startswith("RabbitMQ is ready after ")

    with PrivateNode(data) as again:

        async def get() -> None:
            connection = await again.transport().connect(account(again))
            inbox = Inbox()
            await connection.consume("kept", inbox, prefetch=1)
            assert (await inbox.first()).body == b"safe"
            await connection.close()

        run(get())
        assert again.password == node._password

    assert processes_of(data) == {}


@pytest.mark.slow
@pytest.mark.rabbitmq
@pytest.mark.usefixtures("installed")
def test_started_again_it_is_where_it_was_unless_somebody_else_is_there(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with PrivateNode(data) as node:
        before = node._running()
        assert node._warden is not None
        node._warden.kill()  # with connections open, as after a crash
        node._warden.wait(20)
    with PrivateNode(data) as node:
        assert node._running() == before
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", before.amqp))
        taken.listen()
        with PrivateNode(data) as node:
            assert node.amqp_port != before.amqp


@pytest.mark.slow
@pytest.mark.rabbitmq
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("victim", ["owner", "warden"])
def test_the_node_dies_with_its_owner_and_the_folder_can_be_used_again(
    tmp_path: Path, victim: str
) -> None:
    script = (
        "import sys, time; from pathlib import Path\n"
        "from palier.broker.node import PrivateNode\n"
        "node = PrivateNode(Path(sys.argv[1]))\n"
        "node.start()\n"
        "print(node._warden.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    data = tmp_path / "data"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(data)], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        warden = int(owner.stdout.readline())
        beams = [pid for pid, command in processes_of(data).items() if "beam" in command]
        assert len(beams) == 1

        os.kill(owner.pid if victim == "owner" else warden, signal.SIGKILL)
        wait_for(lambda: beams[0] not in processes_of(data), deadline=20)
        owner.kill()

    with PrivateNode(data):
        # whatever the killed one left is gone as well
        left = [command for command in processes_of(data).values() if "epmd" in command]
        assert len(left) <= 1
    assert processes_of(data) == {}


@pytest.mark.slow
@pytest.mark.rabbitmq
@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    "port",
    [
        pytest.param("amqp", marks=pytest.mark.slow),
        pytest.param("management", marks=pytest.mark.slow),
        "distribution",
        pytest.param("epmd", marks=pytest.mark.slow),
    ],
)
def test_a_taken_port_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port: str
) -> None:
    told: list[str] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = replace(Ports.free(), **{port: taken.getsockname()[1]})
        offers = iter([busy])
        really_free = Ports.free
        monkeypatch.setattr(
            Ports, "free", staticmethod(lambda: next(offers, None) or really_free())
        )

        with PrivateNode(tmp_path / "data", progress=told.append, deadline=90) as node:
            assert node.amqp_port != busy.amqp

    assert any("took our ports" in one for one in told)


@pytest.mark.rabbitmq
@pytest.mark.usefixtures("installed")
def test_a_node_that_cannot_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "home").mkdir(parents=True)
    # Erlang refuses a cookie that others can read
    cookie = data / "home" / ".erlang.cookie"
    cookie.write_text("COOKIE")
    cookie.chmod(0o644)

    with pytest.raises(NodeFailed, match="cookie"):
        PrivateNode(data).start()

    assert processes_of(data) == {}


@pytest.mark.rabbitmq
@pytest.mark.usefixtures("installed")
def test_a_start_that_takes_too_long_is_given_up_and_leaves_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with pytest.raises(NodeFailed, match=r"within 0\.5 s"):
        PrivateNode(data, deadline=0.5).start()
    assert processes_of(data) == {}


@pytest.mark.rabbitmq
def test_every_port_is_on_loopback_alone(node: PrivateNode) -> None:
    listening = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=False)
    if listening.returncode:
        pytest.skip("there is no ss on this machine")
    ports = node._running()
    ours = {str(one) for one in (ports.amqp, ports.management, ports.distribution, ports.epmd)}
    addresses = [line.split()[3].rpartition(":") for line in listening.stdout.splitlines()]
    bound = {(port, host) for host, _, port in addresses if port in ours}
    assert {port for port, _ in bound} == ours
    assert {host for _, host in bound} <= {"127.0.0.1", "[::1]"}


@pytest.mark.rabbitmq
def test_the_node_can_be_asked_by_its_own_tool(node: PrivateNode) -> None:
    assert node.control("list_vhosts", "name").split() == ["palier"]
    with pytest.raises(NodeFailed, match="no_such_command"):
        node.control("no_such_command")


def test_a_machine_without_rabbitmq_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(node_module, "_PLACES", ())
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("RABBITMQ_HOME", raising=False)
    with pytest.raises(NodeFailed, match="apt-get install rabbitmq-server"):
        find_server()


def test_rabbitmq_home_goes_before_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "sbin" / "rabbitmq-server"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    monkeypatch.setenv("RABBITMQ_HOME", str(tmp_path))
    assert find_server() == script


def test_debians_wrapper_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrapper = tmp_path / "rabbitmq-server"
    wrapper.write_text("#!/bin/sh\nsu rabbitmq -s /bin/sh -c something\n")
    wrapper.chmod(0o755)
    monkeypatch.setattr(node_module, "_PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("RABBITMQ_HOME", raising=False)
    assert shutil.which("rabbitmq-server") == str(wrapper)
    with pytest.raises(NodeFailed):
        find_server()


def test_a_node_that_was_killed_is_seen_to_be_dead(tmp_path: Path) -> None:
    with PrivateNode(tmp_path / "node", deadline=50.0) as node:
        assert node.alive
        assert node._warden is not None
        node._warden.kill()
        node._warden.wait(20)

        assert not node.alive


def test_a_node_that_does_not_run_says_so(tmp_path: Path) -> None:
    node = PrivateNode(tmp_path)
    for ask in (lambda: node.amqp_port, lambda: node.password, node.transport, node.accounts):
        with pytest.raises(NodeFailed, match="start it first"):
            ask()
    node.stop()


def test_the_stack_and_the_private_node_have_one_configuration() -> None:
    package = Path(node_module.__file__).parent
    for name in ("rabbitmq.conf", "enabled_plugins"):
        assert (package / name).read_text() == (package.parents[1] / name).read_text()
    assert "pass" not in (package / "rabbitmq.conf").read_text().replace("default_pass_", "")

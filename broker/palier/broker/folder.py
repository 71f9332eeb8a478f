"""The folder of a private node: whose it is, its ports and secrets, and what a crash left there."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from palier.broker.errors import NodeFailed

#: Seconds in which what a killed warden has left is gone.
_ENDING = 5.0

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a node listens, on loopback."""

    amqp: int
    management: int
    distribution: int
    epmd: int

    @classmethod
    def kept(cls, file: Path) -> Ports | None:
        """Return the ports of the last time, if nobody else has taken one of them since."""
        try:
            ports = cls(**json.loads(file.read_text()))
            for one in (ports.amqp, ports.management, ports.distribution, ports.epmd):
                with socket.socket() as probe:
                    # as Erlang does: connections that have just ended do not hold the port
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", one))
        except (OSError, ValueError, TypeError, OverflowError):
            return None
        return ports

    @classmethod
    def free(cls) -> Ports:
        """Return ports that nobody has at this moment."""
        sockets = [socket.socket() for _ in range(4)]
        try:
            for one in sockets:
                one.bind(("127.0.0.1", 0))
            return cls(*(one.getsockname()[1] for one in sockets))
        finally:
            for one in sockets:
                one.close()


class NodeFolder:
    """A node's folder; it is made when it is locked."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._ports = self.path / "ports.json"
        self._lock: IO[str] | None = None

    # -- whose it is

    @property
    def lock_descriptor(self) -> tuple[int, ...]:
        """The open file that is the lock, if it is ours: whoever inherits it holds it too."""
        return () if self._lock is None else (self._lock.fileno(),)

    def take(self, *, until: float) -> Iterator[None]:
        """Make the folder ours, in steps; raises `NodeFailed` when somebody uses it.

        ``until`` is how long what a killed owner left may take to end (monotonic seconds).
        Idempotent. In any case nothing of an earlier node runs there afterwards.
        """
        if self._lock is None:
            try:
                import fcntl
            except ImportError:
                raise NodeFailed(
                    "A private RabbitMQ runs on Linux and macOS only; here, use "
                    "`docker compose up`."
                ) from None
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / "lock").open("a+")
            try:
                while not _locked(lock, fcntl.flock, fcntl.LOCK_EX | fcntl.LOCK_NB):
                    self._check_owner(lock, until)
                    yield  # its owner was killed, and the node is on its way out
                lock.truncate(0)
                lock.write(str(os.getpid()))
                lock.flush()
            except BaseException:
                lock.close()
                raise
            self._lock = lock
        _kill_leftovers(self.path)

    def _check_owner(self, lock: IO[str], until: float) -> None:
        lock.seek(0)
        owner = lock.read().strip()
        if (owner.isdecimal() and _alive(int(owner))) or time.monotonic() > until:
            raise NodeFailed(
                f"The data in {self.path} are in use by the process {owner}: "
                "stop it, or choose another folder."
            )

    def release(self) -> None:
        """Let others use the folder; idempotent."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    # -- what is in it

    def kept_ports(self) -> Ports | None:
        """Return the ports of the last time, if nobody else has taken one of them since."""
        return Ports.kept(self._ports)

    def secret(self) -> str:
        """Return the worker's password, the same ever after."""
        file = self.path / "secret.json"
        if not file.exists():
            _write_private(file, json.dumps({"password": secrets.token_urlsafe(24)}))
        try:
            password = json.loads(file.read_text())["password"]
        except (ValueError, KeyError, TypeError):
            password = None
        if not isinstance(password, str):
            raise NodeFailed(f"{file} is damaged: put back a copy, or use a new folder.")
        return password

    def configure(self, ports: Ports, *, user: str, password: str) -> None:
        """Write what RabbitMQ reads when it starts."""
        for folder in ("home", "log", "mnesia"):
            (self.path / folder).mkdir(exist_ok=True)
        common = (_HERE / "rabbitmq.conf").read_text()
        own = {
            "listeners.tcp.1": f"127.0.0.1:{ports.amqp}",
            "management.tcp.ip": "127.0.0.1",
            "management.tcp.port": ports.management,
            "default_user": user,
            "default_pass": password,
            "log.file.level": "info",
            "log.console": "false",
        }
        lines = "".join(f"{key} = {value}\n" for key, value in own.items())
        _write_private(self.path / "rabbitmq.conf", f"{common}\n# This node's own\n{lines}")
        shutil.copyfile(_HERE / "enabled_plugins", self.path / "enabled_plugins")
        _write_private(self._ports, json.dumps(asdict(ports)))

    def environment(self, ports: Ports, *, name: str) -> dict[str, str]:
        """Return the environment of a node of this name, and of its tools."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("RABBITMQ_", "ERL_", "NOTIFY_SOCKET", "LISTEN_"))
        }
        path = self.path
        return {
            **inherited,
            "HOME": str(path / "home"),
            "RABBITMQ_NODENAME": name,
            "RABBITMQ_MNESIA_BASE": str(path / "mnesia"),
            "RABBITMQ_LOG_BASE": str(path / "log"),
            "RABBITMQ_CONFIG_FILE": str(path / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(path / "enabled_plugins"),
            # the system's own configuration is not for us
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_DIST_PORT": str(ports.distribution),
            "ERL_EPMD_PORT": str(ports.epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP": str(path / "log" / "erl_crash.dump"),
            # the script then becomes the node instead of waiting for it with a shell
            "RUNNING_UNDER_SYSTEMD": "true",
        }


def _locked(lock: IO[str], flock: Callable[[IO[str], int], None], how: int) -> bool:
    try:
        flock(lock, how)
    except OSError:
        return False
    return True


def _write_private(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(text)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _kill_leftovers(data: Path) -> None:
    """End what a killed warden has left of a node in this folder, and its hold on our ports.

    We hold the lock: nobody else's node runs here.
    """
    end = time.monotonic() + _ENDING
    while (left := _leftovers(data)) and time.monotonic() < end:
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _leftovers(data: Path) -> list[int]:
    mark = f"\0RABBITMQ_MNESIA_BASE={data / 'mnesia'}\0".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError, ValueError):
            if mark in b"\0" + entry.read_bytes():
                found.append(int(entry.parent.name))
    return found

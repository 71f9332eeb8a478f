"""A RabbitMQ of one's own: started and stopped as a child process, alone with its data folder.

Nothing is shared with a RabbitMQ that the system runs: not the ports (free ones, on loopback
only), nor the cookie, the name server (epmd) or the data.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from palier.broker.amqp import AmqpTransport
from palier.broker.errors import NodeFailed
from palier.broker.seats import ManagementAccounts
from palier.broker.warden import AT_ONCE

#: Called with a sentence each time the start gets on; must not raise.
OnProgress = Callable[[str], None]

#: A name that no seat can have, so that no seat can be given this account's password.
USER = "palier.worker"

_NAME = "palier@localhost"

#: Where it keeps its ports, so that clients find it again after a restart.
_PORTS = "ports.json"

#: Seconds the node is given to stop by itself.
_PATIENCE = 20.0

#: Seconds in which what a killed warden has left is gone.
_ENDING = 5.0

#: Seconds between two steps of a start.
_STEP = 0.05

#: How many sets of ports are tried when others take them at the same moment.
_ATTEMPTS = 4

#: What the Erlang machine is told besides what RabbitMQ's script says.
_ERLANG = (
    # the port of distribution listens on every interface unless told otherwise
    *("-kernel", "inet_dist_use_interface", "{127,0,0,1}"),
    # no folder of the code path is a zip archive: half a second less to boot
    *("-code_path_choice", "strict"),
    # milliseconds: queues are closed long before, then the management plugin waits 5 s for a
    # process that waits for it
    *("-shutdown_time", "2500"),
)

#: Where distributions of Linux put RabbitMQ's own scripts, below the root.
_PLACES = (
    "usr/lib/rabbitmq/bin/rabbitmq-server",
    "usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server",
)

_BUSY = re.compile(r"eaddrinuse|dist_port_already_used|register/listen error", re.IGNORECASE)

#: Characters of what RabbitMQ says that are worth telling.
_LONG = 400

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class _Ports:
    amqp: int
    management: int
    distribution: int
    epmd: int

    @classmethod
    def kept(cls, file: Path) -> _Ports | None:
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
    def free(cls) -> _Ports:
        sockets = [socket.socket() for _ in range(4)]
        try:
            for one in sockets:
                one.bind(("127.0.0.1", 0))
            return cls(*(one.getsockname()[1] for one in sockets))
        finally:
            for one in sockets:
                one.close()


def find_server() -> Path:
    """Return RabbitMQ's own start script; raises `NodeFailed` when none is installed.

    ``RABBITMQ_HOME`` goes first. Debian's ``/usr/sbin/rabbitmq-server`` is passed over: it drops
    the environment and changes the user.
    """
    candidates = []
    if home := os.environ.get("RABBITMQ_HOME"):
        candidates += [Path(home) / folder / "rabbitmq-server" for folder in ("sbin", "bin")]
    for place in _PLACES:
        candidates += sorted(Path("/").glob(place), reverse=True)
    if (found := shutil.which("rabbitmq-server")) and not _is_wrapper(Path(found)):
        candidates.append(Path(found))
    for one in candidates:
        if one.is_file() and os.access(one, os.X_OK):
            return one
    raise NodeFailed(
        "RabbitMQ is not installed on this machine: `apt-get install rabbitmq-server`, or run the "
        "whole stack with `docker compose up`."
    )


def _is_wrapper(script: Path) -> bool:
    with suppress(OSError, UnicodeDecodeError):
        return "su rabbitmq" in script.read_text()
    return False


class PrivateNode:
    """A private RabbitMQ in a folder, as a context manager or by `start` and `stop`.

    Blocking, for one thread. The folder is made if need be and keeps everything: messages,
    accounts and the worker's password. Only one program at a time can run it. Should this
    process be killed, the node stops by itself (on Linux at once, elsewhere within its patience).
    Started again it takes the ports it had, unless others have them now, so that whoever was
    connected finds it again.
    """

    def __init__(
        self, data: Path, *, progress: OnProgress | None = None, deadline: float = 60.0
    ) -> None:
        self._data = data.resolve()
        self._progress = progress or (lambda _sentence: None)
        self._deadline = deadline
        self._lock: IO[str] | None = None
        self._warden: subprocess.Popen[bytes] | None = None
        self._ports: _Ports | None = None
        self._up = False
        self._password = ""

    # -- what it offers

    @property
    def amqp_port(self) -> int:
        """The port of AMQP, on loopback."""
        return self._running().amqp

    @property
    def management_port(self) -> int:
        """The port of the management console and API, on loopback."""
        return self._running().management

    @property
    def user(self) -> str:
        """The worker's account, which may do everything."""
        return USER

    @property
    def password(self) -> str:
        """The password of `user`, the same at each start."""
        self._running()
        return self._password

    def transport(self) -> AmqpTransport:
        """Return where connections to this node come from."""
        return AmqpTransport("127.0.0.1", self.amqp_port)

    def accounts(self) -> ManagementAccounts:
        """Return the accounts of this node."""
        url = f"http://127.0.0.1:{self.management_port}"
        return ManagementAccounts(url, self.user, self.password)

    def control(self, *arguments: str) -> str:
        """Run ``rabbitmqctl`` on this node and return what it says; takes a second or two.

        Raises `NodeFailed` with what it complains of.
        """
        done = subprocess.run(  # noqa: S603 - RabbitMQ's own
            [str(find_server().with_name("rabbitmqctl")), "-n", _NAME, "-s", *arguments],
            env=self._environment(self._running()),
            cwd=self._data,
            capture_output=True,
            text=True,
            timeout=self._deadline,
            check=False,
        )
        if done.returncode:
            raise NodeFailed(f"rabbitmqctl {arguments[0]}: {done.stderr.strip()}")
        return done.stdout

    def _running(self) -> _Ports:
        if self._ports is None:
            raise NodeFailed("The private node is not running: start it first.")
        return self._ports

    # -- its life

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, *, elsewhere: bool = True) -> None:
        """Start and wait until it takes connections; raises `NodeFailed` and leaves nothing.

        It can be started again once it has ended. Not ``elsewhere`` means on the ports it had and
        no others: somebody is on the way back to them.
        """
        for _ in self.starting(elsewhere=elsewhere):
            time.sleep(_STEP)

    def starting(self, *, elsewhere: bool = True) -> Iterator[None]:
        """Start as `start` does, a step at a time, for who has other things to do in between.

        A step takes a moment, in which the caller waits. Who closes this before its end stops what
        has been started.
        """
        if self.alive and self._up:
            return
        self._bury()
        server = find_server()
        self._data.mkdir(parents=True, exist_ok=True)
        end = time.monotonic() + self._deadline
        try:
            yield from self._take_lock(end)
            self._password = self._secret()
            yield from self._try_until(server, end, elsewhere=elsewhere)
        except BaseException:
            self.stop()
            raise

    @property
    def alive(self) -> bool:
        """Whether it runs: False before its start, and once it has ended for whatever reason."""
        return self._warden is not None and self._warden.poll() is None

    def kill(self) -> None:
        """End it at once and without a word, as a crash does; it can be started again."""
        if self._warden is not None:
            self._end_warden(AT_ONCE)
            self._bury()

    def stop(self) -> None:
        """Stop gracefully, then by force; nothing of it is left afterwards. Idempotent."""
        # Erlang loses a request to end that comes while it boots; there is nothing to save
        self._end_warden(b"" if self._up else AT_ONCE)
        self._bury()
        self._ports = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _end_warden(self, word: bytes) -> None:
        if self._warden is None:
            return
        assert self._warden.stdin is not None
        with suppress(OSError):
            self._warden.stdin.write(word)
        with suppress(OSError):
            self._warden.stdin.close()
        try:
            self._warden.wait(_PATIENCE + 10)
        except subprocess.TimeoutExpired:
            self._warden.kill()
            self._warden.wait()

    def _bury(self) -> None:
        """Forget a warden that has ended."""
        warden, self._warden = self._warden, None
        self._up = False
        if warden is not None and warden.stdin is not None:
            with suppress(OSError):
                warden.stdin.close()

    def _try_until(self, server: Path, end: float, *, elsewhere: bool) -> Iterator[None]:
        file = self._data / _PORTS
        for attempt in range(1, _ATTEMPTS + 1):
            self._progress("RabbitMQ is starting.")
            ports = _Ports.kept(file) if attempt == 1 or not elsewhere else None
            while ports is None and not elsewhere:
                if time.monotonic() > end:
                    raise NodeFailed(
                        f"Another program has the ports of RabbitMQ in {self._data}: end it, or "
                        "start again, elsewhere."
                    )
                yield
                ports = _Ports.kept(file)
            yield from self._try(server, ports or _Ports.free(), end)
            if self._up:
                return
            self._progress(f"Another program took our ports; trying again ({attempt}).")
        raise NodeFailed(f"RabbitMQ found no free port in {_ATTEMPTS} attempts.")

    def _try(self, server: Path, ports: _Ports, end: float) -> Iterator[None]:
        """Start on these ports; it is not up afterwards if one of them is taken."""
        self._write_configuration(ports)
        log = self._data / "log" / "start.log"
        with log.open("wb") as output:
            self._warden = subprocess.Popen(  # noqa: S603 - found or named by the administrator
                [
                    sys.executable,
                    "-IS",
                    str(_HERE / "warden.py"),
                    str(_PATIENCE),
                    str(server),
                    *_ERLANG,
                ],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._data,
                env=self._environment(ports),
                # no terminal's Ctrl-C stops the node before its owner has finished with it
                start_new_session=True,
                # the lock is held as long as the warden lives, not only as long as we do
                pass_fds=() if self._lock is None else (self._lock.fileno(),),
            )
        begun = time.monotonic()
        while not self._answers(ports):
            if self._warden.poll() is not None:
                said = log.read_text(errors="replace")
                self._bury()
                if _BUSY.search(said):
                    return
                raise NodeFailed(
                    f"RabbitMQ stopped while it started, and said: {_gist(said)} "
                    f"(more in {log.parent})"
                )
            if time.monotonic() > end:
                raise NodeFailed(
                    f"RabbitMQ did not start within {self._deadline:g} s; see {log.parent}."
                )
            yield
        self._ports, self._up = ports, True
        self._progress(f"RabbitMQ is ready after {time.monotonic() - begun:.1f} s.")

    def _answers(self, ports: _Ports) -> bool:
        """Tell whether clients would be served: by this node, not by one that has its port."""
        with suppress(OSError):
            credentials = b64encode(f"{USER}:{self._password}".encode()).decode()
            request = urllib.request.Request(
                f"http://127.0.0.1:{ports.management}/api/health/checks/port-listener/{ports.amqp}",
                headers={"Authorization": f"Basic {credentials}"},
            )
            with urllib.request.urlopen(request, timeout=2):  # noqa: S310 - http, ours
                return True
        return False

    # -- its folder

    def _take_lock(self, end: float) -> Iterator[None]:
        if self._lock is not None:  # ours since an earlier start
            _kill_leftovers(self._data)
            return
        try:
            import fcntl
        except ImportError:
            raise NodeFailed(
                "A private RabbitMQ runs on Linux and macOS only; here, use `docker compose up`."
            ) from None
        lock = (self._data / "lock").open("a+")
        told = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                lock.seek(0)
                owner = lock.read().strip()
                if (owner.isdecimal() and _alive(int(owner))) or time.monotonic() > end:
                    lock.close()
                    raise NodeFailed(
                        f"The data in {self._data} are in use by the process {owner}: "
                        "stop it, or choose another folder."
                    ) from None
                # its owner was killed, and the node is on its way out
                if not told:
                    self._progress("Waiting for the node of a killed process to stop.")
                    told = True
                yield
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock
        _kill_leftovers(self._data)

    def _secret(self) -> str:
        file = self._data / "secret.json"
        if not file.exists():
            _write_private(file, json.dumps({"password": secrets.token_urlsafe(24)}))
        try:
            password = json.loads(file.read_text())["password"]
        except (ValueError, KeyError, TypeError):
            password = None
        if not isinstance(password, str):
            raise NodeFailed(f"{file} is damaged: put back a copy, or use a new folder.")
        return password

    def _write_configuration(self, ports: _Ports) -> None:
        for folder in ("home", "log", "mnesia"):
            (self._data / folder).mkdir(exist_ok=True)
        common = (_HERE / "rabbitmq.conf").read_text()
        own = {
            "listeners.tcp.1": f"127.0.0.1:{ports.amqp}",
            "management.tcp.ip": "127.0.0.1",
            "management.tcp.port": ports.management,
            "default_user": USER,
            "default_pass": self._password,
            "log.file.level": "info",
            "log.console": "false",
        }
        lines = "".join(f"{key} = {value}\n" for key, value in own.items())
        _write_private(self._data / "rabbitmq.conf", f"{common}\n# This node's own\n{lines}")
        shutil.copyfile(_HERE / "enabled_plugins", self._data / "enabled_plugins")
        _write_private(self._data / _PORTS, json.dumps(asdict(ports)))

    def _environment(self, ports: _Ports) -> dict[str, str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("RABBITMQ_", "ERL_", "NOTIFY_SOCKET", "LISTEN_"))
        }
        data = self._data
        return {
            **inherited,
            "HOME": str(data / "home"),
            "RABBITMQ_NODENAME": _NAME,
            "RABBITMQ_MNESIA_BASE": str(data / "mnesia"),
            "RABBITMQ_LOG_BASE": str(data / "log"),
            "RABBITMQ_CONFIG_FILE": str(data / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(data / "enabled_plugins"),
            # the system's own configuration is not for us
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_DIST_PORT": str(ports.distribution),
            "ERL_EPMD_PORT": str(ports.epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP": str(data / "log" / "erl_crash.dump"),
            # the script then becomes the node instead of waiting for it with a shell
            "RUNNING_UNDER_SYSTEMD": "true",
        }


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


def _gist(said: str) -> str:
    """Return the line that tells most: Erlang's first error, which all others repeat."""
    lines = [line for line in said.splitlines() if line.strip()]
    errors = [line.rpartition("> ")[2] for line in lines if "error" in line]
    return next((line.strip() for line in [*errors, *reversed(lines)]), "nothing")[:_LONG]

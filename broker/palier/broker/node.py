"""A RabbitMQ of one's own: started and stopped as a child process, alone with its data folder.

Nothing is shared with a RabbitMQ that the system runs: not the ports (free ones, on loopback
only), nor the cookie, the name server (epmd) or the data.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from palier.broker.amqp import AmqpTransport
from palier.broker.errors import NodeFailed
from palier.broker.folder import NodeFolder, Ports
from palier.broker.seats import ManagementAccounts
from palier.broker.warden import AT_ONCE

#: Called with a sentence each time the start gets on; must not raise.
OnProgress = Callable[[str], None]

#: A name that no seat can have, so that no seat can be given this account's password.
USER = "palier.worker"

_NAME = "palier@localhost"

#: Seconds the node is given to stop by itself.
_PATIENCE = 20.0

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

#: Asks without a proxy, whatever the environment says: what is asked is on this machine.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

#: Characters of what RabbitMQ says that are worth telling.
_LONG = 400

_HERE = Path(__file__).parent


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
        self._folder = NodeFolder(data)
        self._progress = progress or (lambda _sentence: None)
        self._deadline = deadline
        self._warden: subprocess.Popen[bytes] | None = None
        self._ports: Ports | None = None
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

    @property
    def log(self) -> Path:
        """The folder in which RabbitMQ writes what it does."""
        return self._folder.path / "log"

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
            env=self._folder.environment(self._running(), name=_NAME),
            cwd=self._folder.path,
            capture_output=True,
            text=True,
            timeout=self._deadline,
            check=False,
        )
        if done.returncode:
            raise NodeFailed(f"rabbitmqctl {arguments[0]}: {done.stderr.strip()}")
        return done.stdout

    def _running(self) -> Ports:
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

    def starting(self, *, elsewhere: bool = True) -> Generator[None, None, None]:
        """Start as `start` does, a step at a time, for who has other things to do in between.

        A step takes a moment, in which the caller waits. Who closes this before its end stops what
        has been started.
        """
        if self.alive and self._up:
            return
        self._bury()
        server = find_server()
        end = time.monotonic() + self._deadline
        try:
            yield from self._folder.take(until=end)
            self._password = self._folder.secret()
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
        self._folder.release()

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
        for attempt in range(1, _ATTEMPTS + 1):
            self._progress("RabbitMQ is starting.")
            ports = self._folder.kept_ports() if attempt == 1 or not elsewhere else None
            while ports is None and not elsewhere:
                if time.monotonic() > end:
                    raise NodeFailed(
                        f"Another program has taken the ports of the RabbitMQ in "
                        f"{self._folder.path}, which others are on the way back to: end it."
                    )
                yield
                ports = self._folder.kept_ports()
            yield from self._try(server, ports or Ports.free(), end)
            if self._up:
                return
            self._progress(f"Another program took our ports; trying again ({attempt}).")
        raise NodeFailed(f"RabbitMQ found no free port in {_ATTEMPTS} attempts.")

    def _try(self, server: Path, ports: Ports, end: float) -> Iterator[None]:
        """Start on these ports; it is not up afterwards if one of them is taken."""
        self._folder.configure(ports, user=USER, password=self._password)
        log = self.log / "start.log"
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
                cwd=self._folder.path,
                env=self._folder.environment(ports, name=_NAME),
                # no terminal's Ctrl-C stops the node before its owner has finished with it
                start_new_session=True,
                # the lock is held as long as the warden lives, not only as long as we do
                pass_fds=self._folder.lock_descriptor,
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

    def _answers(self, ports: Ports) -> bool:
        """Tell whether clients would be served: by this node, not by one that has its port."""
        with suppress(OSError):
            credentials = b64encode(f"{USER}:{self._password}".encode()).decode()
            request = urllib.request.Request(
                f"http://127.0.0.1:{ports.management}/api/health/checks/port-listener/{ports.amqp}",
                headers={"Authorization": f"Basic {credentials}"},
            )
            with _DIRECT.open(request, timeout=1):
                return True
        return False


def _gist(said: str) -> str:
    """Return the line that tells most: Erlang's first error, which all others repeat."""
    lines = [line for line in said.splitlines() if line.strip()]
    errors = [line.rpartition("> ")[2] for line in lines if "error" in line]
    return next((line.strip() for line in [*errors, *reversed(lines)]), "nothing")[:_LONG]

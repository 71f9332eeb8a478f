"""`palier-client`: a desk and nothing else, for the computers of a lab.

What it shows comes over RabbitMQ; neither programs nor a worker are installed where it runs.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_state_path

from palier.broker.address import Address
from palier.client.controllers import Installed
from palier.client.credentials import Credentials, LastSeat
from palier.client.errors import BadOption, NoDisplay, NotSeated
from palier.client.prepared import FILE, Prepared, places, read_prepared
from palier.client.screens.display import require_display
from palier.client.screens.lock import read_unlock_code
from palier.client.screens.look import Look, read_place
from palier.client.seating import Seating
from palier.schemas.errors import PalierError
from palier.schemas.names import ROOM

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    given = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO if given.debug else logging.ERROR, format="%(message)s")
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # what it says, we say in our words
    try:
        return _sit(given, sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except PalierError as error:
        if given.debug:
            raise
        sys.stderr.write(f"palier-client: {error}\n")
        return 1


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    made = argparse.ArgumentParser(
        prog="palier-client",
        description="Sit down at a seat: with a code the first time, without one ever after.",
        epilog=f"A file {FILE} beside this program, or in the settings folder of its user, may say "
        "the same as these options.",
        allow_abbrev=False,
    )
    add = made.add_argument
    add("--server", help="RabbitMQ's address, amqp://room:PASSWORD@host:5672/palier; or amqps://")
    add("--join", metavar="CODE", help="a one-time code")
    add("--seat", metavar="NAME", help="a seat joined from here before; the last one by default")
    add("--language", help="en, fr, or that of a file of words; the system's by default")
    add("--palette", choices=("light", "dark", "system"), help="the system's by default")
    add("--scale", type=_scale, help="1.25 is 125 %%; the system's by default")
    add("--place", metavar="LEFT,TOP,WIDTH,HEIGHT", help="where the window is, in pixels")
    add("--lock", action="store_true", help="fill the screen; only the code closes the window")
    add("--unlock-code-file", type=Path, help="with the code of --lock; else PALIER_UNLOCK_CODE")
    add("--journal", type=Path, help="the folder on this computer for answers on their way")
    add("--state", type=Path, help=argparse.SUPPRESS)
    add(
        "--allow-remote-controllers",
        action="store_true",
        help="run the controllers that the server sends, if an author who is trusted signed them",
    )
    add("--trust", metavar="FINGERPRINT", help="trust this author from now on; compare it first")
    add("--ask", action="store_true", help=argparse.SUPPRESS)
    add("--debug", action="store_true", help="show tracebacks and the log")
    add("--version", action="version", version=f"palier-client {version('palier-client')}")
    return made


def _scale(text: str) -> float:
    scale = float(text)
    if not 1 <= scale <= 2:  # noqa: PLR2004 - as the option's help has it
        raise argparse.ArgumentTypeError("a scale is from 1 to 2")
    return scale


def _sit(given: argparse.Namespace, arguments: Sequence[str]) -> int:
    if given.trust is not None and not given.allow_remote_controllers:
        raise BadOption("--trust says whose controllers may run: add --allow-remote-controllers.")
    prepared = read_prepared(places())
    folder = given.state or user_state_path("palier")
    look = Look(
        palette=given.palette or prepared.palette or "system",
        scale=given.scale or prepared.scale,
        language=given.language or prepared.language,
        place=read_place(given.place),
        unlock_code=_unlock_code(given, prepared),
    )
    if given.ask:
        # what has no seat yet is no window to lock somebody into
        return _ask(given, prepared, folder, replace(look, unlock_code=""))
    try:
        seating, credentials = _take(given, prepared, folder)
    except PalierError as error:
        if given.join or given.seat or isinstance(error, BadOption) or not _has_display():
            raise  # who has typed it reads it where they have
        if not _asked_for(arguments):
            return 1
        seating = _seating(LastSeat.load(folder).server, prepared, folder, given)
        credentials = seating.take()
    seating.sit(credentials, look)
    return 0


def _has_display() -> bool:
    try:
        require_display()
    except NoDisplay:
        return False
    return True


def _take(
    given: argparse.Namespace, prepared: Prepared, folder: Path
) -> tuple[Seating, Credentials]:
    """Return the seat that was asked for, else the prepared one, else the last one here."""
    last = LastSeat.load(folder)
    seating = _seating(given.server or prepared.server or last.server, prepared, folder, given)
    code, seat = given.join, given.seat
    if code is None and seat is None:
        code, seat = _unused(prepared.join, last, seating), prepared.seat
    require_display()  # before a code is used up
    return seating, seating.take(code=code, seat=seat)


def _unused(code: str | None, last: LastSeat, seating: Seating) -> str | None:
    """Return a prepared code, unless it has done what it is for: whoever sits here goes on."""
    used = code is not None and last.joined_with(code, server=seating.server) is not None
    return None if used else code


def _ask(given: argparse.Namespace, prepared: Prepared, folder: Path, look: Look) -> int:
    """Ask for address and code in a window, until somebody has a seat; 1 if it is closed."""
    from palier.client.screens.join_page import run_join

    threading.Thread(target=_end_with_who_asked, daemon=True).start()
    server = given.server or prepared.server
    password = prepared.room_password or (server and Address.parse(server).password)
    known = server if password else None

    def attempt(address: str, code: str) -> None:
        _seating(known or address, prepared, folder, given).take(code=code)

    seated = run_join(
        attempt,
        server=str(Address.parse(known).bare) if known else None,
        code=prepared.join or "",
        look=look,
    )
    return 0 if seated else 1


def _asked_for(arguments: Sequence[str]) -> bool:
    """Ask in a process of its own, for a process opens one window; whether somebody has a seat."""
    program = [sys.executable]
    if not getattr(sys, "frozen", False):
        program += ["-m", "palier.client"]
    with subprocess.Popen(  # noqa: S603 - this very program
        [*program, *arguments, "--ask"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as asking:
        return asking.wait() == 0


def _end_with_who_asked() -> None:
    """End when the process ends that waits for this one: the pipe between them closes then."""
    if sys.stdin is not None:
        os.read(sys.stdin.fileno(), 1)  # not buffered: a lock held at the end would be fatal
        os._exit(1)


def _unlock_code(given: argparse.Namespace, prepared: Prepared) -> str:
    """Return the code that opens the window; "" where it is not locked."""
    asked = os.environ.get("PALIER_LOCK", "").lower() in {"1", "true", "yes", "on"}
    if not (given.lock or prepared.lock or asked):
        return ""
    return read_unlock_code(given.unlock_code_file or prepared.unlock_code_file)


def _seating(server: str, prepared: Prepared, folder: Path, given: argparse.Namespace) -> Seating:
    if not server:
        raise NotSeated(
            "Say where the server is and give a code: palier-client --server "
            f"amqp://room:PASSWORD@host:5672/palier --join CODE; or write both into {FILE}, in "
            f"{' or '.join(str(one.parent) for one in places())}.",
            what="server",
        )
    address = Address.parse(server)
    if address.user not in {"", ROOM}:
        raise BadOption(
            f"{address}: a desk joins as {ROOM}, not as {address.user}: "
            "amqp://room:PASSWORD@host:5672/palier."
        )
    return Seating(
        address=address.bare,
        room_password=address.password or prepared.room_password or "",
        folder=folder,
        journals=given.journal,
        controllers=Installed(),
        trust=(given.trust or "") if given.allow_remote_controllers else None,
        command="palier-client",
    )


if __name__ == "__main__":
    sys.exit(main())

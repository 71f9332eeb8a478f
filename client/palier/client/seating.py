"""Sitting down at a seat of this computer: with a code the first time, without one ever after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

from pydantic import ValidationError

from palier.broker.address import Address
from palier.broker.transport import Transport
from palier.client.asking import join
from palier.client.bundled import Bundled
from palier.client.controllers import Controllers, OneOf
from palier.client.credentials import Credentials, CredentialsFile, LastSeat, journal_file
from palier.client.errors import NotSeated
from palier.client.journal import Journal
from palier.client.link import Link
from palier.client.link_errands import LinkErrands
from palier.client.pins import Pins
from palier.client.screens.look import Look
from palier.client.shelf import Shelf, shelf_folder
from palier.client.thread import LoopThread
from palier.client.view import View
from palier.schemas.names import check_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Seating:
    """The seats of one server, as far as this computer knows them. Blocking.

    ``folder`` keeps credentials, and journals unless they have a folder of their own.
    ``controllers`` are those that screens may name. ``trust`` lets controllers run that come from
    the server, signed: by the author with this fingerprint, or, where it is empty, by the one that
    is trusted here already. ``command`` is what a person types who is told to try again.
    """

    address: Address
    folder: Path
    command: str
    room_password: str = ""
    journals: Path | None = None
    controllers: Controllers | None = None
    trust: str | None = None

    @property
    def server(self) -> str:
        """The server by its address, as it can be shown."""
        return str(self.address.bare)

    def take(self, *, code: str | None = None, seat: str | None = None) -> Credentials:
        """Return the credentials of a seat: of this code or this name, else of the last one here.

        A code that was used here before gives the same seat again. Raises `NotSeated`,
        `Unreachable`, `Rejected`, `NoAnswer`.
        """
        last = LastSeat.load(self.folder)
        kept = CredentialsFile(self.folder, server=self.server)
        if seat is None and code is not None:
            seat = last.joined_with(code, server=self.server)
            if seat is None or kept.load(seat) is None:
                return self._join(code, kept, last)
        if seat is None and last.server == self.server:
            seat = last.seat
        seats = kept.seats()
        if seat is None and len(seats) == 1:
            (seat,) = seats
        if seat is None:
            known = f" Joined from here: {', '.join(seats)}." if seats else ""
            raise NotSeated(f"Say which seat: --join CODE, or --seat NAME.{known}")
        if (found := kept.load(check_name(seat))) is None:
            raise NotSeated(
                f"Seat {seat} was never joined from this computer: ask the operator for a code, "
                f"then `{self.command} --join CODE`."
            )
        replace(last, server=self.server, seat=found.seat).save(self.folder)
        return found

    def sit(self, credentials: Credentials, look: Look) -> None:
        """Show a seat's window until it is closed; in the main thread.

        Raises `NoDisplay`, `JournalFailed`.
        """
        file = journal_file(self.journals or self.folder, server=self.server, seat=credentials.seat)
        with Journal(file) as journal:
            show_desk(
                self.address.transport(),
                credentials,
                journal,
                look,
                controllers=self.controllers,
                bundled=self._bundled(),
            )

    def _bundled(self) -> Bundled | None:
        """Return where signed controllers come from; None where they may not run."""
        if self.trust is None:
            return None
        pins = Pins(self.folder, server=self.server)
        return Bundled(pins, now=lambda: datetime.now(UTC), trust=self.trust)

    def _join(self, code: str, kept: CredentialsFile, last: LastSeat) -> Credentials:
        if not self.room_password:
            raise NotSeated(
                f"The room's password of {self.server} is not known here: write it into the "
                "address, amqp://room:PASSWORD@host:5672/palier, or set PALIER_ROOM_PASSWORD.",
                what="password",
            )
        self.address.need_answer()
        with LoopThread("join") as loop:
            joining = join(self.address.transport(), code=code, room_password=self.room_password)
            try:
                credentials = loop.run(joining).result()
            except ValidationError:
                raise NotSeated(
                    f"{code!r} is no code: a code has eight letters and digits, such as 7KQ2-M9XD. "
                    "Ask the operator for one.",
                    what="code",
                ) from None
        kept.save(credentials)
        last.joining(credentials, server=self.server, code=code).save(self.folder)
        return credentials


def show_desk(
    transport: Transport,
    credentials: Credentials,
    journal: Journal,
    look: Look,
    *,
    controllers: Controllers | None = None,
    bundled: Bundled | None = None,
) -> None:
    """Show a seat's window until it is closed; blocking, in the main thread. Raises `NoDisplay`."""
    from palier.client.screens.desk import run_desk  # brings the windows along

    sources = [one for one in (controllers, bundled) if one is not None]
    inbox: SimpleQueue[View] = SimpleQueue()

    def tell(changed: Link) -> None:
        view = changed.view()
        if bundled is not None:
            bundled.content = view.shown.bundle  # before the screen that needs it
        inbox.put(view)

    with Shelf(shelf_folder()) as shelf, LoopThread("link") as loop:
        link = Link(
            transport,
            credentials,
            journal=journal,
            shelf=shelf,
            bundles=bundled is not None,
            on_change=tell,
        )
        loop.run(link.__aenter__()).result()
        run_desk(
            inbox=inbox,
            errands=LinkErrands(loop, link),
            title=f"Palier: {credentials.seat}",
            look=look,
            controllers=OneOf(*sources),
        )
        loop.run(link.__aexit__()).result(timeout=15)

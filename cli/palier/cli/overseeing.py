"""The overview with its server: what it shows comes in, what the operator wants goes out."""

from __future__ import annotations

import asyncio
import logging
from queue import SimpleQueue
from typing import assert_never

from palier.cli.operating import operator_of
from palier.cli.server import Server
from palier.client.asking import Operator
from palier.client.errors import ClientError
from palier.client.screens.look import Look
from palier.client.screens.orders import EXTENSION, Order
from palier.client.screens.overview import News, Notice, run_overview
from palier.client.staff import Staff
from palier.client.thread import LoopThread
from palier.schemas.errors import PalierError
from palier.schemas.events import HelpCalled, SeatRefused
from palier.schemas.message import Event

_log = logging.getLogger(__name__)

#: Seconds between two looks at a session.
_REFRESH = 0.5


def show_overview(server: Server, session: str, look: Look) -> None:
    """Show the operator's window until it is closed; in the main thread."""
    inbox: SimpleQueue[News] = SimpleQueue()
    operator = operator_of(server)
    overseer = _Overseer(operator, session, inbox)
    staff = Staff(
        server.transport(),
        password=server.need("operator_password", "PALIER_OPERATOR_PASSWORD"),
        told=overseer.hear,
    )
    with LoopThread("operator") as loop:
        loop.run(overseer.watch(staff))
        run_overview(
            inbox=inbox,
            ordered=lambda order: _forget(loop.run(overseer.do(order))),
            title=f"Palier: {session}",
            look=look,
        )


class _Overseer:
    """Looks at one session again and again, and does what is ordered. In one event loop."""

    def __init__(self, operator: Operator, session: str, inbox: SimpleQueue[News]) -> None:
        self._operator = operator
        self._session = session
        self._inbox = inbox
        self._read = 0

    async def watch(self, staff: Staff) -> None:
        """Look until it is cancelled."""
        async with self._operator, staff:
            while True:
                try:
                    await self._look()
                except PalierError as error:
                    self._inbox.put(Notice(text=str(error), tone="bad"))
                await asyncio.sleep(_REFRESH)

    def hear(self, event: Event) -> None:
        """Take what the staff is told; all else is in the log, or in the next overview."""
        match event:
            case SeatRefused():
                self._inbox.put(event)  # it may name no session
            case HelpCalled() if event.session == self._session:
                self._inbox.put(event)

    async def do(self, order: Order) -> None:
        """Carry out an order, and say what it did or why it was refused."""
        try:
            effect = await carry_out(self._operator, self._session, order)
            await self._look()
            # last, so that a refusal and what came of it are not told in the wrong order
            self._inbox.put(Notice(text=effect, tone="ok"))
        except ClientError as error:
            _log.warning("%s", error)
            self._inbox.put(Notice(text=str(error), tone="warn"))

    async def _look(self) -> None:
        overview = await self._operator.overview(self._session)
        more = True
        while more:
            page = await self._operator.log(self._session, after=self._read)
            if page.entries:
                self._read = page.entries[-1].version
                self._inbox.put(page)
            more = page.more
        self._inbox.put(overview)


async def carry_out(  # noqa: C901, PLR0911 - a table
    operator: Operator, session: str, order: Order
) -> str:
    """Do what is ordered; return what it did, in a sentence or nothing. Raises `ClientError`."""
    seats, reason = order.seats, order.reason
    match order.what:
        case "start":
            await operator.start(session)
            return ""
        case "close":
            await operator.close(session, reason=reason)
            return ""
        case "pause":
            return await operator.pause(session, reason=reason)
        case "resume":
            return await operator.resume(session)
        case "extend":
            return await operator.change_clock(session, "extend", seconds=EXTENSION)
        case "retry":
            return await operator.retry(session)
        case "advance":
            return await operator.advance(session, *seats, reason=reason)
        case "exclude":
            return await operator.exclude(session, *seats, reason=reason)
        case "stand-in":
            return await operator.stand_in(session, *seats, reason=reason)
        case "readmit":
            return await operator.readmit(session, *seats, reason=reason)
        case "attend":
            return await operator.attend(session, *seats, reason=reason)
        case _:
            assert_never(order.what)


def _forget(_future: object) -> None:
    """Do nothing: what comes of an order arrives in the inbox."""

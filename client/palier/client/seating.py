"""Sitting down at a seat of this computer: the link in its thread, the window in the main one."""

from __future__ import annotations

from queue import SimpleQueue

from palier.broker.transport import Transport
from palier.client.controllers import Controllers
from palier.client.credentials import Credentials
from palier.client.journal import Journal
from palier.client.link import Link
from palier.client.link_errands import LinkErrands
from palier.client.screens.look import Look
from palier.client.shelf import Shelf, shelf_folder
from palier.client.thread import LoopThread
from palier.client.view import View


def show_desk(
    transport: Transport,
    credentials: Credentials,
    journal: Journal,
    look: Look,
    *,
    controllers: Controllers | None = None,
) -> None:
    """Show a seat's window until it is closed; blocking, in the main thread. Raises `NoDisplay`."""
    from palier.client.screens.desk import run_desk  # brings the windows along

    inbox: SimpleQueue[View] = SimpleQueue()
    with Shelf(shelf_folder()) as shelf, LoopThread("link") as loop:
        link = Link(
            transport,
            credentials,
            journal=journal,
            shelf=shelf,
            on_change=lambda changed: inbox.put(changed.view()),
        )
        loop.run(link.__aenter__()).result()
        run_desk(
            inbox=inbox,
            errands=LinkErrands(loop, link),
            title=f"Palier: {credentials.seat}",
            look=look,
            controllers=controllers,
        )
        loop.run(link.__aexit__()).result(timeout=15)

"""The original stack's server: Twisted Perspective Broker and SQLAlchemy's ORM, as in 2012.

``python original_server.py``, with the database's URL in ``BENCH_DATABASE``; prints its port.

One remote call is one unit of work of the ORM, committed before it is answered; a complete barrier
is told to every client by a remote call of its own. Everything happens in the reactor's thread, as
such servers did it.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from sqlalchemy import String, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from twisted.internet import reactor
from twisted.spread import pb


class Base(DeclarativeBase):
    """The tables."""


class Inbox(Base):
    """One result for each message."""

    __tablename__ = "inbox"
    message_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    seat: Mapped[str] = mapped_column(String(32))
    result: Mapped[str] = mapped_column(String(32))


class Decision(Base):
    """What somebody decided."""

    __tablename__ = "decision"
    run: Mapped[str] = mapped_column(String(32), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    seat: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(1000))


class Barrier(Base):
    """How many have arrived."""

    __tablename__ = "barrier"
    run: Mapped[str] = mapped_column(String(32), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    arrived: Mapped[int]


class Root(pb.Root):  # type: ignore[misc,unused-ignore]  # Twisted's is untyped
    """What clients call."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _configure)
        Base.metadata.create_all(self._engine)
        # by identity: Twisted cannot compare references on Python 3
        self._clients: dict[int, Any] = {}

    def remote_listen(self, client: Any) -> None:
        """Have releases."""
        self._clients[id(client)] = client
        client.notifyOnDisconnect(lambda gone: self._clients.pop(id(gone), None))
        client.broker.transport.setTcpNoDelay(True)  # as the others have it

    def remote_submit(
        self, message_id: str, run: str, generation: int, parties: int, seat: str, number: int,
        text: str,
    ) -> str:  # fmt: skip
        """Take a decision; answered when it is on the disk."""
        complete = False
        with Session(self._engine) as db:
            db.add(Inbox(message_id=message_id, seat=seat, result="submitted"))
            db.add(Decision(run=run, generation=generation, seat=seat, number=number, text=text))
            if parties:
                barrier = db.get(Barrier, (run, generation))
                if barrier is None:
                    barrier = Barrier(run=run, generation=generation, arrived=0)
                    db.add(barrier)
                barrier.arrived += 1
                complete = barrier.arrived == parties
            db.commit()
        if complete:
            for client in self._clients.values():
                # one that has left does not hear it
                client.callRemote("released", run, generation).addErrback(lambda _: None)
        return message_id


def _configure(connection: Any, _record: object) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")


def main(url: str) -> None:
    """Serve until killed."""
    loop: Any = reactor
    port = loop.listenTCP(0, pb.PBServerFactory(Root(url)), interface="127.0.0.1")
    sys.stdout.write(f"{port.getHost().port}\n")
    sys.stdout.flush()
    loop.run()


if __name__ == "__main__":
    main(os.environ["BENCH_DATABASE"])

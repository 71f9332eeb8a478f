"""What one transaction does: the rows it writes, and what is told once it is committed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from palier.broker.transport import Publication
from palier.schemas.envelope import Envelope
from palier.schemas.message import Message, Reply
from palier.schemas.names import ALL
from palier.schemas.replies import Submitted
from palier.workers.domain.facts import (
    Arrived,
    Ended,
    Fact,
    PresenceChanged,
    Progress,
    Released,
    StandingChanged,
)
from palier.workers.domain.session import Session
from palier.workers.persistence.writer import Writer
from palier.workers.runtime.catalogue import Catalogue
from palier.workers.runtime.known import Known, Memory
from palier.workers.runtime.log import STEPS, entry
from palier.workers.runtime.parcel import Item
from palier.workers.runtime.telling import Teller


@dataclass(slots=True, kw_only=True)
class Work:
    """One transaction's work. Used by one thread, once."""

    db: Connection
    now: datetime
    memory: Memory
    catalogue: Catalogue
    teller: Teller
    partition: int
    partitions: int
    #: Stamps of the sessions whose rows are locked, by name.
    stamps: dict[str, int]
    writer: Writer = field(default_factory=Writer)
    items: list[Item] = field(default_factory=list)
    #: The results of commands, told after what the commands led to.
    results: list[tuple[Reply, Publication]] = field(default_factory=list)
    #: Session, scope and generation of each barrier that opens.
    releases: set[tuple[str, str, int]] = field(default_factory=set)
    #: What takes the bindings of a session that is over away: told when all else is.
    farewells: list[Item] = field(default_factory=list)
    #: Answers that need not outlive a crash: to queries, and to what was handled before.
    replies: list[Publication] = field(default_factory=list)
    #: How far barriers are, told now and then: the last word for each scope.
    progress: dict[tuple[str, str], Progress | None] = field(default_factory=dict)
    #: Who was answered what for good: the reception hears of it once this is committed.
    answered: list[tuple[str, Reply]] = field(default_factory=list)
    touched: dict[str, Known] = field(default_factory=dict)

    def known(self, name: str) -> Known | None:
        """Return a session whose row is locked, or None if there is none of that name."""
        if name in self.touched:
            return self.touched[name]
        stamp = self.stamps.get(name)
        if stamp is None:
            return None
        known = self.memory.recall(self.db, name, stamp=stamp)
        session = known.session
        if session.fault is not None and session.status in {"running", "paused"}:
            # found out only now: it is held, and its operator is told once
            self.keep(known, session.stop(session.fault, self.now), cause=None)
        return known

    def keep(self, known: Known, facts: Iterable[Fact], *, cause: Envelope[Message] | None) -> None:
        """Write facts and note what is told of them."""
        session = known.session
        self.touched[session.name] = known
        for fact in facts:
            if isinstance(fact, Released):
                known.releases += 1
                self.releases.add((session.name, fact.scope, fact.generation))
            self._log(known, fact)
            self.writer.fact(
                session.name,
                fact,
                releases=known.releases,
                step=known.step,
                version=known.version,
            )
            self._note_progress(session, fact)
            self.items += self.teller.tell(session, fact, cause=cause)
            if isinstance(fact, Ended):
                self.farewells += self.teller.farewell(session)

    def opened(self, known: Known, *, author: str) -> None:
        """Write a new session's first entry in its log."""
        self.touched[known.session.name] = known
        known.version += 1
        opening = known.session.opening
        self.writer.log(
            opening.name,
            known.version,
            "session-opened",
            author=author,
            at=self.now,
            body={"program": opening.program, "seats": list(opening.seats)},
        )

    def answer(self, reply: Reply, *, session: str, seat: str, cause: Envelope[Message]) -> str:
        """Store the result of a command, and tell it; return its body.

        A submit whose barrier opens in this very transaction is told by the release.
        """
        told = self.teller.reply(reply, seat=seat, cause=cause)
        body = told.body.decode()
        self.writer.result(
            {
                "seat": seat,
                "message_id": cause.message_id,
                "session": session,
                "kind": cause.message.kind,
                "result_kind": reply.kind,
                "result": body,
                "at": self.now,
            }
        )
        self.results.append((reply, told))
        return body

    def telling(self) -> list[Item]:
        """Return all that is told once this is committed, in order."""
        results = (told for reply, told in self.results if not self._released_with(reply))
        return [*self.items, *results, *self.farewells]

    def _released_with(self, reply: Reply) -> bool:
        return (
            isinstance(reply, Submitted)
            and (reply.session, reply.scope, reply.generation) in self.releases
        )

    def settle(self) -> None:
        """Write what was decided until now, so that a session can be read back as it is."""
        self.stamp()
        self.writer.flush(self.db)
        self.stamps.update((name, one.stamp) for name, one in self.touched.items())
        self.touched.clear()
        self.writer = Writer()

    def stamp(self) -> None:
        """Mark every session that changed, so that nobody else's picture of it passes for new."""
        for name, known in self.touched.items():
            self.writer.stamped(name, before=known.stamp, version=known.version)
            known.stamp += 1

    def _log(self, known: Known, fact: Fact) -> None:
        found = entry(fact)
        if found is None:
            return
        known.version += 1
        kind, author, body = found
        if kind in STEPS:
            known.step = known.version
        self.writer.log(
            known.session.name, known.version, kind, author=author, at=self.now, body=body
        )

    def _note_progress(self, session: Session, fact: Fact) -> None:
        match fact:
            case Arrived(scope=scope, generation=generation, count=count):
                current = session.scopes[scope].current
                assert current is not None
                self.progress[session.name, scope] = Progress(
                    session.name,
                    scope,
                    generation,
                    count,
                    len(current.barrier.parties),
                    session.scopes[scope].told_alone,
                )
            case StandingChanged(withdrawn=withdrawn):
                for one in withdrawn:
                    current = session.scopes[one.scope].current
                    assert current is not None
                    self.progress[session.name, one.scope] = Progress(
                        session.name,
                        one.scope,
                        one.generation,
                        len(current.barrier.arrived),
                        one.expected,
                        session.scopes[one.scope].told_alone,
                    )
            case Released(scope=scope):
                self.progress[session.name, scope] = None
            case Ended():
                self.progress.update({(session.name, one): None for one in session.scopes})
            case PresenceChanged() if session.status == "lobby":
                self.progress[session.name, ALL] = Progress(
                    session.name, ALL, 0, len(session.present), len(session.seats)
                )
            case _:
                pass

"""Handlers of what moves a session on: answers, its start and its end, what is due."""

from __future__ import annotations

from collections.abc import Callable

from palier.schemas.commands import (
    Close,
    Start,
    Submit,
    Tick,
)
from palier.schemas.message import Reply
from palier.schemas.replies import (
    SessionClosed,
    SessionStarted,
    Submitted,
)
from palier.workers.domain import deadlines
from palier.workers.domain.facts import Fact
from palier.workers.domain.refusal import Refusal
from palier.workers.domain.session import Session
from palier.workers.runtime.asked import Asked, no_session, refused, wrong_partition
from palier.workers.runtime.work import Work


def submit(work: Work, asked: Asked, command: Submit) -> Reply:
    """Take an answer and an arrival."""
    return _decided(
        work,
        asked,
        command,
        lambda session: session.submit(
            command, seat=asked.seat, message_id=asked.envelope.message_id, at=work.now
        ),
        Submitted(session=command.session, scope=command.scope, generation=command.generation),
    )


def start(work: Work, asked: Asked, command: Start) -> Reply:
    """Start the program of a session."""
    return _decided(
        work,
        asked,
        command,
        lambda session: session.start(author=asked.seat, at=work.now),
        SessionStarted(session=command.session),
    )


def close(work: Work, asked: Asked, command: Close) -> Reply:
    """Close a session."""
    return _decided(
        work,
        asked,
        command,
        lambda session: session.close(author=asked.seat, reason=command.reason, at=work.now),
        SessionClosed(session=command.session),
    )


def tick(work: Work, asked: Asked, command: Tick) -> None:
    """Do what is due in a session by now."""
    known = work.known(command.session)
    if known is None:
        return
    facts = deadlines.tick(known.session, message_id=asked.envelope.message_id, at=work.now)
    if facts:
        work.keep(known, facts, cause=asked.envelope)


def _decided(
    work: Work,
    asked: Asked,
    command: Submit | Start | Close,
    decide: Callable[[Session], list[Fact] | Refusal],
    done: Reply,
) -> Reply:
    """Ask a session, keep the facts it answers with, and return ``done`` or why not."""
    known = work.known(command.session)
    if known is None:
        return no_session(command.session)
    if known.session.opening.partition != work.partition:
        return wrong_partition(command.session)
    facts = decide(known.session)
    if isinstance(facts, Refusal):
        if facts.facts:
            work.keep(known, facts.facts, cause=asked.envelope)
        return refused(command.session, facts)
    work.keep(known, facts, cause=asked.envelope)
    return done

"""Handlers of what moves no session on: painted screens, posts, calls for help."""

from __future__ import annotations

from palier.schemas.commands import CallForHelp, Painted, Post
from palier.schemas.message import Reply
from palier.schemas.replies import HelpNoted, PostTaken
from palier.workers.domain import reports
from palier.workers.domain.facts import Posted
from palier.workers.domain.refusal import Refusal
from palier.workers.runtime.asked import Asked, no_session, refused, wrong_partition
from palier.workers.runtime.work import Work


def painted(work: Work, asked: Asked, command: Painted) -> None:
    """Note when a desk had shown a generation; nobody is answered."""
    known = work.known(command.session)
    if known is None or known.session.opening.partition != work.partition:
        return
    facts = reports.paint(known.session, command, seat=asked.seat, at=work.now)
    if facts:
        work.keep(known, facts, cause=asked.envelope)


def post(work: Work, asked: Asked, command: Post) -> Reply:
    """Take what a participant says to all of a stage."""
    known = work.known(command.session)
    if known is None:
        return no_session(command.session)
    if known.session.opening.partition != work.partition:
        return wrong_partition(command.session)
    facts = reports.post(
        known.session,
        command,
        seat=asked.seat,
        message_id=asked.envelope.message_id,
        at=work.now,
    )
    if isinstance(facts, Refusal):
        return refused(command.session, facts)
    work.keep(known, facts, cause=asked.envelope)
    (posted,) = (one for one in facts if isinstance(one, Posted))
    return PostTaken(session=command.session, number=posted.post.number)


def call_for_help(work: Work, asked: Asked, command: CallForHelp) -> Reply:
    """Tell the operator that a participant wants help."""
    known = work.known(command.session)
    if known is None:
        return no_session(command.session)
    if known.session.opening.partition != work.partition:
        return wrong_partition(command.session)
    facts = reports.call_for_help(known.session, command, seat=asked.seat, at=work.now)
    if isinstance(facts, Refusal):
        return refused(command.session, facts)
    if facts:
        work.keep(known, facts, cause=asked.envelope)
    return HelpNoted(session=command.session)

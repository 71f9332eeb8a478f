"""The handler of what is done in live stages."""

from __future__ import annotations

from palier.schemas.commands import Act
from palier.schemas.message import Reply
from palier.schemas.replies import Acted
from palier.workers.domain import acting
from palier.workers.runtime.asked import Asked, no_session, refused, wrong_partition
from palier.workers.runtime.work import Work


def act(work: Work, asked: Asked, command: Act) -> Reply:
    """Do something in a live stage; what an author's rules refuse is kept too."""
    known = work.known(command.session)
    if known is None:
        return no_session(command.session)
    if known.session.opening.partition != work.partition:
        return wrong_partition(command.session)
    facts, refusal = acting.act(
        known.session,
        command,
        seat=asked.seat,
        message_id=asked.envelope.message_id,
        at=work.now,
    )
    if facts:
        work.keep(known, facts, cause=asked.envelope)
    if refusal is not None:
        return refused(command.session, refusal)
    return Acted(session=command.session, number=known.session.acted)

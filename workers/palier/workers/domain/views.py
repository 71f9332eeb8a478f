"""What a session looks like: to one seat, and to the operator."""

from __future__ import annotations

from palier.schemas.replies import Overview, SeatRow, Snapshot
from palier.workers.domain.session import Scope, Session


def snapshot(session: Session, seat: str) -> Snapshot:
    """Return where the session is for one seat, with nothing that is another's."""
    scope = session.scope_of(seat)
    current = scope.current if scope else None
    common = {
        "session": session.name,
        "seat": seat,
        "partition": session.opening.partition,
        "program": session.program.title or session.opening.program,
        "steps": session.program.described_steps(),
        "status": session.status,
        "reason": session.reason if session.status == "closed" else "",
        "versions": {one.name: one.version for one in session.scopes.values() if seat in one.seats},
        "present": len(session.present),
        "expected": len(session.seats),
    }
    if current is None:
        return Snapshot.model_validate(common)
    arrived = current.barrier.arrived
    answer = current.answers.get(seat)
    return Snapshot.model_validate(
        {
            **common,
            "stage": current.shown_to(seat),
            "released": current.barrier.released,
            "submitted": seat in arrived,
            "answer": answer.model_dump(mode="json") if answer is not None else None,
            "arrived": len(arrived),
            "expected": len(current.barrier.parties),
        }
    )


def overview(session: Session) -> Overview:
    """Return every seat with where it is and since when."""
    return Overview(
        session=session.name,
        program=session.program.title or session.opening.program,
        steps=session.program.described_steps(),
        status=session.status,
        opened_at=session.opening.at,
        reason=session.reason,
        seats=tuple(_row(session, seat, session.scope_of(seat)) for seat in session.seats),
    )


def _row(session: Session, seat: str, scope: Scope | None) -> SeatRow:
    common = {
        "seat": seat,
        "present": seat in session.present,
        "payoff": f"{session.payoff(seat):f}",
    }
    current = scope.current if scope else None
    if scope is None or current is None:
        state = "finished" if session.over else "lobby"
        return SeatRow.model_validate({**common, "state": state})
    if session.over:
        state = "finished"
    elif current.barrier.released:
        state = "waiting"
    else:
        state = "submitted" if seat in current.barrier.arrived else "working"
    return SeatRow.model_validate(
        {
            **common,
            "scope": scope.name,
            "stage": current.stage.name,
            "title": current.stage.title,
            "generation": current.stage.generation,
            "visit": current.stage.visit,
            "state": state,
            "since": current.arrived_at.get(seat, current.stage.opened_at),
        }
    )

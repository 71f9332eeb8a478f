"""What a session looks like: to one seat, and to the operator."""

from __future__ import annotations

from datetime import datetime

from palier.schemas.replies import Overview, SeatRow, Snapshot
from palier.workers.domain.scope import Generation, Scope
from palier.workers.domain.session import Session


def snapshot(session: Session, seat: str, *, now: datetime) -> Snapshot:
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
        # what an author's code raised is for the operator
        "reason": "" if session.status == "stopped" else session.reason,
        "now": now,
        "standing": session.standings[seat],
        "versions": {one.name: one.version for one in session.scopes.values() if seat in one.seats},
        "present": len(session.present),
        "expected": len(session.seats),
        "contents": session.screens.contents,
        "bundle": session.screens.bundle,
        "called": seat in session.calls,
    }
    if current is None:
        return Snapshot.model_validate(common)
    arrived = current.barrier.arrived
    return Snapshot.model_validate(
        {
            **common,
            "stage": session.shown(current, seat=seat),
            "released": not current.open,
            "submitted": seat in arrived,
            "answer": current.answers.get(seat),
            "how": current.how.get(seat),
            "arrived": len(arrived),
            "expected": len(current.barrier.parties),
            "posts": current.posts,
            "live": None if current.live is None else current.live.mark(seat),
        }
    )


def overview(session: Session, *, now: datetime) -> Overview:
    """Return every seat with where it is and since when."""
    treatments = _treatments(session)
    return Overview(
        session=session.name,
        program=session.program.title or session.opening.program,
        steps=session.program.described_steps(),
        status=session.status,
        opened_at=session.opening.at,
        reason=session.reason,
        traceback=session.traceback or (session.fault.traceback if session.fault else ""),
        now=now,
        seats=tuple(
            _row(session, seat, session.scope_of(seat), treatments.get(seat, ""))
            for seat in session.seats
        ),
    )


def _row(session: Session, seat: str, scope: Scope | None, treatment: str) -> SeatRow:
    common = {
        "seat": seat,
        "present": seat in session.present,
        "payoff": f"{session.payoff(seat):f}",
        "payment": _payment(session, seat),
        "treatment": (scope.treatment if scope else "") or treatment,
        "standing": session.standings[seat],
    }
    if (call := session.calls.get(seat)) is not None:
        common |= {"called_at": call.at, "call": call.text}
    current = scope.current if scope else None
    if scope is None or current is None:
        state = "finished" if session.over else "lobby"
        return SeatRow.model_validate({**common, "state": state})
    if session.over:
        state = "finished"
    elif session.standings[seat] == "excluded":
        state = "excluded"
    elif not current.open:
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
            "period": current.stage.period,
            "group": scope.group,
            "role": scope.roles.get(seat, ""),
            "state": state,
            "how": current.how.get(seat),
            "clock": current.stage.clock if current.open else None,
            "since": current.arrived_at.get(seat, current.stage.opened_at),
            "painted": _painted(current, seat),
        }
    )


def _payment(session: Session, seat: str) -> str:
    """Return what a seat is paid, and what so far; empty while periods are still to be drawn."""
    if (settled := session.settlements.get(seat)) is not None:
        return f"{settled.amount:f} {settled.currency}"
    payment = session.program.payment
    if payment is None or payment.paid_periods is not None or session.over:
        return ""
    return str(payment.settled(session.payoff(seat)))


def _treatments(session: Session) -> dict[str, str]:
    """Return the treatment that each seat was in last; looked for only where there are any."""
    if not session.program.all_settings.treatments:
        return {}
    formed = (one for one in session.scopes.values() if one.treatment)
    return {seat: one.treatment for one in formed for seat in one.seats}


def _painted(current: Generation, seat: str) -> float | None:
    """Return after how many seconds a desk had painted a stage; its clock may be a little ahead."""
    painted = current.painted_at.get(seat)
    if painted is None:
        return None
    return max(0.0, (painted - current.stage.opened_at).total_seconds())

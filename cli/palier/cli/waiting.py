"""Why a session has not gone on: who is missing, since when, and what the clock says.

Pure: the log says what opened when and who came, the overview who has arrived since.
"""

from __future__ import annotations

from collections.abc import Iterator

from palier.cli.course import Opening
from palier.cli.explaining import Explainer
from palier.cli.words import POLICIES, author, bracketed, names, reason, span
from palier.schemas.names import ALL
from palier.schemas.replies import Overview, SeatRow


def waiting(
    explainer: Explainer, overview: Overview, *, scope: str | None = None, seat: str | None = None
) -> list[str]:
    """Return sentences on where a session stands, or one scope or seat of it."""
    course = explainer.course
    match overview.status:
        case "lobby":
            return [_lobby(overview)]
        case "finished" | "closed":
            at = f" since {explainer.clock(course.ended.at)}" if course.ended else ""
            return [f"The session is {overview.status}{at}{bracketed(overview.reason)}."]
    scopes = {
        name
        for name, seats in course.scopes.items()
        if scope in {None, name} and (seat is None or seat in seats)
    }
    here = [one for one in course.open() if one.scope in scopes]
    return [
        *_held(explainer, overview),
        *(_open(explainer, overview, one) for one in here),
        *_through(explainer, scopes),
    ]


def _lobby(overview: Overview) -> str:
    missing = [one.seat for one in overview.seats if not one.present]
    who = f"{names(missing)} not there yet" if missing else "everyone is there"
    return (
        f"The session waits in its lobby, {who}: "
        f"`palier session start {overview.session}` starts it."
    )


def _held(explainer: Explainer, overview: Overview) -> Iterator[str]:
    held = explainer.course.held
    since = f" since {explainer.clock(held.at)}" if held is not None else ""
    if overview.status == "paused":
        who = f", by {author(held).lower()}{reason(held)}" if held is not None else ""
        yield (
            f"The session is paused{since}{who}: no barrier opens until "
            f"`palier session resume {overview.session}`."
        )
    elif overview.status == "stopped":
        yield (
            f"The session is stopped{since}, its program failed: {overview.reason.rstrip('.')}. "
            f"Once that is mended, `palier session retry {overview.session}` goes on."
        )


def _open(explainer: Explainer, overview: Overview, opening: Opening) -> str:
    rows = [one for one in overview.seats if (one.scope, one.generation) == opening.key]
    ago = span((overview.now - opening.at).total_seconds())
    words = f"{opening.name} is open since {explainer.clock(opening.at)}, for {ago}"
    missing = [one for one in rows if one.state == "working"]
    if missing:
        who = [f"{one.seat} ({_there(explainer, one, opening)})" for one in missing]
        words += f", and waits for {names(who)}"
    elif overview.status in {"paused", "stopped"}:
        words += "; all have arrived, it is released once the session goes on"
    return f"{words}.{_others(explainer, opening)}{_clock(explainer, overview, rows, opening)}"


def _there(explainer: Explainer, row: SeatRow, opening: Opening) -> str:
    """Return whether a missing seat is there, and since when it is not."""
    if row.standing == "bot":
        return "a bot stands in"
    if row.present:
        present, since = explainer.course.presences.get(row.seat, (True, opening.at))
        back = f" again since {explainer.clock(since)}" if present and since > opening.at else ""
        return f"there{back}"
    gone = explainer.course.presences.get(row.seat)
    return f"gone since {explainer.clock(gone[1])}" if gone and not gone[0] else "never came"


def _others(explainer: Explainer, opening: Opening) -> str:
    """Return who of its scope is not waited for, and why."""
    seats = explainer.course.scopes.get(opening.scope, ())
    out = [
        (seat, entry)
        for seat, entry in explainer.course.standings.items()
        if seat in seats and entry.kind == "excluded"
    ]
    if not out:
        return ""
    who = [f"{seat}, since {explainer.clock(entry.at)}{reason(entry)}" for seat, entry in out]
    return f" Excluded: {names(who)}."


def _clock(explainer: Explainer, overview: Overview, rows: list[SeatRow], opening: Opening) -> str:
    clock = next((one.clock for one in rows if one.clock is not None), None)
    if clock is None:
        return " It has no deadline."
    then = POLICIES[opening.missing]
    if clock.deadline_at is None:
        return f" Its clock stands, with {span(clock.left or 0)} left; at its deadline {then}."
    left = (clock.deadline_at - overview.now).total_seconds()
    when = explainer.clock(clock.deadline_at)
    if left <= 0:
        return f" Its deadline was {when}: {then}."
    return f" Its deadline is {when}, in {span(left)}; then {then}."


def _through(explainer: Explainer, scopes: set[str]) -> Iterator[str]:
    """Say which scopes wait for others: they are through and nobody's program has ended."""
    course = explainer.course
    open_now = course.open()
    if not open_now:
        return
    for scope in sorted(scopes - {ALL} - {one.scope for one in open_now}):
        last = [one for one in course.valid() if one.scope == scope]
        if last and last[-1].over_at is not None:
            at = explainer.clock(last[-1].over_at)
            others = names(sorted({one.scope for one in open_now}))
            yield f"{scope} is through since {at} and waits for {others}."

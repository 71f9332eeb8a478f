"""The checker: compares what clients did, were told and were shown with what is kept.

It uses nothing of Palier's: ledgers on one side, rows on the other, and sums of its own. Each
problem is a sentence that names session, scope, generation and seat.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.contradictions import contradictions, differences
from tests.chaos.ledger import Entry
from tests.chaos.record import Place, Record, Row, Where
from tests.chaos.said import LATER, SUBMITTED, Said, place_of, words


@dataclass(slots=True, kw_only=True)
class Findings:
    """What a campaign came to, problem by problem; all lists are empty if Palier keeps its word."""

    #: Arrivals that a client was told are kept.
    acknowledged: int = 0
    #: Acknowledged and not kept, or not with the value that was sent.
    lost: list[str] = field(default_factory=list)
    #: One decision counted twice, or one message with two results.
    duplicated: list[str] = field(default_factory=list)
    #: A generation shown before everybody had arrived at the one before it.
    early: list[str] = field(default_factory=list)
    #: Sessions that did not come to their end.
    stuck: list[str] = field(default_factory=list)
    #: Sent and never handled, or decided once more: a client did not keep what it had sent.
    forgotten: list[str] = field(default_factory=list)
    #: Committed, and nobody was told of it.
    untold: list[str] = field(default_factory=list)
    #: Payoffs and data other than follow from the answers; a record that contradicts itself.
    wrong: list[str] = field(default_factory=list)
    #: Left in the outbox or in queues, dead letters.
    leftovers: list[str] = field(default_factory=list)
    #: Processes that ended by a mistake of their own.
    crashed: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """Every problem, with its kind."""
        return [f"{kind}: {one}" for kind in PROBLEMS for one in getattr(self, kind)]


#: The kinds of problems.
PROBLEMS = (
    "lost",
    "duplicated",
    "early",
    "stuck",
    "forgotten",
    "untold",
    "wrong",
    "leftovers",
    "crashed",
)


def check(
    entries: Sequence[Entry],
    record: Record,
    *,
    opened: Iterable[str],
    blind: Sequence[tuple[float, float]] = (),
) -> Findings:
    """Compare ledgers with a record; ``opened`` are the sessions that should have ended.

    ``blind`` are times in which the auditor could not hear everything.
    """
    findings = Findings()
    said = Said(entries)
    _lost(findings, said, record)
    _duplicated(findings, said, record)
    _early(findings, said, record)
    _stuck(findings, record, opened)
    _forgotten(findings, said, record)
    _untold(findings, said, record, blind)
    findings.wrong += contradictions(said, record) + differences(said, record)
    if record.outbox:
        findings.leftovers.append(f"{record.outbox} parcels in the outbox")
    return findings


def _lost(findings: Findings, said: Said, record: Record) -> None:
    for place, told in said.told.items():
        rows = record.arrivals.get(place, [])
        if rows and rows[0]["how"] != SUBMITTED:
            findings.lost += _answered_for(said, place, told, rows[0]["how"])
            continue
        findings.acknowledged += 1
        findings.lost += _not_kept(said, record, place, told)


def _not_kept(said: Said, record: Record, place: Place, told: list[Entry]) -> Iterator[str]:
    """Compare what a participant was told is kept with what is."""
    arrivals = record.arrivals.get(place, [])
    where = words(place)
    if not arrivals:
        how = ", ".join(sorted({one.what for one in told}))
        yield f"{where}: told ({how}), and there is no arrival"
        return
    sent = said.sent.get((place[3], arrivals[0]["message_id"]))
    if sent is None:
        yield f"{where}: what is kept was never sent by this seat"
        return
    kept = _value(record.answers.get(place))
    if kept != sent.answer:
        yield f"{where}: {sent.answer} was sent, {kept} is kept"
    for one in told:
        if one.what == "accepted" and one.message != arrivals[0]["message_id"]:
            yield f"{where}: told of {one.message}, another message is kept"
        if one.what == "kept" and one.answer != kept:
            yield f"{where}: told that {one.answer} is kept, it is {kept}"


def _answered_for(said: Said, place: Place, told: list[Entry], how: str) -> Iterator[str]:
    """Look whether a participant, for whom another answer counts, was told that theirs does not.

    A release alone says nothing then; that the answer came too late has to be shown.
    """
    where = words(place)
    if any(one.what == "accepted" for one in told):
        yield f"{where}: accepted, and what counts is of the {how}"
    for one in said.sent_at[place]:
        refused = said.refused_at.get((place[3], one.message))
        if refused is None or not said.shown_not_counted(place[3], since=refused):
            yield f"{where}: {one.message} was sent, the {how} counts, and nobody was told"


def _duplicated(findings: Findings, said: Said, record: Record) -> None:
    for place, rows in [*record.arrivals.items(), *record.answers.items()]:
        if len(rows) > 1:
            findings.duplicated.append(f"{words(place)}: {len(rows)} rows")
    for (seat, message), rows in record.results.items():
        if len(rows) > 1:
            findings.duplicated.append(f"message {message} of {seat} has {len(rows)} results")
    for (seat, message), results in said.results.items():
        settled = results - LATER
        if len(settled) > 1:
            findings.duplicated.append(
                f"message {message} of {seat} was answered with {', '.join(sorted(settled))}"
            )
    for session, log in record.log.items():
        releases = [
            (one["body"]["scope"], one["body"]["generation"])
            for one in log
            if one["kind"] == "released"
        ]
        for scope, generation in {one for one in releases if releases.count(one) > 1}:
            findings.duplicated.append(f"{session}/{scope}/{generation} was released twice")


def _early(findings: Findings, said: Said, record: Record) -> None:
    before = _predecessors(record)
    for one in said.entered:
        where = (one.session, one.scope, one.generation)
        if where not in record.runs:
            findings.early.append(f"{words((*where, one.seat))}: shown, and never opened")
            continue
        for earlier in before.get(where, ()):
            run = record.runs[earlier]
            late = [
                seat
                for seat in record.parties.get(earlier, {})
                if not _arrived_before(record, said, (*earlier, seat), one.at)
            ]
            if late or run["released_at"] is None or run["released_at"] > one.at:
                findings.early.append(
                    f"{words((*where, one.seat))}: shown before "
                    f"{', '.join(sorted(late)) or 'the release'} at {words(earlier)}"
                )


def _arrived_before(record: Record, said: Said, place: Place, at: float) -> bool:
    """Tell whether a party was there by a time: by the database, and by its own ledger."""
    arrivals = record.arrivals.get(place)
    if not arrivals or arrivals[0]["at"] > at:
        return False
    if arrivals[0]["how"] != SUBMITTED:
        return True
    sent = said.sent.get((place[3], arrivals[0]["message_id"]))
    return sent is not None and sent.at <= at


def _predecessors(record: Record) -> dict[Where, set[Where]]:
    """Return the generations that must be released before each: the last one of each party."""
    found: dict[Where, set[Where]] = defaultdict(set)
    last: dict[tuple[str, str], Where] = {}
    for where, _ in sorted(record.runs.items(), key=lambda one: one[1]["opened_at"]):
        seats = [(where[0], one) for one in record.parties.get(where, {})]
        found[where] |= {last[one] for one in seats if one in last}
        last.update(dict.fromkeys(seats, where))
    return found


def _stuck(findings: Findings, record: Record, opened: Iterable[str]) -> None:
    for name in opened:
        session = record.sessions.get(name)
        status = "not there" if session is None else session["status"]
        if status != "finished":
            findings.stuck.append(f"session {name} is {status}")


def _forgotten(findings: Findings, said: Said, record: Record) -> None:
    for (seat, message), sent in said.sent.items():
        if (seat, message) not in record.results:
            findings.forgotten.append(f"{words(place_of(sent))}: {message} was never handled")
    for place, sent_at in said.sent_at.items():
        if len(sent_at) > 1:
            messages = ", ".join(one.message for one in sent_at)
            findings.forgotten.append(f"{words(place)}: decided again: {messages}")


def _untold(
    findings: Findings, said: Said, record: Record, blind: Sequence[tuple[float, float]]
) -> None:
    """Look for releases that nobody was told of: at least once, whatever died in between."""
    for where, run in record.runs.items():
        at = run["released_at"]
        if at is None or any(begin <= at <= end for begin, end in blind):
            continue
        if where not in said.heard:
            findings.untold.append(f"the release of {words(where)}")


def _value(rows: list[Row] | None) -> Any:
    return rows[0]["value"] if rows else None

"""Where a record contradicts itself, or what follows from the answers that were sent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from tests.chaos import sums
from tests.chaos.record import Place, Record, Where
from tests.chaos.said import LATER, Said, place_of, words


def contradictions(said: Said, record: Record) -> list[str]:
    """Return where the record contradicts itself, or what was told of it."""
    return [*_gaps(record), *_counts(record), *_results(said, record)]


def _gaps(record: Record) -> Iterator[str]:
    for session, log in record.log.items():
        versions = [one["version"] for one in log]
        if versions != list(range(1, len(log) + 1)):
            yield f"the log of {session} has a gap: {versions}"


def _counts(record: Record) -> Iterator[str]:
    for where, run in record.runs.items():
        parties = set(record.parties.get(where, {}))
        arrived = {seat for seat in parties if (*where, seat) in record.arrivals}
        if run["arrived"] != len(arrived) or run["expected"] != len(parties):
            yield (
                f"{words(where)}: counted {run['arrived']} of {run['expected']}, "
                f"there are {len(arrived)} of {len(parties)}"
            )
        if (run["status"] == "released") != (bool(parties) and arrived == parties):
            yield f"{words(where)}: {run['status']} with {sorted(arrived)}"


def _results(said: Said, record: Record) -> Iterator[str]:
    for place, rows in record.arrivals.items():
        told = said.results.get((place[3], rows[0]["message_id"]), set())
        if refusals := told - LATER - {"accepted"}:
            yield f"{words(place)}: kept, and refused ({', '.join(sorted(refusals))})"
    for (seat, message), rows in record.results.items():
        if rows[0]["result_kind"] == "submitted.v1":
            result = rows[0]["result"]
            place = (result["session"], result["scope"], result["generation"], seat)
            if message not in {one["message_id"] for one in record.arrivals.get(place, [])}:
                yield f"{words(place)}: {message} was accepted, not kept"


def differences(said: Said, record: Record) -> list[str]:
    """Return which payoffs and private data do not follow from what clients have sent."""
    earned: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    expected: dict[Place, dict[str, Any]] = {}
    for where, run in record.runs.items():
        session = record.sessions[where[0]]
        answers = _decided(said, record, where)
        if run["status"] != "released" or not answers or None in answers.values():
            continue
        program = session["program"]
        for seat, amount in sums.EARNED[program](session["settings"], answers).items():
            earned[where[0], seat] += amount
        if program in sums.SHOWN:
            for seat, data in sums.SHOWN[program](answers).items():
                expected[where[0], where[1], where[2] + 1, seat] = data
    paid = [
        f"{'/'.join(key)} has {payoff}, earned {float(earned[key])}"
        for key, payoff in record.payoffs.items()
        if abs(Fraction(payoff) - earned[key]) > Fraction(sums.TOLERANCE)
    ]
    return [*paid, *_shown(said, expected), *_shared(said)]


def _shown(said: Said, expected: dict[Place, dict[str, Any]]) -> Iterator[str]:
    first: dict[Place, Any] = {}
    for one in said.entered:
        place = place_of(one)
        if one.data != first.setdefault(place, one.data):
            yield f"{words(place)}: shown something else the second time"
        if place in expected and not expected[place].items() <= one.data.items():
            yield f"{words(place)}: shown {one.data}, not {expected[place]}"


def _shared(said: Said) -> Iterator[str]:
    """Compare what all of a generation are shown of one thing that happened once."""
    marks: dict[Where, Any] = {}
    for one in said.entered:
        if (mark := one.data.get("postmark")) is not None:
            where = place_of(one)[:3]
            if marks.setdefault(where, mark) != mark:
                yield f"{words(where)}: one effect, and two results"
    often = Counter(marks.values())
    for where, mark in marks.items():
        if often[mark] > 1:
            yield f"{words(where)}: another generation has its result"


def _decided(said: Said, record: Record, where: Where) -> dict[str, Any]:
    """Return the answers of a generation: as participants sent them, or what counts instead."""
    program = record.sessions[where[0]]["program"]
    found = {}
    for seat in record.parties.get(where, {}):
        rows = record.arrivals.get((*where, seat), [])
        sent = said.sent.get((seat, rows[0]["message_id"])) if rows else None
        found[seat] = None if sent is None else sent.answer
        if rows and rows[0]["how"] == "default" and record.runs[where]["form"] is not None:
            found[seat] = sums.DEFAULTS[program]
    return found

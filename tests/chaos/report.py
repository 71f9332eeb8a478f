"""What campaigns came to: a table for the terminal, and the same in Markdown."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence

from tests.chaos.campaign import Outcome
from tests.chaos.checker import PROBLEMS
from tests.chaos.kinds import KINDS
from tests.chaos.strike import Strike, times

#: A table: its head, and its rows.
Table = tuple[list[str], list[list[str]]]


def faults(outcomes: Sequence[Outcome]) -> Table:
    """Return a row for each kind of fault: how many, and how long until play went on."""
    struck: dict[str, dict[int, list[Strike]]] = defaultdict(lambda: defaultdict(list))
    for place, outcome in enumerate(outcomes):
        for one in outcome.strikes:
            struck[one.fault.kind][place].append(one)
    head = ["fault", *(_named(one) for one in outcomes)]
    rows = [
        [kind.sentence, *(_recovery(struck[name][place]) for place in range(len(outcomes)))]
        for name, kind in KINDS.items()
        if name in struck
    ]
    return head, rows


def totals(outcomes: Sequence[Outcome]) -> Table:
    """Return a row for each campaign: what was acknowledged, and every kind of problem."""
    head = ["", "faults", "sessions", "acknowledged", *PROBLEMS]
    rows = [
        [
            _named(one),
            str(len(one.strikes)),
            str(one.sessions),
            f"{one.findings.acknowledged:,}",
            *(str(len(getattr(one.findings, kind))) for kind in PROBLEMS),
        ]
        for one in outcomes
    ]
    if len(rows) > 1:
        columns = zip(*(row[1:] for row in rows), strict=True)
        sums = (sum(int(one.replace(",", "")) for one in column) for column in columns)
        rows.append(["together", *(f"{one:,}" for one in sums)])
    return head, rows


def sentence(outcomes: Iterable[Outcome]) -> str:
    """Say how long it took after a worker, and nothing else, was killed."""
    found = times(
        one for outcome in outcomes for one in outcome.strikes if one.fault.kind in _WORKER_ALONE
    )
    if not found:
        return "No worker was killed."
    return (
        f"A worker was killed {len(found)} times; the next release came after "
        f"{statistics.median(found):.1f} s at the median and {max(found):.1f} s at most."
    )


_WORKER_ALONE = frozenset(
    {
        "worker-killed",
        "workers-killed",
        "worker-dies-before-commit",
        "worker-dies-after-commit",
        "worker-dies-after-release",
        "worker-dies-before-ack",
    }
)


def markdown(table: Table) -> str:
    """Return a table in Markdown."""
    head, rows = table
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(one)} |" for one in lines)


def plain(table: Table) -> str:
    """Return a table for a terminal."""
    head, rows = table
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for row in (head, *rows):
        first, *others = (
            one.ljust(width) if place == 0 else one.rjust(width)
            for place, (one, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join([first, *others]).rstrip())
    return "\n".join(lines)


def _named(outcome: Outcome) -> str:
    return f"{outcome.store}, {outcome.broker}"


def _recovery(strikes: Sequence[Strike]) -> str:
    if not strikes:
        return "–"
    found = times(strikes)
    if not found:
        return f"{len(strikes)} ×"
    return f"{len(strikes)} × {statistics.median(found):.1f} s, at most {max(found):.1f} s"

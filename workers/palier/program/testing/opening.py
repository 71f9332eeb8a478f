"""With what a session in memory is opened: its seats, who plays them, who is away."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

from palier.program.bots import Bot
from palier.program.matching import check_groups
from palier.program.program import Program
from palier.program.testing.errors import NoSuchSeat, PlayError
from palier.schemas.names import check_name
from palier.workers.domain.record import Opening

#: When every session begins.
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

#: Seats that never answer, or each with the stage (and its visit) from which on it does not.
Absent: TypeAlias = Collection[str] | Mapping[str, str | tuple[str, int]]

#: The strategy of every seat, or of some.
Bots: TypeAlias = type[Bot] | Mapping[str, type[Bot]]


def opening_of(program: type[Program], seats: int | Iterable[str] | None, seed: int) -> Opening:
    """Return the opening of a session; raises `PlayError` and `ProgramError`."""
    if seats is None:
        seats = program.group_size or 1
    names = tuple(f"p{one}" for one in range(1, seats + 1)) if isinstance(seats, int) else seats
    chosen = tuple(check_name(one) for one in names)
    if not chosen or len(set(chosen)) < len(chosen):
        raise PlayError(f"seats={seats!r}: a session has one seat or more, each with its own name.")
    if program.group_size is not None:
        check_groups(len(chosen), program.group_size)
    return Opening(
        name="testing",
        program=program.__name__,
        seats=chosen,
        settings={},
        partition=0,
        seed=seed,
        auto_start=False,
        author="testing",
        at=NOON,
    )


def bots_of(bots: Bots, opening: Opening) -> dict[str, Bot]:
    """Return who plays each seat, where no script does; raises `NoSuchSeat`."""
    given = dict.fromkeys(opening.seats, bots) if isinstance(bots, type) else dict(bots)
    for one in given:
        if one not in opening.seats:
            raise NoSuchSeat(one, seats=opening.seats, said="bots=")
    return {seat: given.get(seat, Bot)(seat=seat, seed=opening.seed) for seat in opening.seats}


def absences(absent: Absent, seats: tuple[str, ...]) -> dict[str, tuple[str, int] | None]:
    """Return from which stage and visit on each does not answer; None: from the first on."""
    for one in absent:
        if one not in seats:
            raise NoSuchSeat(one, seats=seats, said="absent=")
    if not isinstance(absent, Mapping):
        return dict.fromkeys(absent)
    return {seat: (since, 1) if isinstance(since, str) else since for seat, since in absent.items()}

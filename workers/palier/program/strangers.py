"""Perfect strangers: rounds in groups of one size, in which no two meet twice.

Participants are numbers from 0. What is known is built: for pairs a round robin (the circle
method), for larger groups the parallel lines of an affine plane, or as many of them as the number
of groups allows, with the rows of the plane parted again in the same way. Where more rounds are
asked for than that gives, and they are not known to be impossible, they are looked for, with the
same bounded effort and the same outcome each time.
"""

from __future__ import annotations

import random as chance
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from palier.program.fields import Ring

#: Groups of participants, by number; in a round with roles a member's place is its role.
Round: TypeAlias = tuple[tuple[int, ...], ...]

#: How many exchanges of two participants are weighed before a search gives up: a second or so.
_EFFORT = 300_000


def bound(groups: int, size: int, *, roles: bool = False) -> int:
    """Return more rounds than which there cannot be.

    In each round one meets ``size - 1`` others; with roles that stay, one of each other role. The
    members of one group all go to different groups next time, so there must be as many groups.
    """
    if groups < size:
        return 1
    return groups if roles else (groups * size - 1) // (size - 1)


def known(groups: int, size: int, *, roles: bool = False) -> tuple[Round, ...]:
    """Return the rounds that a construction gives, at once."""
    if groups == 1:
        return ((tuple(range(size)),),)
    if size == 2 and not roles:  # noqa: PLR2004 - pairs
        return _round_robin(2 * groups)
    return _lines(groups, size, roles=roles)


@lru_cache(maxsize=64)
def rounds(groups: int, size: int, wanted: int, *, roles: bool = False) -> tuple[Round, ...]:
    """Return so many rounds, or as many as were found; the same ones each time."""
    found = known(groups, size, roles=roles)
    for count in range(len(found) + 1, min(wanted, bound(groups, size, roles=roles)) + 1):
        more = _search(groups, size, count, roles=roles)
        if more is None:
            break
        found = more
    return found[:wanted]


def _round_robin(participants: int) -> tuple[Round, ...]:
    """Return the rounds of pairs in which everyone meets everyone once: one sits, the rest turn."""
    turning = participants - 1
    return tuple(
        (
            (turning, shift),
            *(
                ((shift + one) % turning, (shift - one) % turning)
                for one in range(1, participants // 2)
            ),
        )
        for shift in range(turning)
    )


def _lines(groups: int, size: int, *, roles: bool) -> tuple[Round, ...]:
    """Return the lines of each slope through ``size`` rows of ``groups``, then the rows themselves.

    Two lines of different slopes meet once: the difference of their slopes, times that of two
    rows, is not zero where both can be divided by.
    """
    ring = Ring(groups)
    elements = ring.elements()
    number = {one: at for at, one in enumerate(elements)}
    if size == 2:  # noqa: PLR2004 - with two rows every shift is a slope
        return tuple(
            tuple((at, groups + (at + shift) % groups) for at in range(groups))
            for shift in range(groups)
        )
    if size > ring.units:
        return (tuple(tuple(row * groups + at for row in range(size)) for at in range(groups)),)
    found = []
    for slope in range(ring.units):
        rises = [ring.multiply(ring.unit(slope), ring.unit(row)) for row in range(size)]
        found.append(
            tuple(
                tuple(row * groups + number[ring.add(one, rise)] for row, rise in enumerate(rises))
                for one in elements
            )
        )
    if groups % size == 0 and not roles:
        # nobody has met another of the same row yet
        found += [
            tuple(
                tuple(row * groups + one for one in group) for row in range(size) for group in inner
            )
            for inner in known(groups // size, size)
        ]
    return tuple(found)


def _search(groups: int, size: int, count: int, *, roles: bool) -> tuple[Round, ...] | None:
    """Look for so many rounds: begin anyhow, and exchange two where two meet twice.

    A tabu search as of Dotú and Van Hentenryck for the social golfer problem.
    """
    random = chance.Random(f"{groups}x{size}x{count}")  # noqa: S311 - repeatable is the point
    search = _Search(groups, size, count, roles=roles, random=random)
    step = 0
    while search.cost and search.weighed < _EFFORT:
        search.improve(step)
        step += 1
    return None if search.cost else search.found()


class _Search:
    """Rounds that are not right yet. ``cost`` counts the meetings that are too many."""

    def __init__(
        self, groups: int, size: int, count: int, *, roles: bool, random: chance.Random
    ) -> None:
        self._size = size
        self._random = random
        self._roles = roles
        self._total = groups * size
        self._met = [[0] * self._total for _ in range(self._total)]
        self._tabu: dict[tuple[int, int, int], int] = {}
        self.cost = 0
        #: How many exchanges were weighed.
        self.weighed = 0
        #: Of each round: the groups, and in which of them each participant is.
        self._rounds: list[list[list[int]]] = []
        self._places: list[list[int]] = []
        self._best = 1 << 30
        for built in known(groups, size, roles=roles)[:count]:
            self._begin([list(group) for group in built])
        while len(self._rounds) < count:
            self._begin(self._dealt(groups))

    def _dealt(self, groups: int) -> list[list[int]]:
        """Deal a round, each to where fewest are known."""
        dealt: list[list[int]] = [[] for _ in range(groups)]
        if self._roles:
            for row in range(self._size):
                members = list(range(row * groups, (row + 1) * groups))
                self._random.shuffle(members)
                for group, one in zip(dealt, members, strict=True):
                    group.append(one)
            return dealt
        members = list(range(self._total))
        self._random.shuffle(members)
        for one in members:
            met = self._met[one]
            free = [group for group in dealt if len(group) < self._size]
            min(free, key=lambda group: sum(met[other] for other in group)).append(one)
        return dealt

    def _begin(self, groups: list[list[int]]) -> None:
        place = [0] * self._total
        for at, group in enumerate(groups):
            for one in group:
                place[one] = at
        self._rounds.append(groups)
        self._places.append(place)
        for group in groups:
            for at, one in enumerate(group):
                for other in group[:at]:
                    self._meet(one, other, 1)

    def _meet(self, one: int, other: int, times: int) -> None:
        before = self._met[one][other]
        after = before + times
        self._met[one][other] = self._met[other][one] = after
        self.cost += max(after - 1, 0) - max(before - 1, 0)

    def improve(self, step: int) -> None:
        """Exchange two participants of one round, so that as few as possible meet twice."""
        troubled = self._troubled()
        week = self._random.choice(sorted(troubled))
        best = None
        change = 1 << 30
        for one in troubled[week]:
            for other in self._others(week, one):
                self.weighed += 1
                found = self._change(week, one, other)
                key = (week, min(one, other), max(one, other))
                barred = self._tabu.get(key, -1) > step and self.cost + found >= self._best
                if not barred and found < change:
                    best, change = key, found
        if best is not None:
            self._tabu[best] = step + self._random.randint(4, 20)
            self._exchange(*best)
            self._best = min(self._best, self.cost)

    def _troubled(self) -> dict[int, list[int]]:
        """Return by round who meets someone there whom they meet elsewhere too."""
        met = self._met
        found: dict[int, list[int]] = {}
        for week, groups in enumerate(self._rounds):
            for group in groups:
                for one in group:
                    row = met[one]
                    if any(row[other] > 1 for other in group if other != one):
                        found.setdefault(week, []).append(one)
        return found

    def _others(self, week: int, one: int) -> Sequence[int]:
        place = self._places[week]
        among: Sequence[int] = range(self._total)
        if self._roles:
            groups = self._total // self._size
            row = one // groups
            among = range(row * groups, (row + 1) * groups)
        return [other for other in among if place[other] != place[one]]

    def _change(self, week: int, one: int, other: int) -> int:
        mine = self._rounds[week][self._places[week][one]]
        theirs = self._rounds[week][self._places[week][other]]
        met_one, met_other = self._met[one], self._met[other]
        change = 0
        for each in mine:
            if each != one:
                change -= met_one[each] > 1
                change += met_other[each] > 0
        for each in theirs:
            if each != other:
                change -= met_other[each] > 1
                change += met_one[each] > 0
        return change

    def _exchange(self, week: int, one: int, other: int) -> None:
        place, groups = self._places[week], self._rounds[week]
        mine, theirs = groups[place[one]], groups[place[other]]
        for each in mine:
            if each != one:
                self._meet(one, each, -1)
                self._meet(other, each, 1)
        for each in theirs:
            if each != other:
                self._meet(other, each, -1)
                self._meet(one, each, 1)
        mine[mine.index(one)] = other
        theirs[theirs.index(other)] = one
        place[one], place[other] = place[other], place[one]

    def found(self) -> tuple[Round, ...]:
        """Return the rounds as they are."""
        return tuple(tuple(tuple(group) for group in groups) for groups in self._rounds)

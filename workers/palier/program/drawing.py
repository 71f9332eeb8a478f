"""Drawing groups by a matching, period by period."""

from __future__ import annotations

import random as chance
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from palier.program.errors import ProgramError
from palier.program.matching import Matching, parted
from palier.program.participant import Participant
from palier.program.strangers import Round

#: Up to so many places it is tried in which order roles are given; beyond, one after the other.
_TRIED = 6


@dataclass(frozen=True, slots=True)
class Drawn:
    """A group as it was drawn. ``members`` are in the order of their roles, if they have any."""

    members: tuple[Participant, ...]
    roles: dict[Participant, str] = field(default_factory=dict)


class Drawing:
    """What was drawn by one matching among some participants, up to now.

    ``everyone`` has those too who are excluded: who is readmitted has their place in what is drawn
    once. All chance is that of ``random``. Partners are the same ones as those drawn in ``like``.
    Raises `ProgramError`.
    """

    def __init__(
        self,
        matching: Matching,
        everyone: Sequence[Participant],
        random: chance.Random,
        *,
        like: Drawing | None = None,
    ) -> None:
        matching.check(len(everyone))
        self.matching = matching
        #: How many periods were drawn.
        self.period = 0
        self._everyone = tuple(everyone)
        self._random = random
        #: The groups of partners, once they are drawn.
        self.partners: tuple[tuple[Participant, ...], ...] | None = None
        self._perfect: tuple[Round, ...] | None = None
        #: Who has which place in the rounds of perfect strangers; the places of nobody are last.
        self._seated: list[Participant | None] = []
        #: The place in a group that each keeps, and with it the role.
        self._places: dict[Participant, int] = {}
        self._had: Counter[tuple[Participant, str]] = Counter()
        self._sat_out: Counter[Participant] = Counter()
        if like is not None and like.partners is not None:
            self.partners = tuple(
                self._fair(one) if len(one) == len(matching.roles) else one for one in like.partners
            )

    def next(self) -> list[Drawn]:
        """Draw the groups of the next period, of those who are there."""
        self.period += 1
        match self.matching.kind:
            case "partners":
                drawn = self._of_partners()
            case "strangers":
                drawn = self._of_strangers()
            case "perfect-strangers":
                drawn = list(self._of_perfect_strangers())
            case _:
                drawn = list(self._of_matrix())
        playing = {one for group in drawn for one in group}
        self._sat_out.update(one for one in self._there() if one not in playing)
        return [self._with_roles(one) for one in drawn]

    def _there(self) -> list[Participant]:
        return [one for one in self._everyone if not one.excluded]

    # -- who with whom ----------------------------------------------------------------------------

    def _of_partners(self) -> list[tuple[Participant, ...]]:
        if self.partners is None:
            self.partners = tuple(self._of_strangers())
        return list(self.partners)

    def _of_strangers(self) -> list[tuple[Participant, ...]]:
        if self._keeping:
            return self._by_places()
        there = self._there()
        sizes = parted(len(there), self.matching)
        drawn = iter(self._chosen(there, sum(sizes)))
        return [tuple(next(drawn) for _ in range(size)) for size in sizes]

    def _by_places(self) -> list[tuple[Participant, ...]]:
        """Draw groups that have one from each place."""
        self._take_places()
        there = self._there()
        pools = [
            [one for one in there if self._places[one] == place]
            for place in range(len(self.matching.roles))
        ]
        groups = min(map(len, pools))
        return list(zip(*(self._chosen(pool, groups) for pool in pools), strict=True))

    def _chosen(self, among: Sequence[Participant], count: int) -> list[Participant]:
        """Return so many, in an order by chance: those who have sat out most are among them."""
        order = list(among)
        self._random.shuffle(order)
        if count < len(order):
            order.sort(key=lambda one: -self._sat_out[one])
            order = order[:count]
            self._random.shuffle(order)
        return order

    def _of_perfect_strangers(self) -> Iterator[tuple[Participant, ...]]:
        matching = self.matching
        if self._perfect is None:
            self._perfect = matching.perfect(len(self._everyone))
            self._seated = self._seating(len(self._perfect[0]))
        if self.period > len(self._perfect):
            raise ProgramError(
                f"Perfect strangers were drawn {self.period} times, and {len(self._everyone)} "
                f"participants in groups of {matching.sizes[1]} had {len(self._perfect)} rounds: "
                f"say how many you need with rounds={self.period}, so that it is known when a "
                "session is opened, or use 'strangers', who may meet again."
            )
        for group in self._perfect[self.period - 1]:
            members = [self._seated[place] for place in group]
            yield from self._still([one for one in members if one], matching.sizes[1])

    def _seating(self, groups: int) -> list[Participant | None]:
        """Return who has which place in the rounds: by chance, or by the role that each keeps."""
        size = self.matching.sizes[1]
        if not self._keeping:
            seated: list[Participant | None] = list(self._everyone)
            self._random.shuffle(seated)
            return seated + [None] * (groups * size - len(seated))
        self._take_places()
        seated = []
        for place in range(size):
            row: list[Participant | None] = [
                one for one in self._everyone if self._places[one] == place
            ]
            self._random.shuffle(row)
            seated += row + [None] * (groups - len(row))
        return seated

    def _of_matrix(self) -> Iterator[tuple[Participant, ...]]:
        matrix = self.matching.matrix
        if self.period > len(matrix):
            raise ProgramError(
                f"The matrix has {len(matrix)} periods, and period {self.period} is asked for: "
                "give it more, or say how many there are with rounds=."
            )
        by_number = dict(enumerate(self._everyone, start=1))
        for group in matrix[self.period - 1]:
            yield from self._still([by_number[one] for one in group], len(group))

    def _still(self, members: list[Participant], size: int) -> Iterator[tuple[Participant, ...]]:
        """Yield a group without those of it who are excluded, if it is still one."""
        there = tuple(one for one in members if not one.excluded)
        if self.matching.rest == "smaller":
            least = min(size, 2)
        else:
            least = size if self.matching.size is None else min(size, self.matching.least)
        if len(there) >= least:
            yield there

    # -- roles ------------------------------------------------------------------------------------

    @property
    def _keeping(self) -> bool:
        """Whether each has a place in a group for good."""
        matching = self.matching
        return bool(matching.roles) and matching.keep and matching.kind != "matrix"

    def _take_places(self) -> None:
        """Give a place to those who have none: each place to as many."""
        new = [one for one in self._there() if one not in self._places]
        if not self._places and self.matching.kind == "perfect-strangers":
            # those who are excluded have theirs for when they are readmitted
            new = list(self._everyone)
        if self.matching.by == "chance":
            self._random.shuffle(new)
        taken = Counter(self._places.values())
        places = range(len(self.matching.roles))
        for one in new:
            place = (one.number - 1) % len(places)
            if self.matching.by == "chance" or taken[place] > min(taken[at] for at in places):
                place = min(places, key=lambda at: taken[at])
            self._places[one] = place
            taken[place] += 1

    def _with_roles(self, members: tuple[Participant, ...]) -> Drawn:
        roles = self.matching.roles
        if not roles or len(members) != len(roles):
            return Drawn(members)
        if not self._keeping and self.matching.kind != "matrix":
            members = self._fair(members)
        given = dict(zip(members, roles, strict=True))
        for one, role in given.items():
            self._had[one, role] += 1
            one.role = role
        return Drawn(members, given)

    def _fair(self, members: tuple[Participant, ...]) -> tuple[Participant, ...]:
        """Return members in the order in which those have a role who had it least."""
        roles = self.matching.roles
        order = sorted(members, key=lambda one: one.number)
        if self.matching.by == "chance":
            self._random.shuffle(order)
        if len(order) <= _TRIED:
            return min(
                permutations(order),
                key=lambda each: sum(
                    self._had[one, role] for one, role in zip(each, roles, strict=True)
                ),
            )
        found = []
        for role in roles:
            one = min(order, key=lambda each: self._had[each, role])
            order.remove(one)
            found.append(one)
        return tuple(found)

"""Who plays with whom: a rule as a value, and whether it can be kept with so many participants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from palier.program import strangers
from palier.program.errors import ProgramError
from palier.schemas.names import is_name

#: Groups that stay; groups drawn anew each time; such in which no two meet twice; groups as given.
Kind: TypeAlias = Literal["partners", "strangers", "perfect-strangers", "matrix"]

#: Of how many a group is: so many, or from so many to so many.
Size: TypeAlias = int | tuple[int, int]

#: Participants by number: of each period its groups.
Matrix: TypeAlias = Sequence[Sequence[Sequence[int]]]

_KINDS = ("partners", "strangers", "perfect-strangers", "matrix")
#: Up to here it is said with how many participants a matching could be had.
_MANY = 200


def check_groups(participants: int, size: int) -> None:
    """Raise `ProgramError` when so many participants cannot form groups of this size."""
    if size < 1 or participants % size or not participants:
        raise ProgramError(
            f"{participants} participants cannot form groups of {size}: "
            "open the session with a multiple of it."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """A rule by which participants are drawn into groups; each use of it is one period.

    ``size`` is how many a group has, or from how many to how many. ``rounds`` says how often it
    will be used, so that it can be known beforehand whether no two need meet twice. ``matrix`` are
    the groups of each period by participants' numbers, for ``kind="matrix"``.

    ``roles`` are one for each place in a group, and may repeat. They are given ``by`` chance, or by
    position: the participant's number, or with a matrix the place in its group. With ``keep`` each
    has one role for good, and groups drawn anew have each role all the same; without, roles are
    given anew each time, so that everyone has each about as often.

    ``rest`` says what becomes of who is left over: ``"sit-out"``, they wait for the next period;
    ``"smaller"``, they are a smaller group, of two at least. Left out, a session that does not
    divide cannot begin; those who are left over because others were excluded sit out, and who has
    sat out least does so first.

    Raises `ProgramError`.
    """

    kind: Kind = "partners"
    size: Size | None = None
    rounds: int | None = None
    matrix: Matrix = ()
    roles: Sequence[str] = ()
    by: Literal["chance", "position"] = "chance"
    keep: bool = True
    rest: Literal["sit-out", "smaller"] | None = None

    def __post_init__(self) -> None:
        # values that can be compared, whatever an author or a file gives
        object.__setattr__(self, "roles", tuple(self.roles))
        object.__setattr__(
            self, "matrix", tuple(tuple(tuple(one) for one in each) for each in self.matrix)
        )
        if isinstance(self.size, list):
            object.__setattr__(self, "size", tuple(self.size))
        if self.kind not in _KINDS:
            raise ProgramError(
                f"There is no matching {self.kind!r}: use one of {', '.join(map(repr, _KINDS))}."
            )
        self._check_size()
        self._check_roles()

    def _check_size(self) -> None:
        if self.kind == "matrix":
            if not self.matrix:
                raise ProgramError(
                    "A matching 'matrix' needs matrix=: of each period the groups, such as "
                    "[[[1, 2], [3, 4]], [[1, 3], [2, 4]]]."
                )
            return
        if self.matrix:
            raise ProgramError(f"A matching {self.kind!r} has no matrix=: use kind='matrix'.")
        if self.size is None:
            raise ProgramError(f"A matching {self.kind!r} needs size=: of how many a group is.")
        least, most = self.sizes
        if not 1 <= least <= most:
            raise ProgramError(f"Groups cannot have size={self.size!r}: give 2, or (2, 4).")
        if self.kind == "perfect-strangers" and (least != most or least < 2):  # noqa: PLR2004
            raise ProgramError("Perfect strangers need groups of one size, of two at least.")
        if self.rounds is not None and self.rounds < 1:
            raise ProgramError(f"A matching cannot have rounds={self.rounds}: give 1 or more.")

    def _check_roles(self) -> None:
        for one in self.roles:
            if not is_name(one):
                raise ProgramError(f"A role cannot be called {one!r}: use a to z, 0 to 9 and '-'.")
        if not self.roles:
            return
        if self.kind == "matrix":
            sizes = {len(group) for groups in self.matrix for group in groups}
        else:
            sizes = set(self.sizes)
        if sizes != {len(self.roles)}:
            told = " to ".join(map(str, sorted(sizes)))
            raise ProgramError(
                f"There are {len(self.roles)} roles ({', '.join(self.roles)}) for groups of "
                f"{told}: give each place in a group a role."
            )
        if self.rest == "smaller":
            raise ProgramError(
                "A smaller group would be without some of its roles: use rest='sit-out'."
            )

    @property
    def sizes(self) -> tuple[int, int]:
        """The fewest and the most of a group."""
        if self.size is None:
            return 1, 1
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    @property
    def least(self) -> int:
        """Of how many a group is at least, once some of it are gone."""
        least = self.sizes[0]
        return min(least, 2) if self.rest == "smaller" else least

    @property
    def fixed(self) -> bool:
        """Whether its groups are the same ones each time."""
        return self.kind == "partners" and (self.keep or not self.roles)

    # -- whether it can be ------------------------------------------------------------------------

    def check(self, participants: int) -> None:
        """Raise `ProgramError` where so many participants cannot be matched so, saying why."""
        if self.kind == "matrix":
            self._check_matrix(participants)
            return
        parts = parted(participants, self)
        if not parts or (sum(parts) < participants and self.rest != "sit-out"):
            least, most = self.sizes
            if least == most:
                check_groups(participants, most)
            raise ProgramError(
                f"{participants} participants cannot form groups of {least} to {most}: open the "
                "session with another number of them, or say rest='sit-out'."
            )
        if self.kind == "perfect-strangers" and self.rounds is not None:
            self._check_rounds(participants, self.rounds)

    def perfect(self, participants: int) -> tuple[strangers.Round, ...]:
        """Return the rounds in which no two meet twice: ``rounds``, or all that are known.

        Places from ``participants`` on are empty, where the number does not divide.
        """
        groups, size = self._perfect_groups(participants)
        roles = bool(self.roles) and self.keep
        if self.rounds is None:
            return strangers.known(groups, size, roles=roles)
        return strangers.rounds(groups, size, self.rounds, roles=roles)

    def _perfect_groups(self, participants: int) -> tuple[int, int]:
        size = self.sizes[1]
        return max(1, -(-participants // size)), size

    def _check_rounds(self, participants: int, wanted: int) -> None:
        found = len(self.perfect(participants))
        if found >= wanted:
            return
        groups, size = self._perfect_groups(participants)
        roles = bool(self.roles) and self.keep
        bound = strangers.bound(groups, size, roles=roles)
        who = f"With {participants} participants in groups of {size}"
        kept = " who keep their roles" if roles else ""
        if bound < wanted:
            said = (
                f"{who} at most {_rounds(bound)} possible without two{kept} meeting twice; you "
                f"ask for {wanted}"
            )
            if found < bound:
                said += f" ({found} of them were found)"
        else:
            rounds = "1 round" if found == 1 else f"{found} rounds"
            said = (
                f"{who} we know of {rounds} without two{kept} meeting twice; you ask for {wanted}, "
                f"and they were looked for and not found (more than {bound} cannot be)"
            )
        raise ProgramError(f"{said}. {self._instead(participants, found, wanted)}")

    def _instead(self, participants: int, found: int, wanted: int) -> str:
        """Return what to change."""
        size = self.sizes[1]
        roles = bool(self.roles) and self.keep
        ways = [f"ask for {found}"]
        enough = next(
            (
                count
                for count in range(participants + 1, _MANY)
                if count % size == 0
                and len(strangers.known(count // size, size, roles=roles)) >= wanted
            ),
            None,
        )
        if enough is not None:
            ways.append(f"open the session with {enough} participants")
        if roles and len(strangers.known(*self._perfect_groups(participants))) >= wanted:
            ways.append("let roles be given anew each time (keep=False)")
        ways.append("use 'strangers', who may meet again")
        return f"What helps: {', '.join(ways[:-1])}, or {ways[-1]}."

    def _check_matrix(self, participants: int) -> None:
        for number, groups in enumerate(self.matrix, start=1):
            named = Counter(one for group in groups for one in group)
            wrong = (
                (
                    "names",
                    [one for one in named if not 1 <= one <= participants],
                    "who is not there",
                ),
                ("names", [one for one, times in named.items() if times > 1], "more than once"),
                ("leaves out", [one for one in range(1, participants + 1) if one not in named], ""),
            )
            for what, whom, how in wrong:
                if whom:
                    told = ", ".join(map(str, sorted(whom)))
                    raise ProgramError(
                        f"Period {number} of the matrix {what} {told} {how}".rstrip()
                        + f": each of the {participants} participants is in one group of each "
                        "period."
                    )
            if not all(groups):
                raise ProgramError(f"Period {number} of the matrix has a group of nobody.")
        if self.rounds is not None and self.rounds > len(self.matrix):
            raise ProgramError(
                f"The matrix has {len(self.matrix)} of the {self.rounds} periods that are wanted."
            )


def parted(count: int, matching: Matching) -> list[int]:
    """Return the sizes of the groups that so many can form, as even as can be.

    Whoever is not in them is left over.
    """
    least, most = matching.sizes
    for within in range(count, 0, -1):
        groups = -(-within // most)
        if groups * least <= within:
            even, more = divmod(within, groups)
            sizes = [even + 1] * more + [even] * (groups - more)
            left = count - within
            if matching.rest == "smaller" and left >= matching.least:
                sizes.append(left)
            return sizes
    return [count] if matching.rest == "smaller" and count >= matching.least else []


def _rounds(number: int) -> str:
    return f"{number} round is" if number == 1 else f"{number} rounds are"

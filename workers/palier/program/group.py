"""Scopes that can be parted: into groups, into those with a role, into each alone."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from hashlib import sha256
from typing import Any, Literal, TypeAlias, TypeVar

from palier.program.drawing import Drawing, Drawn
from palier.program.errors import ProgramError
from palier.program.matching import Kind, Matching, Matrix, Size
from palier.program.meeting import Meeting
from palier.program.participant import Participant
from palier.program.requests import Gather
from palier.program.scope import Scope
from palier.schemas.names import ALL, is_name

T = TypeVar("T")

#: What becomes of those for whom there is no group in the end: it ends for them, they are a smaller
#: group, or they do something of their own.
Rest: TypeAlias = "Literal['end', 'smaller'] | Callable[[Group], Coroutine[Any, Any, object]]"


class Parted(Scope):
    """A scope whose participants can be parted into scopes of fewer."""

    #: Names that scopes of the session have; the session's own, shared with all that are within.
    names: set[str]

    # -- groups -----------------------------------------------------------------------------------

    def matching(  # noqa: PLR0913 - each is an option of its own
        self,
        kind: Kind,
        *,
        size: Size | None = None,
        rounds: int | None = None,
        matrix: Matrix = (),
        roles: Sequence[str] = (),
        by: Literal["chance", "position"] = "chance",
        keep: bool = True,
        rest: Literal["sit-out", "smaller"] | None = None,
    ) -> Matching:
        """Return a rule by which groups are drawn, of which is known that it can be kept here.

        What each option says is told at `palier.program.matching.Matching`. Raises `ProgramError`
        with what to change.
        """
        matching = Matching(
            kind=kind,
            size=size,
            rounds=rounds,
            matrix=matrix,
            roles=roles,
            by=by,
            keep=keep,
            rest=rest,
        )
        matching.check(len(self.everyone))
        return matching

    async def each_group(
        self,
        play: Callable[[Group], Coroutine[Any, Any, T]],
        *,
        size: Size | None = None,
        matching: Kind | Matching = "partners",
        roles: Sequence[str] = (),
        rest: Literal["sit-out", "smaller"] | None = None,
    ) -> list[T | None]:
        """Run ``play`` for each group, side by side; return what each returned.

        ``partners`` are drawn by chance once, and are the same ones each time; ``strangers`` and
        ``perfect-strangers`` are drawn anew by each call. A group from which everyone was excluded
        ends where it is, with None, as do partners of whom one is left alone. Whoever is in no
        group waits until the others come back. Raises `ProgramError` when the participants cannot
        be matched so.
        """
        if isinstance(matching, str):
            matching = Matching(kind=matching, size=size, roles=roles, rest=rest)
        elif size is not None or roles or rest is not None:
            raise ProgramError(
                "each_group(…) is given a matching that says its size, roles and rest: leave "
                "those out."
            )
        groups = self._groups(matching)
        for group in groups:
            await group.form()
        going = [one for one in groups if len(one) >= min(2, len(one.everyone))]
        found: list[T | None] = await Gather(coroutines=tuple(play(one) for one in going))
        by_group = dict(zip(going, found, strict=True))
        return [by_group.get(one) for one in groups]

    def _groups(self, matching: Matching) -> list[Group]:
        """Return the groups of the next period."""
        drawing = self._drawings.get(matching)
        if drawing is None:
            drawing = Drawing(matching, self.everyone, self.random, like=self._like(matching))
            self._drawings[matching] = drawing
        drawn = drawing.next()
        # the first matching is the usual one: its groups have the plain names
        which = list(self._drawings).index(matching) + 1
        prefix = "" if which == 1 else f"m{which}"
        if not matching.fixed:
            return self._formed_of(drawn, f"{prefix}p{drawing.period}g", lasting=False)
        fixed = self._fixed.get(matching)
        if fixed is None:
            fixed = self._formed_of(drawn, f"{prefix}g", lasting=True)
            self._fixed[matching] = fixed
        return fixed

    def _like(self, matching: Matching) -> Drawing | None:
        """Return a drawing of the same partners."""
        for known, drawing in self._drawings.items():
            if known.kind == matching.kind == "partners" and known.size == matching.size:
                return drawing
        return None

    def _formed_of(self, drawn: Sequence[Drawn], prefix: str, *, lasting: bool) -> list[Group]:
        return [
            self._group_of(one, f"{prefix}{number}", lasting=lasting)
            for number, one in enumerate(drawn, start=1)
        ]

    def _group_of(self, drawn: Drawn, name: str, *, lasting: bool) -> Group:
        full = self._name(name)
        return Group(
            full,
            drawn.members,
            seed=self._seed,
            moment=self._moment,
            within=self,
            group=full,
            roles=drawn.roles,
            # a fanout for one seat would save nothing
            lasting=lasting and len(drawn.members) > 1,
        )

    # -- each alone -------------------------------------------------------------------------------

    async def each(self, play: Callable[[Solo], Coroutine[Any, Any, T]]) -> list[T | None]:
        """Run ``play`` for each participant alone, at their own pace; return what each returned.

        Resumes when the last has come to the end; who was excluded meanwhile has None.
        """
        solos = [self._solo(one) for one in self.participants]
        results: list[T | None] = await Gather(coroutines=tuple(play(one) for one in solos))
        return results

    async def by_arrival(
        self,
        first: Callable[[Solo], Coroutine[Any, Any, object]],
        then: Callable[[Group], Coroutine[Any, Any, T]],
        *,
        size: Size,
        roles: Sequence[str] = (),
        rest: Rest = "end",
    ) -> list[T | None]:
        """Run ``first`` for each alone; as soon as ``size`` have ended it, ``then`` for these.

        Returns what each ``then`` returned, in the order in which the groups began. ``rest`` says
        what becomes of those who are too few for a group once nobody else can come: with ``end``
        it ends for them, with ``smaller`` they are a smaller group, a coroutine function is called
        with them. Of a size from so many to so many, a group begins with the most, and those who
        are left are one with the fewest. Roles are given by chance. Raises `ProgramError`.
        """
        matching = Matching(size=size, roles=roles)
        if roles and rest == "smaller":
            raise ProgramError(
                "A smaller group would be without some of its roles: let it end for the rest, or "
                "give rest= a function."
            )
        coming = self.participants
        meeting = Meeting(
            len(coming), matching.sizes, form=partial(self._met_group, matching), then=then
        )
        left: Callable[[Group], Coroutine[Any, Any, object]] | None
        left = then if rest == "smaller" else (rest if callable(rest) else None)
        await Gather(
            coroutines=tuple(
                meeting.come(one, partial(first, self._solo(one)), rest=left) for one in coming
            )
        )
        return meeting.results

    async def _met_group(self, matching: Matching, members: Sequence[Participant]) -> Group:
        """Return the group of those who have come."""
        self._met += 1
        drawn = Drawn(tuple(members))
        if matching.roles and len(members) == len(matching.roles):
            order = list(members)
            self.random.shuffle(order)
            drawn = Drawn(tuple(order), dict(zip(order, matching.roles, strict=True)))
            for one, role in drawn.roles.items():
                one.role = role
        group = self._group_of(drawn, f"a{self._met}", lasting=False)
        await group.form()
        return group

    def _solo(self, one: Participant) -> Solo:
        if one not in self._alone:
            role = self._roles.get(one)
            self._alone[one] = Solo(
                self._name(f"n{one.number}"),
                (one,),
                seed=self._seed,
                moment=self._moment,
                within=self,
                group=self._group,
                roles={one: role} if role else None,
            )
        return self._alone[one]

    # -- names ------------------------------------------------------------------------------------

    def _name(self, name: str) -> str:
        """Return a name for a scope within this one, which no other of the session has."""
        full = name if self.name == ALL else f"{self.name}-{name}"
        if not is_name(full):
            full = f"{full[:20]}-{sha256(full.encode()).hexdigest()[:8]}"
        found, number = full, 1
        while found in self.names:
            number += 1
            found = f"{full[:28]}-{number}"
        self.names.add(found)
        return found

    def _part(self, names: set[str]) -> None:
        """Begin with nothing drawn."""
        self.names = names
        self._drawings: dict[Matching, Drawing] = {}
        self._fixed: dict[Matching, list[Group]] = {}
        self._alone: dict[Participant, Solo] = {}
        #: How many groups were formed by arrival.
        self._met = 0


class Group(Parted):
    """Participants who stay together; groups go on independently of each other."""

    def __init__(self, name: str, participants: Sequence[Participant], **more: Any) -> None:
        super().__init__(name, participants, **more)
        within = more.get("within")
        self._part(within.names if isinstance(within, Parted) else {ALL, name})
        self._with_role: dict[str, Group] = {}

    def role(self, role: str) -> Participant:
        """Return the participant with this role, also one who is excluded; raises `ProgramError`.

        Where several have it, use `with_role`.
        """
        found = [one for one in self.everyone if self._role_of(one) == role]
        if len(found) != 1:
            raise ProgramError(
                f"{len(found)} participants of {self.name!r} have the role {role!r}, not one: "
                + ("use with_role(…)." if found else f"there are {self._told_roles()}.")
            )
        return found[0]

    def with_role(self, role: str) -> Group:
        """Return those with this role, as a scope: its stages are theirs alone.

        The others see on what they saw last. When all of them are excluded, what the group does
        ends. Raises `ProgramError`.
        """
        if role in self._with_role:
            return self._with_role[role]
        members = tuple(one for one in self.everyone if self._role_of(one) == role)
        if not members:
            raise ProgramError(
                f"Nobody of {self.name!r} has the role {role!r}: there are {self._told_roles()}."
            )
        found = self._with_role[role] = Group(
            self._name(role),
            members,
            seed=self._seed,
            moment=self._moment,
            within=self,
            group=self._group,
            roles=dict.fromkeys(members, role),
        )
        return found

    def _role_of(self, one: Participant) -> str:
        return self._roles.get(one) or one.role

    def _told_roles(self) -> str:
        roles = sorted({self._role_of(one) for one in self.everyone} - {""})
        return ", ".join(roles) or "no roles: give them with roles=(…)"

    def alone(self, one: Participant) -> Solo:
        """Return this one participant as a scope: its stages are theirs alone.

        The others see on what they saw last. When they are excluded, what the group does ends.
        """
        return self._solo(one)


class Solo(Scope):
    """One participant alone."""

    @property
    def participant(self) -> Participant:
        """Who it is."""
        return self.everyone[0]

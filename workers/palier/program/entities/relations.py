"""Relations between entities: keys, inverses and tables between follow from them alone.

========== ============================= =================================================
here       there                         what it is
========== ============================= =================================================
ManyToOne  OneToMany, OneToOne, nothing  a key here; unique where the other is OneToOne
OneToMany  ManyToOne                     the rows that point here
OneToOne   ManyToOne                     the one row that points here
ManyToMany ManyToMany, nothing           a table between the two
========== ============================= =================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from palier.program.entities.places import Place, calling
from palier.program.errors import ProgramError

Kind = Literal["ManyToOne", "OneToMany", "OneToOne", "ManyToMany"]

#: What the inverse of each must be.
INVERSES: dict[str, tuple[str, ...]] = {
    "ManyToOne": ("OneToMany", "OneToOne"),
    "OneToMany": ("ManyToOne",),
    "OneToOne": ("ManyToOne",),
    "ManyToMany": ("ManyToMany",),
}


@dataclass(slots=True, kw_only=True, eq=False)
class Relation:
    """A relation as its author declared it; ``partner`` is its inverse, once that is known."""

    kind: Kind
    target: str
    inverse: str | None
    optional: bool
    owned: bool | None
    place: Place
    owner: str = ""
    name: str = ""
    partner: Relation | None = None

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}"

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner, self.name = owner.__name__, name

    @property
    def one(self) -> bool:
        """Whether it is one row, not many."""
        return self.kind in {"ManyToOne", "OneToOne"}

    @property
    def owns(self) -> bool:
        """Whether what it points to goes with who has it: by itself, where it cannot be without."""
        if self.kind not in {"OneToMany", "OneToOne"}:
            return False
        assert self.partner is not None
        return not self.partner.optional if self.owned is None else self.owned


def ManyToOne(  # noqa: N802 - reads as what it declares
    target: str | type, *, optional: bool = False, inverse: str | None = None
) -> Any:
    """Point to one row of another entity, or None where it is ``optional``."""
    return _relation("ManyToOne", target, inverse=inverse, optional=optional)


def OneToMany(  # noqa: N802
    target: str | type, *, owned: bool | None = None, inverse: str | None = None
) -> Any:
    """Have the rows of another entity that point here with their `ManyToOne`.

    What is ``owned`` is deleted with its owner, and when it is taken out of the list; by itself,
    what cannot be without an owner is. What is not owned and cannot be without keeps its owner from
    being deleted; what is optional is left behind.
    """
    return _relation("OneToMany", target, inverse=inverse, owned=owned)


def OneToOne(  # noqa: N802
    target: str | type, *, owned: bool | None = None, inverse: str | None = None
) -> Any:
    """Have the one row of another entity that points here with its `ManyToOne`."""
    return _relation("OneToOne", target, inverse=inverse, owned=owned)


def ManyToMany(target: str | type, *, inverse: str | None = None) -> Any:  # noqa: N802
    """Have any rows of another entity, each of which may be had by many."""
    return _relation("ManyToMany", target, inverse=inverse)


def _relation(
    kind: Kind,
    target: str | type,
    *,
    inverse: str | None,
    optional: bool = False,
    owned: bool | None = None,
) -> Relation:
    return Relation(
        kind=kind,
        target=target if isinstance(target, str) else target.__name__,
        inverse=inverse,
        optional=optional,
        owned=owned,
        place=calling(2),
    )


def pair(relations: Sequence[Relation]) -> None:
    """Find the inverse of each relation; raises `ProgramError` where it is not plain."""
    for one in relations:
        one.partner = None
    for one in relations:
        if one.inverse is not None:
            _named(one, relations)
    for one in relations:
        if one.partner is None:
            _found(one, relations)
    for one in relations:
        if one.partner is None and one.kind in {"OneToMany", "OneToOne"}:
            raise ProgramError(
                f"{one} = {one.kind}({one.target!r}) needs who points back: write "
                f"`{one.owner.lower()} = ManyToOne({one.owner!r})` in {one.target} ({one.place})."
            )


def _named(one: Relation, relations: Sequence[Relation]) -> None:
    for other in relations:
        if other.owner == one.target and other.name == one.inverse and other is not one:
            fits = other.target == one.owner and other.kind in INVERSES[one.kind]
            if not fits or other.inverse not in {None, one.name}:
                raise ProgramError(
                    f"{one} says inverse={one.inverse!r}, but {other} = {other.kind}"
                    f"({other.target!r}) cannot be that ({other.place}): an inverse of "
                    f"{one.kind} is {' or '.join(INVERSES[one.kind])} ({one.place})."
                )
            if other.partner not in {None, one}:
                raise _ambiguous(other, [one, other.partner])
            one.partner, other.partner = other, one
            return
    raise ProgramError(
        f"{one} says inverse={one.inverse!r}, and {one.target} has no such relation ({one.place})."
    )


def _found(one: Relation, relations: Sequence[Relation]) -> None:
    candidates = _candidates(one, relations)
    if not candidates:
        return
    if len(candidates) > 1:
        raise _ambiguous(one, candidates)
    (other,) = candidates
    back = _candidates(other, relations)
    if len(back) > 1:
        raise _ambiguous(other, back)
    one.partner, other.partner = other, one


def _candidates(one: Relation, relations: Sequence[Relation]) -> list[Relation]:
    return [
        other
        for other in relations
        if other is not one
        and other.partner is None
        and other.owner == one.target
        and other.target == one.owner
        and other.kind in INVERSES[one.kind]
        # friends and rivals of people among themselves are two relations, not one and its inverse
        and not (one.kind == "ManyToMany" and one.owner == one.target)
    ]


def _ambiguous(one: Relation, candidates: Sequence[Relation]) -> ProgramError:
    offered = " and ".join(f"{each} ({each.place})" for each in candidates)
    return ProgramError(
        f"{one} = {one.kind}({one.target!r}) has {len(candidates)} possible inverses: {offered}. "
        f"Say which, as in {one.kind}({one.target!r}, inverse={candidates[0].name!r}) "
        f"({one.place})."
    )

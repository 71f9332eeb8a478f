"""The entities that belong to a program: those of its file."""

from __future__ import annotations

from palier.program.entities.entity import EntityType
from palier.program.entities.family import Family
from palier.program.errors import ProgramError
from palier.program.program import Program


def family_of_program(program: type[Program]) -> Family | None:
    """Return a program's entities, None where it has none; raises `ProgramError`.

    They are those of the file that its ``run`` is in, or those that its class has in ``entities``.
    """
    given = getattr(program, "entities", None)
    there = (vars_of(program) if given is None else {one.__name__: one for one in given}).values()
    families = {
        id(one.__declared__.family): one.__declared__.family
        for one in there
        if isinstance(one, EntityType) and "__declared__" in vars(one)
    }
    if len(families) > 1:
        names = " and ".join(
            ", ".join(each.__name__ for each in one.classes) for one in families.values()
        )
        raise ProgramError(
            f"The entities of {program.__name__} are declared in several places ({names}): put "
            "them into one file."
        )
    return next(iter(families.values()), None)


def vars_of(program: type[Program]) -> dict[str, object]:
    """Return the names of the file that a program's coroutine is in."""
    names: dict[str, object] = program.run.__globals__
    return names

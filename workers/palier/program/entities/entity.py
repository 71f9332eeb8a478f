"""An entity: a class of which every object is a row, and what one does with them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sqlalchemy import inspect

from palier.program.entities.current import OutsideTransaction, current
from palier.program.entities.declared import Declared, declare
from palier.program.entities.query import Query
from palier.program.errors import ProgramError

if TYPE_CHECKING:
    from palier.program.entities.family import Family

#: Set in an object whose transaction is over.
GONE = "_palier_gone"


class EntityType(type):
    """Declares an entity when its class statement has run; its columns come with the first use."""

    __declared__: Declared

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> EntityType:
        """Make the class, and note what is declared in it."""
        roots = [one for one in bases if isinstance(one, EntityType)]
        if not roots:
            return super().__new__(mcs, name, bases, namespace)
        # the frame of the class statement: names in annotations mean what they mean there
        return declare(mcs, name, bases, namespace, sys._getframe(1))  # noqa: SLF001

    def __getattr__(cls, name: str) -> Any:
        """Say why a column is not there yet: there is no database to look for it in."""
        declared = cls.__dict__.get("__declared__")
        if declared is not None and declared.has(name):
            raise OutsideTransaction(f"{cls.__name__}.{name}")
        raise AttributeError(f"Entity {cls.__name__} has no {name!r}.")


class Entity(metaclass=EntityType):
    """A row of a table of this program. Annotations become columns, relations keys.

    ``id`` and ``version``, which counts a row's changes, come by themselves. Entities are used
    inside of ``await session.transaction(function)`` and nowhere else; there an object that is made
    is a row. Raises `ProgramError`.
    """

    __declared__: ClassVar[Declared]
    id: Any
    version: Any

    def __init__(self, **values: Any) -> None:
        db = current(type(self).__name__)
        declared = type(self).__declared__
        declared.check_names(values)
        with db.no_autoflush:
            for name, column in declared.attributes.items():
                if name not in values:
                    if column.required:
                        raise ProgramError(
                            f"{declared.name}() needs {name}=…: it has no default ({column.place})."
                        )
                    setattr(self, name, column.default())
            for name, value in values.items():
                setattr(self, name, value)
            db.add(self)

    def __getattribute__(self, name: str) -> Any:
        """Return an attribute; raises `ProgramError` when the transaction is over."""
        if name[0] != "_":
            kept = object.__getattribute__(self, "__dict__")
            if GONE in kept:
                raise OutsideTransaction(f"this {type(self).__name__}")
            if name == "id" and kept.get("id") is None and inspect(self).pending:
                current(type(self).__name__).flush()
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Change a column or relation; raises `ProgramError` for anything else."""
        if name[0] != "_":
            if GONE in self.__dict__:
                raise OutsideTransaction(f"this {type(self).__name__}")
            if name in {"id", "version"}:
                raise ProgramError(f"{type(self).__name__}.{name} is counted by itself.")
            if not hasattr(type(self), name):
                type(self).__declared__.check_names({name: value})
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        shown = {} if GONE in self.__dict__ else self.__dict__
        names = ("id", *type(self).__declared__.attributes)
        words = ", ".join(f"{one}={shown[one]!r}" for one in names if one in shown)
        return f"{type(self).__name__}({words})"

    @classmethod
    def where(cls, *conditions: Any, **equal: Any) -> Query[Self]:
        """Return the rows for which all this holds: all of them where nothing is given.

        ``Person.where(name="Ada")``, ``Person.where(Person.age > 3)``, ``Address.where(city=one)``.
        """
        current(cls.__name__)
        return Query(cls).where(*conditions, **equal)

    @classmethod
    def get(cls, id: int) -> Self | None:  # noqa: A002 - the column's name
        """Return the row with an id, or None."""
        found: Self | None = current(cls.__name__).get(cls, id)
        return found

    def delete(self) -> None:
        """Delete this row, and what belongs to it."""
        db = current(type(self).__name__)
        if inspect(self).pending:
            db.expunge(self)
        else:
            db.delete(self)
            db.flush()

    def as_dict(self) -> dict[str, Any]:
        """Return id, version, columns and keys by name: what a transaction can give back."""
        if inspect(self).pending:
            current(type(self).__name__).flush()
        return {name: getattr(self, name) for name in type(self).__declared__.columns}


def family_of(entity: type[Entity]) -> Family:
    """Return the entities that one is declared with."""
    return entity.__declared__.family

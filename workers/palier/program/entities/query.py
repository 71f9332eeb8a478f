"""Rows that are asked for: a select that is put together step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Select, func, select

from palier.program.entities.current import current
from palier.program.errors import ProgramError

if TYPE_CHECKING:
    from palier.program.entities.entity import Entity

E = TypeVar("E", bound="Entity")


class Query(Generic[E]):
    """Rows of an entity, not read yet; each step returns a new one. Iterable, in order.

    The order is that of the ids where no other is given, so that it is the same each time.
    """

    def __init__(
        self, entity: type[E], statement: Select[Any] | None = None, *, ordered: bool = False
    ) -> None:
        self._entity = entity
        self._select = select(entity) if statement is None else statement
        self._ordered = ordered

    def where(self, *conditions: Any, **equal: Any) -> Query[E]:
        """Return those of them for which all this holds."""
        self._entity.__declared__.check_names({name: 0 for name in equal if name != "id"})
        found = self._select.where(*conditions)
        for name, value in equal.items():
            found = found.where(getattr(self._entity, name) == value)
        return self._with(found)

    def order_by(self, *columns: Any) -> Query[E]:
        """Return them sorted: by names of columns, with a ``-`` before it the other way round."""
        found = self._select
        for one in columns:
            if isinstance(one, str):
                name = one.removeprefix("-")
                if name not in self._entity.__declared__.columns:
                    self._entity.__declared__.check_names({name: None})
                column = getattr(self._entity, name)
                found = found.order_by(column.desc() if one.startswith("-") else column.asc())
            else:
                found = found.order_by(one)
        return Query(self._entity, found, ordered=True)

    def limit(self, count: int, *, skip: int = 0) -> Query[E]:
        """Return so many of them, without the first few."""
        return self._with(self._select.limit(count).offset(skip))

    def all(self) -> list[E]:
        """Read them."""
        return list(current(self._entity.__name__).scalars(self._sorted()).unique())

    def first(self) -> E | None:
        """Read the first of them, or None."""
        return current(self._entity.__name__).scalars(self._sorted().limit(1)).first()

    def one(self) -> E:
        """Read the only one; raises `ProgramError` where there is none, or more."""
        found = current(self._entity.__name__).scalars(self._sorted().limit(2)).all()
        if len(found) != 1:
            some = "more than one" if found else "no"
            raise ProgramError(f"There is {some} such {self._entity.__name__}.")
        only: E = found[0]
        return only

    def count(self) -> int:
        """Count them."""
        counted = select(func.count()).select_from(self._select.order_by(None).subquery())
        return int(current(self._entity.__name__).scalar(counted) or 0)

    def delete(self) -> int:
        """Delete them, each with what belongs to it; return how many."""
        found = self.all()
        for one in found:
            one.delete()
        return len(found)

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return self.first() is not None

    def __iter__(self) -> Iterator[E]:
        return iter(self.all())

    def _sorted(self) -> Select[Any]:
        last: Any = self._entity.id
        return self._select.order_by(last)

    def _with(self, statement: Select[Any]) -> Query[E]:
        return Query(self._entity, statement, ordered=self._ordered)

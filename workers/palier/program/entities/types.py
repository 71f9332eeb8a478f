"""Column types that keep the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    Numeric,
    String,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

#: 64 bits; SQLite counts only an INTEGER up by itself.
WHOLE = BigInteger().with_variant(Integer, "sqlite")

#: None is NULL, not the JSON value null.
TREE = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

#: Digits of an exact number, and how many of them are behind the point.
DIGITS, PLACES = 28, 9


class Instant(TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond; SQLite keeps it without the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Keep it in UTC; without a zone it is in UTC already."""
        if value is None:
            return None
        inside = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        return inside.replace(tzinfo=None) if dialect.name == "sqlite" else inside

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return an aware time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Exact(TypeDecorator[Decimal]):
    """A decimal number without rounding; SQLite, which has none, keeps it as text.

    There a comparison looks at the first 15 digits; equality at all.
    """

    impl = Numeric(DIGITS, PLACES)
    cache_ok = True

    class comparator_factory(TypeDecorator.Comparator[Decimal]):  # noqa: N801 - SQLAlchemy's name
        """Compares numbers, not letters."""

        def operate(self, op: Any, *other: Any, **given: Any) -> ColumnElement[Any]:
            """Compare and sort by size."""
            if op in {operators.lt, operators.le, operators.gt, operators.ge}:
                found: ColumnElement[Any] = op(sized(self.expr), sized(*other))
                return found
            if op in {operators.asc_op, operators.desc_op}:
                return op(sized(self.expr))  # type: ignore[no-any-return]
            return super().operate(op, *other, **given)

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Choose text on SQLite."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(40))
        return dialect.type_descriptor(Numeric(DIGITS, PLACES))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Keep it as it is, always in the same letters."""
        if value is None or dialect.name != "sqlite":
            return value
        return f"{plain(Decimal(value)):f}"

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Return it without trailing zeros."""
        return None if value is None else plain(Decimal(value))


def plain(value: Decimal) -> Decimal:
    """Return a number without trailing zeros, and never as 1E+2."""
    exact = value.normalize()
    return exact.quantize(Decimal(1)) if exact == exact.to_integral() else exact


class sized(FunctionElement[Any]):  # noqa: N801 - a function of SQL
    """An exact number as one that can be compared by size."""

    inherit_cache = True
    name = "sized"

    def __init__(self, value: Any) -> None:
        super().__init__(str(value) if isinstance(value, Decimal | int) else value)


@compiles(sized, "sqlite")
def _on_sqlite(element: sized, compiler: SQLCompiler, **given: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **given)} AS REAL)"


@compiles(sized)
def _elsewhere(element: sized, compiler: SQLCompiler, **given: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **given)} AS NUMERIC)"


class Choice(TypeDecorator[Enum]):
    """A member of an enumeration, by its name."""

    impl = Text
    cache_ok = True

    def __init__(self, members: type[Enum]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: Enum | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Keep its name."""
        return None if value is None else self.members(value).name

    def process_result_value(self, value: str | None, dialect: Dialect) -> Enum | None:  # noqa: ARG002
        """Return the member."""
        return None if value is None else self.members[value]

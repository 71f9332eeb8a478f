"""What becomes of a program's tables when its entities were changed.

Nothing is changed here. A plan says what would be lost, and what stands in the way, by counting
rows; `palier.workers.persistence.migrating.carrying` carries it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from sqlalchemy import Connection, func, select

from palier.program.entities.columns import Attribute
from palier.program.entities.family import Family
from palier.program.entities.shape import Shape, shape_of, typed
from palier.program.errors import ProgramError
from palier.workers.persistence.migrating.plan import Change, Plan, Tables
from palier.workers.persistence.migrating.renames import offers, rename

#: Rows that are named of those that stand in the way.
_NAMED = 3


def plan(
    db: Connection, program: str, family: Family, before: Shape, *, renames: Iterable[str] = ()
) -> Plan:
    """Return what is to be done; ``renames`` are ``Person.surname=name`` or ``Person=Human``.

    The family is mapped. Raises `ProgramError` for a rename that cannot be.
    """
    made = Plan(program, deepcopy(before), shape_of(family))
    tables = Tables(db, program)
    was = deepcopy(before)  # where values are found now, by the names they will have
    for one in renames:
        rename(made, was, one)
    made.before = was
    current = _Current(tables, {new: old for old, of, new in made.renames if of is None}, made)
    _plan_tables(made, current)
    for name in sorted(was.keys() & made.after.keys()):
        declared = next(
            (one.__declared__ for one in family.classes if one.__declared__.table == name), None
        )
        _plan_columns(made, current, name, declared.attributes if declared else {})
    made.offers = list(offers(made))
    return made


class _Current:
    """Counts by the names that tables and columns will have."""

    def __init__(self, tables: Tables, old: Mapping[str, str], made: Plan) -> None:
        self._tables = tables
        self._old = old
        self._columns = {
            (old_table, new): of for old_table, of, new in made.renames if of is not None
        }

    def names(self, table: str, column: str = "id") -> tuple[str, str]:
        """Return what a table and its column are called still."""
        was = self._old.get(table, table)
        return was, self._columns.get((was, column), column)

    def count(self, table: str) -> int:
        return self._tables.count(self.names(table)[0])

    def filled(self, table: str, column: str) -> int:
        return self._tables.filled(*self.names(table, column))

    def rows(self, table: str, column: str) -> list[tuple[Any, Any]]:
        name, of = self.names(table, column)
        there = self._tables.reflected(name)
        return [tuple(one) for one in self._tables.db.execute(select(there.c["id"], there.c[of]))]

    def repeated(self, table: str, column: str) -> list[Any]:
        name, of = self.names(table, column)
        there = self._tables.named(name, of).c[of]
        again = select(there).where(there.is_not(None)).group_by(there).having(func.count() > 1)
        return list(self._tables.db.execute(again.limit(_NAMED)).scalars())


def _plan_tables(made: Plan, current: _Current) -> None:
    for name in sorted(made.after.keys() - made.before.keys()):
        made.changes.append(
            Change(what="make", table=name, sentence=f"{made.after[name]['entity']} is new.")
        )
    for name in sorted(made.before.keys() - made.after.keys()):
        rows = current.count(name)
        made.changes.append(
            Change(
                what="drop",
                table=name,
                sentence=f"{made.before[name]['entity']} goes, with {_counted(rows, 'row')}.",
                loses=rows,
            )
        )


def _plan_columns(
    made: Plan, current: _Current, name: str, attributes: Mapping[str, Attribute]
) -> None:
    was, now = made.before[name]["columns"], made.after[name]["columns"]
    entity = made.after[name]["entity"]
    if "." in entity and was != now:
        made.problems.append(f"{entity} is between others now: give the relation another name.")
        return
    for each in (one for one in now if one not in was):
        _plan_new(made, current, name, each, attributes.get(each))
    for each in (one for one in was if one not in now):
        values = current.filled(name, each)
        made.changes.append(
            Change(
                what="drop",
                table=name,
                column=each,
                sentence=f"{entity}.{each} ({typed(was[each])}) goes, with "
                f"{_counted(values, 'value')}.",
                loses=values,
            )
        )
    for each in (one for one in now if one in was and was[one] != now[one]):
        _plan_changed(made, current, name, each, attributes.get(each))


def _plan_new(
    made: Plan, current: _Current, name: str, column: str, attribute: Attribute | None
) -> None:
    now = made.after[name]["columns"][column]
    full = f"{made.after[name]['entity']}.{column}"
    rows = current.count(name)
    words = ""
    if rows and attribute is not None and not attribute.field.is_required():
        value = attribute.default()
        if value is not None:
            made.fills[name, column] = value
            words = f" {_counted(rows, 'row')} {'gets' if rows == 1 else 'get'} {value!r}."
    if rows and not now["null"] and (name, column) not in made.fills:
        made.problems.append(
            f"{full} is new and needs a value in {_counted(rows, 'row')} that "
            f"{'is' if rows == 1 else 'are'} there: give it a default, or `| None`"
            + (" (a relation: optional=True)." if "to" in now else ".")
        )
    if rows > 1 and now["unique"] and (name, column) in made.fills:
        made.problems.append(
            f"{full} is new and unique, and {rows} rows cannot all get {made.fills[name, column]!r}"
            ": let it be None first."
        )
    made.changes.append(
        Change(
            what="add", table=name, column=column, sentence=f"{full} ({typed(now)}) is new.{words}"
        )
    )


def _plan_changed(
    made: Plan, current: _Current, name: str, column: str, attribute: Attribute | None
) -> None:
    was, now = made.before[name]["columns"][column], made.after[name]["columns"][column]
    full = f"{made.after[name]['entity']}.{column}"
    same_type = was["type"] == now["type"] and was.get("to") == now.get("to")
    if not same_type:
        _plan_type(made, current, name, column, attribute)
        return
    if was["null"] and not now["null"]:
        empty = current.count(name) - current.filled(name, column)
        sentence = f"{full} is no longer None anywhere."
        if empty:
            if attribute is not None and not attribute.field.is_required():
                made.fills[name, column] = attribute.default()
                sentence = (
                    f"{full} is no longer None anywhere: {_counted(empty, 'row')} "
                    f"{'gets' if empty == 1 else 'get'} {attribute.default()!r}."
                )
            else:
                made.problems.append(
                    f"{full} is None in {_counted(empty, 'row')}, which it may not be now: give it "
                    "a default, or `| None`."
                )
        made.changes.append(Change(what="null", table=name, column=column, sentence=sentence))
    elif was["null"] != now["null"]:
        made.changes.append(
            Change(what="null", table=name, column=column, sentence=f"{full} may be None now.")
        )
    if was["unique"] != now["unique"]:
        again = current.repeated(name, column) if now["unique"] else []
        if again:
            made.problems.append(
                f"{full} is unique now, and some rows have the same: "
                f"{', '.join(repr(one) for one in again)}. Change these first."
            )
        words = "is unique now" if now["unique"] else "is no longer unique"
        made.changes.append(
            Change(what="key", table=name, column=column, sentence=f"{full} {words}.")
        )
    if was.get("index") != now.get("index"):
        words = "is found fast now" if now.get("index") else "has no index any more"
        made.changes.append(
            Change(what="key", table=name, column=column, sentence=f"{full} {words}.")
        )
    if was.get("choices") != now.get("choices"):
        _plan_choices(made, current, name, column)


def _plan_choices(made: Plan, current: _Current, name: str, column: str) -> None:
    now = made.after[name]["columns"][column].get("choices")
    full = f"{made.after[name]['entity']}.{column}"
    options = ", ".join(now or ())
    made.changes.append(
        Change(
            what="choices",
            table=name,
            column=column,
            sentence=f"{full} may be {options} now." if now else f"{full} may be anything now.",
        )
    )
    others = [
        (row, value)
        for row, value in current.rows(name, column)
        if now and value is not None and str(value) not in now
    ]
    if others:
        shown = ", ".join(f"{value!r} (id {row})" for row, value in others[:_NAMED])
        made.problems.append(
            f"{full} is something else in {_counted(len(others), 'row')}, such as {shown}: change "
            "these first, or let it be a choice still."
        )


def _plan_type(
    made: Plan, current: _Current, name: str, column: str, attribute: Attribute | None
) -> None:
    """Plan another type: each value is read as what it is to be, or stands in the way."""
    was, now = made.before[name]["columns"][column], made.after[name]["columns"][column]
    full = f"{made.after[name]['entity']}.{column}"
    made.changes.append(
        Change(
            what="type",
            table=name,
            column=column,
            sentence=f"{full} was {typed(was)} and is {typed(now)}.",
        )
    )
    if attribute is None:
        if current.filled(name, column):
            made.problems.append(
                f"{full} points to something else now: give the relation another name, and move "
                "what it pointed to in a transaction."
            )
        return
    values: dict[int, Any] = {}
    wrong = []
    for row, value in current.rows(name, column):
        if value is None and (attribute.optional or attribute.field.is_required()):
            if not attribute.optional:
                wrong.append((row, value))
            continue
        if value is None:
            values[row] = attribute.default()
            continue
        try:
            values[row] = attribute.checked(_plain(value, attribute), owner="")
        except ProgramError:
            wrong.append((row, value))
    if wrong:
        shown = ", ".join(f"{value!r} (id {row})" for row, value in wrong[:_NAMED])
        made.problems.append(
            f"{full} is no {typed(now)} in {_counted(len(wrong), 'row')}, such as {shown}: mend "
            "these first, or give the new column another name."
        )
    made.converted[name, column] = values


def _plain(value: Any, attribute: Attribute) -> Any:
    """Return a value as one that may be read as another type: what is to be text is written."""
    if attribute.kind == "text" and not attribute.choices and not isinstance(value, str):
        return value.isoformat() if hasattr(value, "isoformat") else str(value)
    return value


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"

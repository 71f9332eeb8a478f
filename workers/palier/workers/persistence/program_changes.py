"""What becomes of a program's tables when its entities were changed: planned, told, refused.

Nothing is changed here. A plan says what would be lost, and what stands in the way, by counting
rows; `palier.workers.persistence.program_migration` carries it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, MetaData, Table, column, func, select, table

from palier.program.entities.columns import Attribute
from palier.program.entities.family import Family, prefix, schema
from palier.program.entities.shape import Shape, shape_of, typed
from palier.program.errors import ProgramError

#: Rows that are named of those that stand in the way.
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of a table: ``column`` is None where it is the table itself.

    ``loses`` counts what would no longer be in the table.
    """

    what: str
    table: str
    sentence: str
    column: str | None = None
    loses: int = 0


@dataclass(slots=True)
class Plan:
    """What is to be done with a program's tables, and what keeps it from being done."""

    program: str
    before: Shape
    after: Shape
    renames: list[tuple[str, str | None, str]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    offers: list[str] = field(default_factory=list)
    #: Values for rows that have none: by table and column.
    fills: dict[tuple[str, str], Any] = field(default_factory=dict)
    #: Values that have another type now: by table and column, by id.
    converted: dict[tuple[str, str], dict[int, Any]] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether the tables are as the entities want them."""
        return self.before == self.after and not self.renames

    @property
    def loses(self) -> int:
        """How many values and rows would no longer be in the tables."""
        return sum(one.loses for one in self.changes)


class Tables:
    """The tables of a program as the database has them, to count in."""

    def __init__(self, db: Connection, program: str) -> None:
        self.db = db
        self.schema = schema(program, db.dialect.name)
        self.prefix = prefix(program, db.dialect.name)

    def named(self, name: str, *columns: str) -> Any:
        """Return a table for statements, with these columns."""
        return table(f"{self.prefix}{name}", *(column(one) for one in columns), schema=self.schema)

    def reflected(self, name: str) -> Table:
        """Return a table as the database has it."""
        return Table(
            f"{self.prefix}{name}",
            MetaData(),
            schema=self.schema,
            autoload_with=self.db,
            resolve_fks=False,
        )

    def count(self, name: str) -> int:
        """Return how many rows a table has."""
        return self.db.execute(select(func.count()).select_from(self.named(name))).scalar() or 0

    def filled(self, name: str, of: str) -> int:
        """Return how many rows have a value in a column."""
        there = self.named(name, of)
        counted = select(func.count()).select_from(there).where(there.c[of].is_not(None))
        return self.db.execute(counted).scalar() or 0


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
        _rename(made, was, one)
    made.before = was
    current = _Current(tables, {new: old for old, of, new in made.renames if of is None}, made)
    _plan_tables(made, current)
    for name in sorted(was.keys() & made.after.keys()):
        declared = next(
            (one.__declared__ for one in family.classes if one.__declared__.table == name), None
        )
        _plan_columns(made, current, name, declared.attributes if declared else {})
    made.offers = list(_offers(made))
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


def _rename(made: Plan, was: Shape, said: str) -> None:
    old, sign, new = said.partition("=")
    entity, dot, column = old.strip().partition(".")
    new = new.strip().rpartition(".")[2]
    found = next((name for name, one in was.items() if one["entity"] == entity), None)
    if not sign or not new or found is None:
        known = ", ".join(one["entity"] for one in was.values() if "." not in one["entity"])
        raise ProgramError(
            f"--rename {said}: write Entity.old=new or Old=New; the tables have {known}."
        )
    if not dot:
        _rename_entity(made, was, found, new, said)
        return
    columns = was[found]["columns"]
    for name, wanted in ((column, new), (f"{column}_id", f"{new}_id")):
        if name in columns and wanted in made.after.get(found, {"columns": {}})["columns"]:
            columns[wanted] = columns.pop(name)
            made.renames.append((_was_called(made, found), name, wanted))
            return
    between = f"{found}_{column}"
    if between in was and f"{found}_{new}" in made.after:
        was[f"{found}_{new}"] = {**was.pop(between), "entity": f"{entity}.{new}"}
        made.renames.append((between, None, f"{found}_{new}"))
        return
    raise ProgramError(
        f"--rename {said}: the table has no {column!r}, or the entity no {new!r}: it has "
        f"{', '.join(columns)}."
    )


def _rename_entity(made: Plan, was: Shape, old: str, new: str, said: str) -> None:
    target = next((name for name, one in made.after.items() if one["entity"] == new), None)
    if target is None or target in was:
        raise ProgramError(f"--rename {said}: there is no new entity {new!r} in the program.")
    entity = was[old]["entity"]
    was[target] = {**was.pop(old), "entity": new}
    made.renames.append((old, None, target))
    for name in list(was):
        one = was[name]
        for each in list(one["columns"]):
            key = one["columns"][each]
            if key.get("to") == old:
                key["to"] = target
                if "." in one["entity"] and each == f"{old}_id":
                    one["columns"][f"{target}_id"] = one["columns"].pop(each)
                    made.renames.append((name, each, f"{target}_id"))
        if one["entity"].startswith(f"{entity}.") and name.startswith(f"{old}_"):
            called = f"{target}_{name.removeprefix(f'{old}_')}"
            if called in made.after:
                was[called] = {
                    **was.pop(name),
                    "entity": one["entity"].replace(f"{entity}.", f"{new}.", 1),
                }
                made.renames.append((name, None, called))


def _was_called(made: Plan, table: str) -> str:
    return next((old for old, of, new in made.renames if of is None and new == table), table)


def _offers(made: Plan) -> Iterator[str]:
    """Offer renames for what goes where something alike comes."""
    for name in sorted(made.before.keys() & made.after.keys()):
        was, now = made.before[name]["columns"], made.after[name]["columns"]
        for old in (one for one in was if one not in now):
            for new in (one for one in now if one not in was):
                if was[old]["type"] == now[new]["type"] and was[old].get("to") == now[new].get(
                    "to"
                ):
                    entity = made.after[name]["entity"]
                    yield (
                        f"If {entity}.{new} is {entity}.{old} by another name: "
                        f"--rename {entity}.{_relation(old, was)}={_relation(new, now)}"
                    )
    for old in sorted(made.before.keys() - made.after.keys()):
        for new in sorted(made.after.keys() - made.before.keys()):
            gone, come = made.before[old], made.after[new]
            alike = gone["columns"].keys() & come["columns"].keys()
            if "." not in gone["entity"] + come["entity"] and 2 * len(alike) >= len(
                gone["columns"]
            ):
                yield (
                    f"If {come['entity']} is {gone['entity']} by another name: "
                    f"--rename {gone['entity']}={come['entity']}"
                )


def _relation(column: str, columns: Mapping[str, Any]) -> str:
    return column.removesuffix("_id") if "to" in columns[column] else column


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"

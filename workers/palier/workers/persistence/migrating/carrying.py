"""Carrying out what was planned for a program's tables: as a whole, or not at all.

Columns and their values are moved by the plan; keys and indexes by what Alembic finds that still
differs. In the end Alembic must find nothing. What goes is kept in a table ``dropped_…``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.operations.ops import (
    AddColumnOp,
    CreateTableOp,
    DropColumnOp,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
    OpContainer,
)
from sqlalchemy import Column, Connection, bindparam, inspect, text, update

from palier.program.entities.family import NAMING, Family
from palier.program.errors import ProgramError
from palier.workers.persistence.migrating.plan import Change, Plan, Tables
from palier.workers.persistence.program_tables import remember

#: Longest name that PostgreSQL has for a table.
_LONGEST = 63


class Carrying:
    """One plan on its way, in one transaction."""

    def __init__(self, db: Connection, found: Plan, family: Family) -> None:
        self._db = db
        self._plan = found
        self._family = family
        self._tables = Tables(db, found.program)
        self._alembic = MigrationContext.configure(
            db,
            opts={
                "target_metadata": family.metadata,
                "include_schemas": self._tables.schema is not None,
                "include_name": self._is_ours,
                # types are compared by the shape, which knows the author's
                "compare_type": False,
                "render_as_batch": True,
            },
        )
        self._do = Operations(self._alembic)
        self._at = datetime.now(UTC).strftime("%Y%m%d%H%M%S")

    def go(self) -> list[str]:
        """Do it all; return the tables in which what went is kept."""
        counted = self._counted_up()
        self._rename()
        self._family.metadata.create_all(self._db)
        kept = [self._keep(one) for one in self._plan.changes if one.loses]
        by_table: dict[str, list[Change]] = {}
        for one in self._plan.changes:
            if one.column is not None:
                by_table.setdefault(one.table, []).append(one)
        for table, changes in by_table.items():
            self._change(table, changes)
        self._drop(
            [one.table for one in self._plan.changes if one.what == "drop" and not one.column]
        )
        self._match()
        self._count_on(counted)
        left = self._differences()
        assert not left, f"differs after a migration: {left}"
        remember(self._db, self._plan.program, self._family)
        return kept

    # -- names

    def _name(self, table: str) -> str:
        return f"{self._tables.prefix}{table}"

    def _is_ours(self, name: str | None, kind: str, parents: Any) -> bool:
        if kind == "schema":
            return name == self._tables.schema
        if kind == "table":
            mine = (name or "").startswith(self._tables.prefix)
            dropped = (name or "").startswith(f"{self._tables.prefix}dropped_")
            there = parents.get("schema_name") == self._tables.schema
            return mine and there and not dropped
        return True

    def _batch(self, table: str) -> Any:
        return self._do.batch_alter_table(
            self._name(table),
            schema=self._tables.schema,
            table_kwargs={"sqlite_autoincrement": True},
            naming_convention=NAMING,
        )

    def _rename(self) -> None:
        for table, column, new in self._plan.renames:
            if column is None:
                self._do.rename_table(
                    self._name(table), self._name(new), schema=self._tables.schema
                )
        called = {old: new for old, column, new in self._plan.renames if column is None}
        for table, column, new in self._plan.renames:
            if column is not None:
                now = called.get(table, table)
                self._drop_indexes(now, column)
                with self._batch(now) as batch:
                    batch.alter_column(column, new_column_name=new)

    # -- what goes is kept

    def _keep(self, change: Change) -> str:
        """Copy what a change takes away to a table of its own; return its name."""
        ending = f"_{self._at}"
        what = f"dropped_{change.table}" + (f"_{change.column}" if change.column else "")
        name = self._name(what)[: _LONGEST - len(ending)] + ending
        quote = self._db.dialect.identifier_preparer.quote
        where = f"{quote(self._tables.schema)}." if self._tables.schema else ""
        source = f"{where}{quote(self._name(change.table))}"
        column = quote(change.column) if change.column else ""
        # every name is quoted
        picked = f"SELECT id, {column} FROM {source} WHERE {column} IS NOT NULL"  # noqa: S608
        all_of_it = f"SELECT * FROM {source}"  # noqa: S608
        made = picked if column else all_of_it
        self._db.execute(text(f"CREATE TABLE {where}{quote(name)} AS {made}"))
        return f"{self._tables.schema}.{name}" if self._tables.schema else name

    # -- columns

    def _change(self, table: str, changes: Sequence[Change]) -> None:
        wanted = {one.name: one for one in self._wanted(table).columns}
        new, gone, retyped, strict = (
            [one.column for one in changes if one.what in kinds and one.column]
            for kinds in ({"add"}, {"drop"}, {"type"}, {"null", "add", "type"})
        )
        with self._batch(table) as batch:
            for name in (*new, *retyped):
                called = name if name in new else f"{name}__new"
                batch.add_column(Column(called, wanted[name].type, nullable=True))
        self._fill(table, wanted)
        for name in (*gone, *retyped):
            self._drop_indexes(table, name)
        with self._batch(table) as batch:
            for name in (*gone, *retyped):
                batch.drop_column(name)
        with self._batch(table) as batch:
            for name in retyped:
                batch.alter_column(f"{name}__new", new_column_name=name)
        with self._batch(table) as batch:
            for name in strict:
                batch.alter_column(
                    name, nullable=wanted[name].nullable, existing_type=wanted[name].type
                )

    def _wanted(self, table: str) -> Any:
        schema = self._tables.schema
        key = f"{schema}.{self._name(table)}" if schema else self._name(table)
        return self._family.metadata.tables[key]

    def _fill(self, table: str, wanted: dict[str, Any]) -> None:
        for (of, name), value in self._plan.fills.items():
            if of == table:
                there = self._wanted(table)
                self._db.execute(update(there).where(there.c[name].is_(None)).values({name: value}))
        for (of, name), values in self._plan.converted.items():
            if of != table:
                continue
            there = self._tables.named(table, "id", f"{name}__new")
            new: Column[Any] = Column(f"{name}__new", wanted[name].type)
            for row, value in values.items():
                changed = update(there).where(there.c["id"] == row)
                self._db.execute(changed.values({there.c[new.name]: _typed(value, new)}))

    def _drop_indexes(self, table: str, column: str) -> None:
        name, schema = self._name(table), self._tables.schema
        look = inspect(self._db)
        for one in look.get_indexes(name, schema=schema):
            if column in one["column_names"] and not one.get("duplicates_constraint"):
                self._do.drop_index(str(one["name"]), name, schema=schema)
        for unique in look.get_unique_constraints(name, schema=schema):
            if column in unique["column_names"] and unique["name"]:
                with self._batch(table) as batch:
                    batch.drop_constraint(unique["name"], type_="unique")

    def _drop(self, gone: Sequence[str]) -> None:
        # who points to another goes first
        left = list(gone)
        while left:
            for name in left:
                pointed = {
                    each["to"]
                    for other in left
                    if other != name
                    for each in self._plan.before[other]["columns"].values()
                    if "to" in each
                }
                if name not in pointed:
                    break
            self._do.drop_table(self._name(name), schema=self._tables.schema)
            left.remove(name)

    # -- keys and indexes

    def _differences(self) -> list[Any]:
        return list(_flat(produce_migrations(self._alembic, self._family.metadata).upgrade_ops))

    def _match(self) -> None:
        """Let Alembic find keys and indexes that differ, and change them."""
        found = produce_migrations(self._alembic, self._family.metadata).upgrade_ops
        assert found is not None
        for one in found.ops:
            if not isinstance(one, ModifyTableOps):
                raise ProgramError(
                    f"The tables are not as they were left: {one!r}. Was one changed by hand?"
                )
            with self._do.batch_alter_table(
                one.table_name,
                schema=one.schema,
                table_kwargs={"sqlite_autoincrement": True},
                naming_convention=NAMING,
            ) as batch:
                for each in one.ops:
                    _check(each)
                    batch.invoke(each)

    # -- ids are never used twice

    def _counted_up(self) -> dict[str, int]:
        if self._db.dialect.name != "sqlite":
            return {}
        prefix = self._tables.prefix
        rows = self._db.execute(text("SELECT name, seq FROM sqlite_sequence"))
        return {one.name: one.seq for one in rows if one.name.startswith(prefix)}

    def _count_on(self, counted: dict[str, int]) -> None:
        for old, column, new in self._plan.renames:
            if column is None and self._name(old) in counted:
                counted[self._name(new)] = counted.pop(self._name(old))
        for name, number in counted.items():
            given = {"name": name, "seq": number}
            self._db.execute(
                text("UPDATE sqlite_sequence SET seq = max(seq, :seq) WHERE name = :name"), given
            )


def _typed(value: Any, column: Column[Any]) -> Any:
    return bindparam(None, value, type_=column.type)


def _flat(found: Any) -> Iterator[MigrateOperation]:
    for one in found.ops:
        if isinstance(one, OpContainer):
            yield from _flat(one)
        else:
            yield one


def _check(one: MigrateOperation) -> None:
    if isinstance(one, AddColumnOp | DropColumnOp | DropTableOp | CreateTableOp):
        raise ProgramError(
            f"The tables are not as they were left: {one!r}. Was one changed by hand?"
        )

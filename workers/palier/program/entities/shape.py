"""The shape of a program's tables, as a value that lasts, and what differs between two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from palier.program.entities.family import Family, between, between_name, is_first

#: By table: ``{"entity": …, "columns": {name: {"type": …, …}}}``; JSON.
Shape: TypeAlias = dict[str, dict[str, Any]]

_TYPES = {
    "whole": "int",
    "text": "str",
    "instant": "datetime",
    "exact": "Decimal",
    "json": "dict or list",
}


def shape_of(family: Family) -> Shape:
    """Return the shape that a settled family's tables have."""
    shape: Shape = {}
    tables = {one.__name__: one.__declared__.table for one in family.classes}
    for entity in family.classes:
        declared = entity.__declared__
        columns: dict[str, dict[str, Any]] = {}
        for name, one in declared.attributes.items():
            columns[name] = {"type": one.kind, "null": one.optional, "unique": one.unique}
            if one.choices:
                columns[name]["choices"] = list(one.choices)
            if one.index:
                columns[name]["index"] = True
        for name, key in declared.keys.items():
            alone = key.partner is not None and key.partner.kind == "OneToOne"
            columns[name] = {
                "type": "key",
                "null": key.optional,
                "unique": alone,
                "to": tables[key.target],
            }
        shape[declared.table] = {"entity": declared.name, "columns": columns}
        for relation in declared.relations.values():
            if relation.kind == "ManyToMany" and is_first(relation):
                left, right = between(family, relation)
                shape[between_name(family, relation)] = {
                    "entity": str(relation),
                    "columns": {
                        left: _between(tables[relation.owner]),
                        right: _between(tables[relation.target]),
                    },
                }
    return shape


def _between(table: str) -> dict[str, Any]:
    return {"type": "key", "null": False, "unique": False, "to": table}


def differences(before: Shape, after: Shape) -> list[str]:
    """Return what differs, a sentence each."""
    return list(_differences(before, after))


def _differences(before: Shape, after: Shape) -> Iterator[str]:
    for table in after.keys() - before.keys():
        yield f"{after[table]['entity']} is new."
    for table in before.keys() - after.keys():
        yield f"{before[table]['entity']} is gone."
    for table in sorted(before.keys() & after.keys()):
        was, now = before[table]["columns"], after[table]["columns"]
        entity = after[table]["entity"]
        for name in now.keys() - was.keys():
            yield f"{entity}.{name} ({typed(now[name])}) is new."
        for name in was.keys() - now.keys():
            yield f"{entity}.{name} ({typed(was[name])}) is gone."
        for name in sorted(was.keys() & now.keys()):
            yield from _changed(f"{entity}.{name}", was[name], now[name])


def _changed(name: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if was == now:
        return
    if typed(was) != typed(now):
        yield f"{name} was {typed(was)} and is {typed(now)}."
    if was["unique"] != now["unique"]:
        yield f"{name} {'is unique now' if now['unique'] else 'is no longer unique'}."
    if was.get("index") != now.get("index"):
        yield f"{name} {'has an index now' if now.get('index') else 'has no index any more'}."
    if was.get("choices") != now.get("choices"):
        options = ", ".join(now.get("choices", ())) or "anything"
        yield f"{name} may be {options} now."


def typed(column: Mapping[str, Any]) -> str:
    """Return a column's type in the author's words."""
    kind = (
        f"a key of {column['to']}" if "to" in column else _TYPES.get(column["type"], column["type"])
    )
    return f"{kind} or None" if column["null"] else str(kind)

"""What has another name now: said by whoever migrates, or offered to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from palier.program.entities.shape import Shape
from palier.program.errors import ProgramError
from palier.workers.persistence.migrating.plan import Plan


def rename(made: Plan, was: Shape, said: str) -> None:
    """Take ``Person.surname=name`` or ``Person=Human`` into a plan; raises `ProgramError`.

    ``was`` is the shape of the tables by the names that they will have.
    """
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


def offers(made: Plan) -> Iterator[str]:
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

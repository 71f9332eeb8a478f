"""What a program's file shows to be wrong before anything is run: names, forms, sizes, policies."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from palier.cli.stages import StageCall
from palier.program import Form, Program
from palier.schemas.errors import PalierError
from palier.schemas.forms import describe
from palier.schemas.names import is_name
from palier.schemas.screens.errors import Mistake
from palier.schemas.screens.suggestions import nearest, suggestion
from palier.schemas.screens.surroundings import RESERVED

_POLICIES = ("wait", "default", "exclude", "bot")
_MATCHINGS = ("partners", "strangers", "perfect-strangers", "matrix")

#: Calls whose first argument is the name of a stage.
_STAGES = frozenset({"stage", "quiz"})
_GROUPS = frozenset({"each_group", "matching"})


class Shape:
    """Looks at one program: its class, its file, and the stages that are seen in it."""

    def __init__(self, path: Path, program: type[Program], calls: tuple[StageCall, ...]) -> None:
        self._path = path
        self._program = program
        self._calls = calls
        self._tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))

    def mistakes(self) -> list[Mistake]:
        """Return what is wrong, in the order of the file."""
        return sorted({*self._forms(), *self._names(), *self._groups(), *self._policies()})

    def missing_steps(self, opened: frozenset[str]) -> list[Mistake]:
        """Return the steps that are no stage; ``opened`` are those that were seen when it ran."""
        known = {one.name for one in self._calls} | opened | set(self._named())
        return [
            self._at(
                self._steps(),
                f"Step {one!r} is no stage that this program opens.",
                suggestion(one, known),
            )
            for one in self._program.steps
            if one not in known
        ]

    def _forms(self) -> Iterator[Mistake]:
        classes = {one.name: one for one in self._tree.body if isinstance(one, ast.ClassDef)}
        names = self._program.run.__globals__
        for name, node in classes.items():
            found: Any = names.get(name)
            if isinstance(found, type) and issubclass(found, Form):
                try:
                    describe(found)
                except PalierError as error:
                    yield self._at(node, str(error))

    def _names(self) -> Iterator[Mistake]:
        for call in self._asked(_STAGES):
            name = call.args[0] if call.args else None
            said = _constant(name, str)
            if said is not None and not is_name(said):
                yield self._at(
                    name,
                    f"A stage cannot be called {said!r}.",
                    "Use 1 to 32 lower-case letters, digits and hyphens.",
                )
            for keyword in call.keywords:
                if keyword.arg not in {"data", "own"}:
                    continue
                yield from self._reserved(keyword.value)

    def _reserved(self, node: ast.expr) -> Iterator[Mistake]:
        if isinstance(node, ast.Lambda):
            node = node.body
        for key in node.keys if isinstance(node, ast.Dict) else ():
            if isinstance(key, ast.Constant) and key.value in RESERVED:
                yield self._at(
                    key,
                    f"Data cannot have the name {key.value!r}: every screen has one of its own.",
                    f"Choose another, such as 'my_{key.value}'.",
                )

    def _groups(self) -> Iterator[Mistake]:
        of = self._program.group_size
        for call in self._asked(_GROUPS):
            given = {one.arg: one.value for one in call.keywords}
            size = _constant(given.get("size"), int)
            if size is not None and size < 1:
                yield self._at(given["size"], f"There are no groups of {size}.")
            elif size is not None and of is not None and of % size:
                yield self._at(
                    given["size"],
                    f"group_size is {of}, and groups of {size} are formed: a session of {of} "
                    "cannot be divided so.",
                    f"Set group_size = {size}.",
                )
            matching = _constant(given.get("matching"), str)
            if matching is not None and matching not in _MATCHINGS:
                yield self._at(
                    given["matching"],
                    f"There is no matching {matching!r}.",
                    suggestion(matching, _MATCHINGS),
                )
            roles = given.get("roles")
            if size and isinstance(roles, ast.Tuple | ast.List) and len(roles.elts) != size:
                yield self._at(
                    roles, f"There are {len(roles.elts)} roles for groups of {size}: one each."
                )

    def _policies(self) -> Iterator[Mistake]:
        for call in self._asked(frozenset({"stage"})):
            given = {one.arg: one.value for one in call.keywords}
            policy = _constant(given.get("missing"), str)
            if policy is not None and policy not in _POLICIES:
                close = nearest(policy, _POLICIES)
                yield self._at(
                    given["missing"],
                    f"There is no policy {policy!r} for who is missing.",
                    f"Do you mean {close!r}?" if close else f"There are {', '.join(_POLICIES)}.",
                )

    def _asked(self, names: frozenset[str]) -> Iterator[ast.Call]:
        for node in ast.walk(self._tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in names
            ):
                yield node

    def _named(self) -> Iterator[str]:
        for call in self._asked(_STAGES):
            name = _constant(call.args[0] if call.args else None, str)
            if name is not None:
                yield name

    def _steps(self) -> ast.stmt | None:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Assign) and any(
                isinstance(one, ast.Name) and one.id == "steps" for one in node.targets
            ):
                return node
        return None

    def _at(self, node: ast.expr | ast.stmt | None, reason: str, hint: str = "") -> Mistake:
        return Mistake(
            file=str(self._path),
            line=node.lineno if node else 1,
            column=node.col_offset + 1 if node else 1,
            reason=reason,
            hint=hint,
        )


def _constant(node: ast.expr | None, kind: type) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) is kind:
        return node.value
    return None

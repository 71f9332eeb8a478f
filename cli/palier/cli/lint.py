"""What in a program would be another thing when a worker goes through it again.

Its file is read, not run: what can be reached from `Program.run` is looked at, name by name. What
is called by `once` and `transaction` is left alone, for their results are on the record.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from palier.cli.diverging import (
    ALLOWED,
    AWAIT,
    BUILTIN,
    CHANGES,
    IN_ORDER,
    MODULES,
    MUTABLE,
    ORDER,
    OUTSIDE,
    PATHS,
    RECORDED,
    SETS,
    STATE,
    rule_for,
)
from palier.schemas.screens.errors import Mistake

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def lint(path: Path) -> list[Mistake]:
    """Return what makes a program's course hang on something that is not on its record.

    Raises `OSError`, `SyntaxError` and `ValueError` where the file cannot be read.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    program = _Program(tree)
    found = {
        Mistake(
            file=str(path),
            line=node.lineno,
            column=node.col_offset + 1,
            reason=reason,
            hint=hint,
        )
        for function in program.reached()
        for node, reason, hint in _Reading(program, function).found()
    }
    return sorted(found)


@dataclass(slots=True)
class _Program:
    """What a file defines: functions by name, what was imported, what all sessions share."""

    tree: ast.Module
    functions: dict[str, list[_Function]] = field(default_factory=dict)
    imported: dict[str, str] = field(default_factory=dict)
    classes: set[str] = field(default_factory=set)
    #: Names of the module, and of its classes, that hold what can be changed.
    shared: set[str] = field(default_factory=set)
    of_classes: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self.functions.setdefault(node.name, []).append(node)
                case ast.Import(names=names):
                    for one in names:
                        top = one.name.partition(".")[0]
                        self.imported[one.asname or top] = one.name if one.asname else top
                case ast.ImportFrom(module=str() as module, names=names):
                    for one in names:
                        self.imported[one.asname or one.name] = f"{module}.{one.name}"
                case ast.ClassDef(name=name):
                    self.classes.add(name)
                    self._share(node.body, self.of_classes)
                case _:
                    pass
        self._share(self.tree.body, self.shared)

    @staticmethod
    def _share(body: list[ast.stmt], names: set[str]) -> None:
        for one in body:
            targets = one.targets if isinstance(one, ast.Assign) else []
            if isinstance(one, ast.AnnAssign):
                targets = [one.target]
            value = getattr(one, "value", None)
            if targets and value is not None and _mutable(value):
                names |= {each.id for each in targets if isinstance(each, ast.Name)}

    def reached(self) -> list[_Function]:
        """Return the functions that may be called when `run` is, by their names."""
        ahead = [*self.functions.get("run", ()), *self.functions.get("__init__", ())]
        found: list[_Function] = []
        while ahead:
            one = ahead.pop()
            if one in found:
                continue
            found.append(one)
            for name in _names(one):
                ahead += self.functions.get(name, ())
                if name in self.classes:
                    ahead += self.functions.get("__post_init__", ())
        return found

    def meant(self, node: ast.expr) -> str:
        """Return what a name or attribute stands for, as ``datetime.datetime.now``; or nothing."""
        match node:
            case ast.Name(id=name):
                return self.imported.get(name, "")
            case ast.Attribute(value=value, attr=attr):
                before = self.meant(value)
                return f"{before}.{attr}" if before else ""
            case _:
                return ""


@dataclass(slots=True)
class _Reading:
    """One function, read for what it should not do."""

    program: _Program
    function: _Function

    def found(self) -> Iterator[tuple[ast.expr | ast.stmt, str, str]]:
        sets = {
            target.id
            for node in _walk(self.function)
            if isinstance(node, ast.Assign) and _is_set(node.value, frozenset())
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in _walk(self.function):
            yield from self._foreign(node)
            yield from self._ordered(node, frozenset(sets))
            yield from self._waiting(node)
            yield from self._changing(node)

    def _foreign(self, node: ast.AST) -> Iterator[tuple[ast.expr, str, str]]:
        if isinstance(node, ast.Name | ast.Attribute):
            meant = self.program.meant(node)
            rule = rule_for(meant)
            # of a.b.c the rule is told once, where it begins to hold
            inner = self.program.meant(node.value) if isinstance(node, ast.Attribute) else ""
            told = rule_for(inner) is not None and inner not in MODULES
            if rule is not None and not told and meant not in MODULES | ALLOWED:
                yield node, f"{meant} {rule[0]}.", rule[1]
        match node:
            case ast.Call(func=ast.Name(id=name)) if (
                name in BUILTIN
                and name not in self.program.imported
                and name not in self.program.functions
            ):
                reason, hint = BUILTIN[name]
                yield node, f"{name}() {reason}.", hint
            case ast.Call(func=ast.Attribute(attr=name)) if name in PATHS:
                yield node, f"{name}() is something of the outside world.", OUTSIDE
            case _:
                pass

    def _ordered(self, node: ast.AST, sets: frozenset[str]) -> Iterator[tuple[ast.expr, str, str]]:
        iterated: list[ast.expr] = []
        match node:
            case ast.For(iter=one) | ast.AsyncFor(iter=one):
                iterated = [one]
            case ast.ListComp(generators=all_) | ast.DictComp(generators=all_):
                iterated = [one.iter for one in all_]
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in IN_ORDER:
                iterated = list(arguments)
            case ast.Call(func=ast.Attribute(attr="join" | "choice" | "shuffle"), args=arguments):
                iterated = list(arguments)
            case ast.Call(func=ast.Attribute(value=value, attr="pop"), args=[]):
                iterated = [value]
            case ast.Starred(value=one):
                iterated = [one]
            case _:
                pass
        for one in iterated:
            if _is_set(one, sets):
                yield one, "The order of a set is another one in each process.", ORDER

    def _waiting(self, node: ast.AST) -> Iterator[tuple[ast.expr, str, str]]:
        match node:
            case ast.Await(value=ast.Call(func=called)):
                meant = self.program.meant(called)
            case _:
                return
        # what is not imported is the program's own, or shows when it is played
        if meant and rule_for(meant) is None and not meant.startswith("palier."):
            yield node, f"{meant} is awaited, which no worker waits for.", AWAIT

    def _changing(self, node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str, str]]:
        changed: list[ast.expr] = []
        match node:
            case ast.Global(names=names):
                reason = f"{names[0]} is shared by all sessions of a worker."
                yield node, reason, STATE
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in CHANGES:
                changed = [value]
            case ast.Assign(targets=targets) | ast.Delete(targets=targets):
                changed = [one.value for one in targets if isinstance(one, ast.Subscript)]
            case ast.AugAssign(target=ast.Subscript(value=value)):
                changed = [value]
            case _:
                pass
        for one in changed:
            name = _shared_name(one, self.program)
            if name:
                yield (
                    one,
                    f"{name} is shared by all sessions of a worker, and changed here.",
                    STATE,
                )


def _shared_name(node: ast.expr, program: _Program) -> str:
    match node:
        case ast.Name(id=name) if name in program.shared:
            return name
        case ast.Attribute(value=ast.Name(id=owner), attr=name) if name in program.of_classes and (
            owner in {"self", "cls"} or owner in program.classes
        ):
            return f"{owner}.{name}"
        case ast.Subscript(value=value):
            return _shared_name(value, program)
        case _:
            return ""


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is in a node, without what is called by `once` and `transaction`."""
    ahead = [node]
    while ahead:
        one = ahead.pop()
        yield one
        if (
            isinstance(one, ast.Call)
            and isinstance(one.func, ast.Attribute)
            and one.func.attr in RECORDED
        ):
            continue
        ahead += ast.iter_child_nodes(one)


def _names(function: _Function) -> set[str]:
    return {
        one.id if isinstance(one, ast.Name) else one.attr
        for one in _walk(function)
        if isinstance(one, ast.Name | ast.Attribute)
    }


def _is_set(node: ast.expr, sets: frozenset[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in SETS
        case ast.Name(id=name):
            return name in sets
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.Sub(), right=right):
            return _is_set(left, sets) or _is_set(right, sets)
        case _:
            return False


def _mutable(node: ast.expr) -> bool:
    match node:
        case ast.List() | ast.Dict() | ast.Set() | ast.ListComp() | ast.DictComp():
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in MUTABLE
        case _:
            return False

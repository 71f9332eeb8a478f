"""Expressions in screens: ``show-if="answer.amount == 0"``. Read by a whitelist, never ``eval``.

The grammar is a part of Python's: names, dots, constants, comparisons, ``and or not in``, the four
kinds of arithmetic with ``//`` and ``%``, ``a if b else c``, lists, an index, and some functions.
Nothing in it can call a method, read an attribute of a Python object, or take long.

What is not there yet is None, as an untouched field is: None is neither smaller nor larger than
anything, and whatever is computed with it is None.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from palier.schemas.screens.errors import BadExpression, EvaluationFailed
from palier.schemas.screens.spelling import spell

#: What an expression is computed from and into: JSON.
Value: TypeAlias = Any

#: Characters of an expression, and how deep it nests.
LONGEST, DEEPEST = 300, 12

#: Characters, or items, that a value may come to have; how large a number may become.
_LARGEST, _HUGE = 10_000, 10**30

#: Decimals that a number is rounded to: Python takes for ever over some.
_DIGITS = 15

_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.FloorDiv: operator.floordiv,
        ast.Mod: operator.mod,
    }
)
_ORDER: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = MappingProxyType(
    {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}
)


def _rounded(number: float, digits: int = 0) -> float:
    if not -_DIGITS <= digits <= _DIGITS:
        raise ValueError(f"round takes at most {_DIGITS} decimals")
    return round(number, digits) if digits else round(number)


#: The functions there are.
FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {"abs": abs, "len": len, "max": max, "min": min, "round": _rounded, "sum": sum}
)

#: How many values each takes at most; at least one.
_TAKES: Mapping[str, int] = MappingProxyType({"abs": 1, "len": 1, "round": 2, "sum": 1})

_CONSTANTS = (bool, int, float, str, type(None))


class Mention(NamedTuple):
    """A name in an expression, as ``("answer", "x")``, and at which of its letters it stands."""

    path: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read; ``paths`` are the names it asks for, as ``("answer", "x")``."""

    text: str
    paths: frozenset[tuple[str, ...]]
    _tree: ast.expr = field(repr=False, compare=False)
    #: The same names in their order; places count from the beginning of what was read.
    mentions: tuple[Mention, ...] = field(default=(), repr=False, compare=False)

    def value(self, names: Mapping[str, Value]) -> Value:
        """Return its value; raises `EvaluationFailed`. A name that is not there is None."""
        try:
            return _value(self._tree, names)
        except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            raise EvaluationFailed(f"{self.text}: {error}.") from None

    def holds(self, names: Mapping[str, Value]) -> bool:
        """Return whether its value counts as true; raises `EvaluationFailed`."""
        return bool(self.value(names))


@lru_cache(maxsize=4096)
def read(text: str) -> Expression:
    """Return the expression that a text means; raises `BadExpression`."""
    if len(text) > LONGEST:
        raise BadExpression(
            f"An expression has at most {LONGEST} characters, this has {len(text)}", at=LONGEST
        )
    # one line of it: a file may break lines where it likes
    line = _BREAKS.sub(" ", text)
    if not line.strip():
        raise BadExpression("An expression is empty")
    spell(line)
    lead = len(line) - len(line.lstrip())
    try:
        tree = ast.parse(line.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = lead + max((getattr(error, "offset", None) or 1) - 1, 0)
        raise BadExpression(
            f"{line.strip()!r} cannot be read", at=min(at, len(line.rstrip()) - 1)
        ) from None
    grammar = _Grammar(line.strip(), lead)
    grammar.check(tree, depth=0)
    mentions = tuple(grammar.mentions)
    return Expression(
        line.strip(), frozenset(one.path for one in mentions), tree, mentions=mentions
    )


# -- what is let in -----------------------------------------------------------------------------

_BREAKS = re.compile(r"[\t\r\n]")


class _Grammar:
    """One reading: which parts of Python's grammar an expression uses, and which names."""

    def __init__(self, text: str, lead: int) -> None:
        self._bytes = text.encode()
        self._lead = lead
        self.mentions: list[Mention] = []

    def check(self, node: ast.expr, *, depth: int) -> None:
        """Refuse a node that is not let in; raises `BadExpression`."""
        at = self._at(node)
        if depth > DEEPEST:
            raise BadExpression(f"An expression nests at most {DEEPEST} deep", at=at)
        if isinstance(node, ast.Name | ast.Attribute):
            self._name(node, at)
            return
        if reason := _refusal(node):
            raise BadExpression(reason, at=at)
        for child in _children(node):
            self.check(child, depth=depth + 1)

    def _name(self, node: ast.Name | ast.Attribute, at: int) -> None:
        path = _path(node)
        if not path:
            raise BadExpression("A dot stands between names only, as in answer.amount", at=at)
        for name in path:
            if name.startswith("_"):
                raise BadExpression(f"No name begins with an underscore: {name!r}", at=at)
        self.mentions.append(Mention(path, at))

    def _at(self, node: ast.expr) -> int:
        # Python counts bytes
        return self._lead + len(self._bytes[: node.col_offset].decode())


def _refusal(node: ast.expr) -> str:  # noqa: C901, PLR0911 - a table
    match node:
        case ast.Constant(value=value):
            if not isinstance(value, _CONSTANTS):
                return "There are numbers, texts, True, False and None"
            if isinstance(value, int | float) and not abs(value) <= _HUGE:
                return "A number is too large"
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in FUNCTIONS:
            most = _TAKES.get(name)
            if not node.args or (most is not None and len(node.args) > most):
                takes = {1: "one value", 2: "one value or two"}.get(most or 0, "one value or more")
                return f"{name} takes {takes}"
        case ast.Call(func=ast.Name(id=name)):
            return f"There is no function {name!r}: use {', '.join(FUNCTIONS)}"
        case ast.Call():
            return f"Only {', '.join(FUNCTIONS)} can be called"
        case ast.BinOp(op=op) if type(op) not in _ARITHMETIC:
            return "There are + - * / // and %"
        case ast.Compare(ops=ops) if any(isinstance(one, ast.Is | ast.IsNot) for one in ops):
            return "Compare with == or !=, not with 'is'"
        case (
            ast.BinOp()
            | ast.BoolOp()
            | ast.Compare()
            | ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd())
            | ast.IfExp()
            | ast.List()
            | ast.Tuple()
            | ast.Subscript()
        ):
            pass
        case ast.ListComp() | ast.GeneratorExp():
            return "There is no 'for' in an expression"
        case _:
            return f"An expression has no {type(node).__name__.lower()}"
    return ""


def _children(node: ast.AST) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        # a call's own name is checked with the call
        if isinstance(child, ast.expr) and not (isinstance(node, ast.Call) and child is node.func):
            yield child


def _path(node: ast.expr) -> tuple[str, ...]:
    """Return the names of a dotted path; empty when it is something else."""
    match node:
        case ast.Name(id=name):
            return (name,)
        case ast.Attribute(value=value, attr=name):
            before = _path(value)
            return (*before, name) if before else ()
        case _:
            return ()


# -- what it comes to ---------------------------------------------------------------------------


def _value(node: ast.expr, names: Mapping[str, Value]) -> Value:  # noqa: C901, PLR0911, PLR0912 - a table
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name() | ast.Attribute():
            return _found(_path(node), names)
        case ast.BoolOp(op=op, values=values):
            return _connected(op, values, names)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _value(operand, names)
        case ast.UnaryOp(op=op, operand=operand):
            number = _value(operand, names)
            if number is None:
                return None
            return +number if isinstance(op, ast.UAdd) else -number
        case ast.BinOp(left=left, op=op, right=right):
            return _computed(op, _value(left, names), _value(right, names))
        case ast.Compare(left=left, ops=ops, comparators=others):
            values = [_value(left, names), *(_value(one, names) for one in others)]
            return all(
                _compared(op, one, two)
                for op, one, two in zip(ops, values, values[1:], strict=False)
            )
        case ast.IfExp(test=test, body=body, orelse=otherwise):
            return _value(body if _value(test, names) else otherwise, names)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_value(one, names) for one in items]
        case ast.Subscript(value=value, slice=index):
            return _indexed(_value(value, names), _value(index, names))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            given = [_value(one, names) for one in arguments]
            if any(one is None for one in given):
                return None
            return FUNCTIONS[name](*given)
        case _:
            raise AssertionError(f"{node} was not checked")


def _found(path: Sequence[str], names: Mapping[str, Value]) -> Value:
    found: Value = names
    for name in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def _connected(op: ast.boolop, values: Sequence[ast.expr], names: Mapping[str, Value]) -> Value:
    found: Value = None
    for one in values:
        found = _value(one, names)
        if bool(found) is isinstance(op, ast.Or):
            return found
    return found


def _computed(op: ast.operator, left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    if isinstance(left, str | list) or isinstance(right, str | list):
        if not (isinstance(op, ast.Add) and type(left) is type(right)):
            raise TypeError(f"{left!r} and {right!r} cannot be computed with")
        if len(left) + len(right) > _LARGEST:
            raise ValueError("it becomes too long")
    result = _ARITHMETIC[type(op)](left, right)
    if isinstance(result, int) and abs(result) > _HUGE:
        raise ValueError("it becomes too large")
    if isinstance(result, float) and not math.isfinite(result):
        raise ValueError("it is no number")
    return result


def _compared(op: ast.cmpop, left: Value, right: Value) -> bool:
    match op:
        case ast.Eq():
            return bool(left == right)
        case ast.NotEq():
            return bool(left != right)
        case ast.In() | ast.NotIn():
            inside = right is not None and left in right
            return inside is isinstance(op, ast.In)
        case _:
            if left is None or right is None:
                return False
            return _ORDER[type(op)](left, right)


def _indexed(value: Value, index: Value) -> Value:
    if value is None or index is None:
        return None
    if isinstance(value, Mapping):
        return value.get(index)
    if not isinstance(value, list) or not isinstance(index, int):
        raise TypeError(f"{index!r} is no place in {value!r}")
    return value[index] if -len(value) <= index < len(value) else None

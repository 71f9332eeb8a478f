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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeAlias

from palier.schemas.screens.errors import BadExpression, EvaluationFailed

#: What an expression is computed from and into: JSON.
Value: TypeAlias = Any

#: Characters of an expression, and how deep it nests.
LONGEST, DEEPEST = 300, 12

#: Characters, or items, that a value may come to have.
_LARGEST = 10_000

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
    return round(number, digits) if digits else round(number)


#: The functions there are.
FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {"abs": abs, "len": len, "max": max, "min": min, "round": _rounded, "sum": sum}
)

_CONSTANTS = (bool, int, float, str, type(None))


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read; ``paths`` are the names it asks for, as ``("answer", "x")``."""

    text: str
    paths: frozenset[tuple[str, ...]]
    _tree: ast.expr = field(repr=False, compare=False)

    def value(self, names: Mapping[str, Value]) -> Value:
        """Return its value; raises `EvaluationFailed`. A name that is not there is None."""
        try:
            return _value(self._tree, names)
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise EvaluationFailed(f"{self.text}: {error}.") from None

    def holds(self, names: Mapping[str, Value]) -> bool:
        """Return whether its value counts as true; raises `EvaluationFailed`."""
        return bool(self.value(names))


@lru_cache(maxsize=4096)
def read(text: str) -> Expression:
    """Return the expression that a text means; raises `BadExpression`."""
    if len(text) > LONGEST:
        raise BadExpression(f"An expression has at most {LONGEST} characters, this has {len(text)}")
    if not text.strip():
        raise BadExpression("An expression is empty")
    lead = len(text) - len(text.lstrip())
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = lead + (getattr(error, "offset", None) or 1) - 1
        raise BadExpression(f"{text.strip()!r} cannot be read", at=at) from None
    _check(tree, depth=0, lead=lead)
    return Expression(text.strip(), frozenset(_paths(tree)), tree)


# -- what is let in -----------------------------------------------------------------------------


def _check(node: ast.AST, *, depth: int, lead: int) -> None:  # noqa: C901, PLR0912 - a table
    at = lead + getattr(node, "col_offset", 0)
    if depth > DEEPEST:
        raise BadExpression(f"An expression nests at most {DEEPEST} deep", at=at)
    match node:
        case ast.Constant(value=value):
            if not isinstance(value, _CONSTANTS):
                raise BadExpression("There are numbers, texts, True, False and None", at=at)
        case ast.Name(id=name):
            if name.startswith("_"):
                raise BadExpression(f"No name begins with an underscore: {name!r}", at=at)
        case ast.Attribute(attr=name):
            if not _path(node) or name.startswith("_"):
                raise BadExpression("A dot stands between names only, as in answer.amount", at=at)
            return
        case ast.Call(func=ast.Name(id=name), keywords=[]):
            if name not in FUNCTIONS:
                raise BadExpression(
                    f"There is no function {name!r}: use {', '.join(FUNCTIONS)}", at=at
                )
        case ast.Call():
            raise BadExpression(f"Only {', '.join(FUNCTIONS)} can be called", at=at)
        case ast.BinOp(op=op) if type(op) not in _ARITHMETIC:
            raise BadExpression("There are + - * / // and %", at=at)
        case ast.Compare(ops=ops):
            if any(isinstance(one, ast.Is | ast.IsNot) for one in ops):
                raise BadExpression("Compare with == or !=, not with 'is'", at=at)
        case ast.UnaryOp(op=ast.Invert()):
            raise BadExpression("There is no ~", at=at)
        case ast.Subscript(slice=ast.Slice()):
            raise BadExpression("An index is one number or text, no slice", at=at)
        case (
            ast.BinOp()
            | ast.BoolOp()
            | ast.UnaryOp()
            | ast.IfExp()
            | ast.List()
            | ast.Tuple()
            | ast.Subscript()
        ):
            pass
        case _:
            raise BadExpression(f"{type(node).__name__} cannot stand in a screen", at=at)
    for child in _children(node):
        _check(child, depth=depth + 1, lead=lead)


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


def _paths(node: ast.expr) -> Iterator[tuple[str, ...]]:
    if path := _path(node):
        yield path
        return
    for child in _children(node):
        yield from _paths(child)


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
            return number if number is None or isinstance(op, ast.UAdd) else -number
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
    if isinstance(result, int) and abs(result) > 10**30:
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

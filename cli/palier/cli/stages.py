"""What a program's file says of its stages: their names, forms, data and screens.

It is read, not run: a stage is known as far as its call can be understood. The file itself is
loaded, as a worker loads it, for the forms are classes in it.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from pydantic import JsonValue, TypeAdapter, ValidationError

from palier.cli.errors import BrokenFile
from palier.schemas.errors import PalierError
from palier.schemas.forms import Form, FormSpec, describe

#: That a call says something that cannot be understood without running it.
UNKNOWN: Literal["unknown"] = "unknown"

_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCall:
    """One place in a program at which a stage is opened."""

    name: str
    #: Also `UNKNOWN`; empty where the desk is to make one.
    screen: str
    #: The class of its form, None where it asks for nothing.
    form: type[Form] | Literal["unknown"] | None
    #: What is shown, None for each value that is not known; None where even the names are not.
    data: Mapping[str, JsonValue] | None
    line: int
    column: int

    @property
    def described(self) -> FormSpec | Literal["unknown"] | None:
        """The description of its form."""
        if self.form is None or self.form == UNKNOWN:
            return self.form
        return describe(self.form)


def stages(folder: Path) -> tuple[StageCall, ...]:
    """Return the stages that the program in a folder opens, in the order of its file.

    Raises `BrokenFile`. Loading the file runs what stands at its top.
    """
    path = folder / "program.py"
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except (OSError, SyntaxError, ValueError) as error:
        raise BrokenFile(f"{path} cannot be read: {error}.") from error
    module = _loaded(path)
    return tuple(_calls(tree, vars(module)))


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"palier_checked_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise BrokenFile(
            f"{path} cannot be loaded: {type(error).__name__}: {error}. Mend it first."
        ) from error
    return module


def _calls(tree: ast.Module, names: Mapping[str, Any]) -> Iterator[StageCall]:
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "stage"
    ]
    for call in sorted(found, key=lambda one: (one.lineno, one.col_offset)):
        given = {one.arg: one.value for one in call.keywords if one.arg is not None}
        name = call.args[0] if call.args else given.get("name")
        if not (isinstance(name, ast.Constant) and isinstance(name.value, str)):
            continue
        # what comes out of ** could be anything
        complete = len(given) == len(call.keywords)
        screen = given.get("screen")
        yield StageCall(
            name=name.value,
            screen=_screen(screen, name.value) if screen or complete else UNKNOWN,
            form=_form(given.get("form"), names) if "form" in given or complete else UNKNOWN,
            # what a live stage shows is computed
            data=_data(given.get("data"), names)
            if "live" not in given and ("data" in given or complete)
            else None,
            line=name.lineno,
            column=name.col_offset + 1,
        )


def _screen(node: ast.expr | None, name: str) -> str:
    match node:
        case None | ast.Constant(value=None):
            return name
        case ast.Constant(value=str() as screen):
            return screen
        case _:
            return UNKNOWN


def _form(
    node: ast.expr | None, names: Mapping[str, Any]
) -> type[Form] | Literal["unknown"] | None:
    match node:
        case None | ast.Constant(value=None):
            return None
        case ast.Name(id=name):
            found = names.get(name)
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            found = getattr(names.get(module), name, None)
        case _:
            found = None
    if not (isinstance(found, type) and issubclass(found, Form)):
        return UNKNOWN
    try:
        describe(found)
    except PalierError:
        return UNKNOWN  # whoever opens the stage is told
    return found


def _data(node: ast.expr | None, names: Mapping[str, Any]) -> dict[str, JsonValue] | None:
    match node:
        case None | ast.Constant(value=None):
            return {}
        case ast.Lambda(body=body):
            return _data(body, names) if isinstance(body, ast.Dict) else None
        case ast.Dict(keys=keys, values=values):
            found: dict[str, JsonValue] = {}
            for key, value in zip(keys, values, strict=True):
                if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
                    return None
                found[key.value] = _json(value, names)
            return found
        case _:
            return None


def _json(node: ast.expr, names: Mapping[str, Any]) -> JsonValue:
    """Return a value that stands in the file; None where it is computed."""
    try:
        value = names.get(node.id) if isinstance(node, ast.Name) else ast.literal_eval(node)
        return _JSON.validate_python(value)
    except (ValueError, TypeError, ValidationError, RecursionError):
        return None

"""Connecting a screen and its controller by the names of its actions. Pure."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from palier.controller.controller import Controller
from palier.controller.errors import ControllerError
from palier.schemas.screens.acting import ACT, Use, actions
from palier.schemas.screens.screen import ScreenSpec
from palier.schemas.screens.suggestions import suggestion
from palier.schemas.screens.widgets import BUILT_IN

#: Says where a widget stands, as ``file:line:column``; empty where that is not known.
Where = Callable[[Use], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """An action that fits: the name of its method, and whether that takes the new value."""

    name: str
    takes_value: bool


def connect(
    spec: ScreenSpec, controller: type[Controller] | None, *, where: Where = lambda _: ""
) -> Mapping[str, Connected]:
    """Return the actions that a screen names; raises `ControllerError` with all that is wrong.

    Without a controller a screen may name the built-in actions only.
    """
    problems: list[str] = []
    found: dict[str, Connected] = {}
    for name, uses in actions(spec).items():
        if name in BUILT_IN or name.startswith(ACT):
            continue
        wrong = ((use, _problem(name, use, controller)) for use in uses)
        problems += [_sentence(spec, name, use, one, where) for use, one in wrong if one]
        if controller is not None and name in controller.actions():
            takes = _arity(controller.actions()[name])[1] > 0
            found[name] = Connected(name=name, takes_value=takes)
    if problems:
        raise ControllerError(*problems)
    return found


def unused(spec: ScreenSpec, controller: type[Controller]) -> tuple[str, ...]:
    """Return a sentence for each action of a controller that no widget of its screen names.

    What it has from a base class may be for other screens.
    """
    named = actions(spec)
    return tuple(
        f"Screen {spec.name}: no widget names the action {name} of {controller.__name__}: "
        + (_BUILT_IN if name in BUILT_IN else "name it, or take @action away.")
        for name in controller.actions()
        if name in vars(controller) and (name in BUILT_IN or name not in named)
    )


_BUILT_IN = "that name is built in, choose another one."


def _problem(name: str, use: Use, controller: type[Controller] | None) -> str:
    """Return what is wrong with one use; empty when nothing is."""
    if controller is None:
        hint = suggestion(name, BUILT_IN)
        return f'the screen names no controller that has it: controller="program.Class". {hint}'
    known = controller.actions()
    if name in known:
        return _misfit(name, use, controller, known[name])
    if callable(getattr(controller, name, None)):
        return f"{controller.__name__}.{name} is no action: write @action above it."
    hint = suggestion(name, (*known, *BUILT_IN))
    return f"{controller.__name__} has no such method. {hint}".strip()


def _misfit(name: str, use: Use, controller: type[Controller], method: Callable[..., Any]) -> str:
    needed, _ = _arity(method)
    given = 0 if use.attribute == "on-click" else 1
    if needed <= given:
        return ""
    return (
        f"{controller.__name__}.{name} needs {needed} argument{'s' * (needed > 1)}, "
        f"and {use.attribute} gives {'the new value' if given else 'none'}."
    )


def _arity(method: Callable[..., Any]) -> tuple[int, float]:
    """Return how many arguments a method needs besides ``self``, and how many it takes."""
    needed, most = 0, 0.0
    for one in [*inspect.signature(method).parameters.values()][1:]:
        required = one.default is one.empty
        if one.kind is one.VAR_POSITIONAL:
            most = float("inf")
        elif one.kind is one.KEYWORD_ONLY:
            # nothing is ever given by name
            needed += 2 * required
        elif one.kind is not one.VAR_KEYWORD:
            needed += required
            most += 1
    return needed, most


def _sentence(spec: ScreenSpec, name: str, use: Use, problem: str, where: Where) -> str:
    place = where(use) or f"Screen {spec.name}"
    return f'{place}: the {use.widget.tag} with {use.attribute}="{name}": {problem}'

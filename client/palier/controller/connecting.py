"""Connecting a screen and its controller by the names of its actions. Pure."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from palier.controller.controller import Controller
from palier.controller.errors import ControllerError
from palier.schemas.message import Value
from palier.schemas.screens.screen import ScreenSpec
from palier.schemas.screens.widgets import BUILT_IN, Button, walk

#: Says where a widget stands, as ``file:line:column``; empty where that is not known.
Where = Callable[[Value], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A widget that names an action: ``on-click`` gives it nothing, ``on-change`` the value."""

    action: str
    attribute: Literal["on-click", "on-change"]
    widget: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """An action that fits: the name of its method, and whether that takes the new value."""

    name: str
    takes_value: bool


def uses(spec: ScreenSpec) -> tuple[Use, ...]:
    """Return where a screen names actions that are not built in, in the order of the file."""
    return tuple(one for one in _named(spec) if one.action not in BUILT_IN)


def connect(
    spec: ScreenSpec, controller: type[Controller] | None, *, where: Where = lambda _: ""
) -> Mapping[str, Connected]:
    """Return the actions that a screen names; raises `ControllerError` with all that is wrong.

    Without a controller a screen may name the built-in actions only.
    """
    problems: list[str] = []
    found: dict[str, Connected] = {}
    for use in uses(spec):
        problem = _problem(use, controller)
        if problem:
            problems.append(_sentence(spec, use, problem, where))
        else:
            assert controller is not None
            takes = _takes_value(controller.actions()[use.action])
            found[use.action] = Connected(name=use.action, takes_value=takes)
    if problems:
        raise ControllerError(*problems)
    return found


def unused(spec: ScreenSpec, controller: type[Controller]) -> tuple[str, ...]:
    """Return a sentence for each action of a controller that no widget of its screen names.

    What it has from a base class may be for other screens.
    """
    named = {one.action for one in uses(spec)}
    return tuple(
        f"Screen {spec.name}: no widget names the action {name} of {controller.__name__}: "
        + (_BUILT_IN if name in BUILT_IN else "name it, or take @action away.")
        for name in controller.actions()
        if name in vars(controller) and name not in named
    )


_BUILT_IN = "that name is built in, choose another one."


def _named(spec: ScreenSpec) -> Iterator[Use]:
    for widget, _ in walk(spec.body):
        if isinstance(widget, Button):
            yield Use(action=widget.on_click, attribute="on-click", widget=widget)
        elif action := getattr(widget, "on_change", None):
            yield Use(action=action, attribute="on-change", widget=widget)


def _problem(use: Use, controller: type[Controller] | None) -> str:
    """Return what is wrong with one use; empty when nothing is."""
    name = use.action
    if controller is None:
        hint = _hint(name, BUILT_IN)
        return (
            f"there is no controller that could have it.{hint} "
            'Write controller="program.Class", or use one of: ' + ", ".join(BUILT_IN) + "."
        )
    actions = controller.actions()
    method = getattr(controller, name, None)
    if name not in actions:
        if callable(method):
            return f"{controller.__name__}.{name} is no action: write @action above it."
        return f"{controller.__name__} has no such method.{_hint(name, (*actions, *BUILT_IN))}"
    return _misfit(use, controller, actions[name])


def _misfit(use: Use, controller: type[Controller], method: Callable[..., Any]) -> str:
    needed, _ = _arity(method)
    given = 0 if use.attribute == "on-click" else 1
    if needed > given:
        return (
            f"{controller.__name__}.{use.action} needs {needed} argument{'s' * (needed > 1)}, "
            f"and {use.attribute} gives {'the new value' if given else 'none'}."
        )
    return ""


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


def _takes_value(method: Callable[..., Any]) -> bool:
    return _arity(method)[1] > 0


def _hint(name: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(name, known, n=1)
    return f" Did you mean {close[0]}?" if close else ""


def _sentence(spec: ScreenSpec, use: Use, problem: str, where: Where) -> str:
    place = where(use.widget) or f"Screen {spec.name}"
    label = getattr(use.widget, "tag", "widget")
    return f'{place}: the {label} with {use.attribute}="{use.action}": {problem}'

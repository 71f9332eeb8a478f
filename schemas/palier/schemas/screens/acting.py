"""What the buttons and questions of a screen set off: the names of actions, and who names them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from palier.schemas.screens.asking import Remark
from palier.schemas.screens.screen import ScreenSpec
from palier.schemas.screens.suggestions import suggestion
from palier.schemas.screens.widgets import BUILT_IN, Button, Part, Widget, walk


@dataclass(frozen=True, slots=True)
class Use:
    """A widget that names an action; ``number`` counts the widgets of the screen, from 0."""

    widget: Widget | Part
    attribute: Literal["on-click", "on-change"]
    number: int


def actions(spec: ScreenSpec) -> dict[str, tuple[Use, ...]]:
    """Return who names each action, in the order of the file; also those that are built in."""
    found: defaultdict[str, list[Use]] = defaultdict(list)
    for number, (widget, _) in enumerate(walk(spec.body)):
        if isinstance(widget, Button):
            found[widget.on_click].append(Use(widget, "on-click", number))
        elif (action := getattr(widget, "on_change", None)) is not None:
            found[action].append(Use(widget, "on-change", number))
    return {name: tuple(uses) for name, uses in found.items()}


def remarks(
    spec: ScreenSpec, used: Mapping[str, tuple[Use, ...]], *, asks: bool | None
) -> Iterator[tuple[Use, Remark]]:
    """Yield what is wrong with the actions: each with who names them.

    ``asks`` says whether the stage has a form; None where that is not known.
    """
    for name, uses in used.items():
        for use in uses:
            if remark := _named(spec, use, name, asks=asks):
                yield use, remark
            if isinstance(use.widget, Button):
                yield from ((use, one) for one in _set(use.widget, name))


def _named(spec: ScreenSpec, use: Use, name: str, *, asks: bool | None) -> Remark | None:
    if name not in BUILT_IN and not spec.controller:
        return Remark(
            use.attribute,
            f"There is no action {name}: the screen has no controller.",
            suggestion(name, BUILT_IN),
        )
    if name == "next" and asks:
        return Remark(
            use.attribute,
            "next goes on from a stage that asks for nothing, and this one has a form.",
            "Write submit.",
        )
    if name == "set" and use.attribute == "on-change":
        return Remark("on-change", "Only a button can set a value.", "Name another action.")
    return None


def _set(button: Button, name: str) -> Iterator[Remark]:
    for attribute, value in (("target", button.target), ("value", button.value)):
        if name == "set" and value is None:
            yield Remark(
                "on-click", f"set needs {attribute}.", 'As in target="local.page" value="2".'
            )
        if name != "set" and value is not None:
            yield Remark(
                attribute,
                f"{attribute} belongs to the action set, and this button does {name}.",
                "Leave it out.",
            )

"""What the buttons and questions of a screen set off: the names of actions, and who names them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from palier.schemas.live import ActionSpec
from palier.schemas.screens.asking import Remark
from palier.schemas.screens.screen import ScreenSpec
from palier.schemas.screens.suggestions import suggestion
from palier.schemas.screens.widgets import BUILT_IN, Button, Part, Widget, walk

#: Before the name of an action of a live stage.
ACT = "act:"


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
        elif (action := vars(widget).get("on_change")) is not None:
            found[action].append(Use(widget, "on-change", number))
    return {name: tuple(uses) for name, uses in found.items()}


def place_of(action: str, field: str, places: Container[str]) -> str:
    """Return the place that has what an action asks for: of its own, else of all that ask so."""
    own = f"local.{action}_{field}"
    return own if own in places else f"local.{field}"


def remarks(
    spec: ScreenSpec,
    used: Mapping[str, tuple[Use, ...]],
    *,
    asks: bool | None,
    live: Sequence[ActionSpec] | None = None,
    places: Container[str] = (),
) -> Iterator[tuple[Use, Remark]]:
    """Yield what is wrong with the actions: each with who names them.

    ``asks`` says whether the stage has a form, ``live`` what can be done in it; None where that is
    not known. ``places`` are those that the screen puts something into, or keeps.
    """
    for name, uses in used.items():
        for use in uses:
            if name.startswith(ACT):
                if found := _acted(use, name.removeprefix(ACT), live, places):
                    yield use, found
            elif remark := _named(spec, use, name, asks=asks):
                yield use, remark
            if isinstance(use.widget, Button):
                yield from ((use, one) for one in _set(use.widget, name))


def _acted(
    use: Use, name: str, live: Sequence[ActionSpec] | None, places: Container[str]
) -> Remark | None:
    """Return what is wrong with doing an action of a live stage."""
    if use.attribute == "on-change":
        return Remark("on-change", "Only a button does something in a live stage.", "Add a button.")
    if live is None:
        return None
    known = {one.name: one for one in live}
    if name not in known:
        hint = suggestion(name, known) if known else "Give the stage live=, or take it out."
        return Remark(use.attribute, f"The stage has no action {name}.", hint)
    form = known[name].form
    for field in form.fields if form else ():
        place = place_of(name, field.name, places)
        if field.required and field.default is None and place not in places:
            return Remark(
                use.attribute,
                f"{name} asks for {field.name}, and nothing on the screen does.",
                f"Bind an input to local.{field.name}, or local.{name}_{field.name}.",
            )
    return None


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

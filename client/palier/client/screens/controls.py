"""How what is pressed and filled in looks, in each of its states: roles and measures, as values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import dearpygui.dearpygui as dpg

#: Which colour of an item has which role of the palette; an empty role is transparent.
Roles: TypeAlias = tuple[tuple[int, str], ...]
#: A measure of an item, in pixels at scale 1.
Measures: TypeAlias = tuple[tuple[int, tuple[float, ...]], ...]

_BUTTON = (
    dpg.mvThemeCol_Button,
    dpg.mvThemeCol_ButtonHovered,
    dpg.mvThemeCol_ButtonActive,
    dpg.mvThemeCol_Text,
    dpg.mvThemeCol_Border,
)
_FRAME = (
    dpg.mvThemeCol_FrameBg,
    dpg.mvThemeCol_FrameBgHovered,
    dpg.mvThemeCol_FrameBgActive,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The theme of one kind of control; where ``off`` is empty it has no disabled look."""

    name: str
    kinds: tuple[int, ...]
    on: Roles
    off: Roles = ()
    measures: Measures = ()


def controls() -> Iterator[Control]:
    """Yield every control that there is."""
    yield from _buttons()
    yield from _points()
    yield from _lines()
    yield from _boxes()
    yield from _sliders()


def _roles(targets: tuple[int, ...], *roles: str) -> Roles:
    return tuple(zip(targets, roles, strict=True))


def _button(
    name: str, *on: str, off: tuple[str, ...], padding: tuple[float, float], rounding: int = 8
) -> Control:
    return Control(
        name=name,
        kinds=(dpg.mvButton,),
        on=_roles(_BUTTON, *on),
        off=_roles(_BUTTON, *off),
        measures=(
            (dpg.mvStyleVar_FramePadding, padding),
            (dpg.mvStyleVar_FrameRounding, (rounding,)),
        ),
    )


def _buttons() -> Iterator[Control]:
    off = ("track", "track", "track", "on_track", "")
    plain = ("surface", "sunken", "track")
    wide, close = (20, 11), (12, 6)
    filled = ("accent", "accent_hover", "accent_active", "on_accent", "")
    yield _button("primary", *filled, off=off, padding=wide)
    yield _button("secondary", *plain, "text", "border", off=off, padding=wide)
    yield _button("danger", *plain, "bad", "border", off=off, padding=wide)
    yield _button("small", *plain, "text", "border", off=off, padding=close)
    busy = ("accent_soft", "accent_soft", "accent_soft", "accent_text", "")
    yield _button("under-way", *plain, "text", "border", off=busy, padding=close)
    # the padding of the line that they stand beside, else the row is higher than any of them
    yield _button("step", *plain, "text", "border", off=off, padding=(0, 9))
    bare, pale = ("", "accent_soft", "accent_soft"), ("", "", "", "muted", "")
    yield _button("quiet", *bare, "accent_text", "", off=pale, padding=(14, 11))
    yield _button("tab", *bare, "muted", "", off=pale, padding=(16, 10))
    yield _button("tab-on", *bare, "text", "", off=pale, padding=(16, 10))


def _points() -> Iterator[Control]:
    """Yield the points of a scale: round buttons, the chosen one filled."""
    bare, free = ("surface", "accent_soft", "accent_soft"), ("sunken", "sunken", "sunken")
    off = (*free, "muted", "border")
    yield _button("point", *bare, "text", "faint", off=off, padding=(0, 0), rounding=20)
    yield _button("point-bad", *bare, "text", "bad", off=off, padding=(0, 0), rounding=20)
    on = ("accent", "accent_hover", "accent_active", "on_accent", "accent")
    kept = ("track", "track", "track", "text", "border")
    yield _button("point-on", *on, off=kept, padding=(0, 0), rounding=20)


def _lines() -> Iterator[Control]:
    """Yield lines of text and lists that open: their arrow is a button."""
    arrow = _BUTTON[:3]
    for name, line in (("field", "faint"), ("field-bad", "bad")):
        yield Control(
            name=name,
            kinds=(dpg.mvInputText, dpg.mvCombo),
            on=(
                (dpg.mvThemeCol_Border, line),
                *_roles(arrow, "field", "field_hover", "field_hover"),
            ),
            off=(
                *_roles(_FRAME, "sunken", "sunken", "sunken"),
                *_roles(arrow, "sunken", "sunken", "sunken"),
                (dpg.mvThemeCol_Text, "muted"),
                (dpg.mvThemeCol_Border, "border"),
            ),
            # else the list takes the padding of the card it stands in
            measures=((dpg.mvStyleVar_WindowPadding, (12, 10)),),
        )


def _boxes() -> Iterator[Control]:
    """Yield boxes to tick and options: empty they have a border, ticked they are filled."""
    ticked = (*_FRAME, dpg.mvThemeCol_CheckMark, dpg.mvThemeCol_Border)
    empty = (*_FRAME, dpg.mvThemeCol_Border)
    for shape, rounding in (("box", 6), ("option", 13)):
        measures: Measures = (
            (dpg.mvStyleVar_FramePadding, (4, 4)),
            (dpg.mvStyleVar_FrameRounding, (rounding,)),
        )
        kinds = (dpg.mvCheckbox,)
        for name, line in ((shape, "faint"), (f"{shape}-bad", "bad")):
            yield Control(
                name=name,
                kinds=kinds,
                on=((dpg.mvThemeCol_Border, line),),
                off=_roles(empty, "sunken", "sunken", "sunken", "border"),
                measures=measures,
            )
        on = ("accent", "accent_hover", "accent_active", "on_accent", "accent")
        yield Control(
            name=f"{shape}-on",
            kinds=kinds,
            on=_roles(ticked, *on),
            off=_roles(ticked, "track", "track", "track", "on_track", "border"),
            measures=measures,
        )


def _sliders() -> Iterator[Control]:
    targets = (*_FRAME, dpg.mvThemeCol_SliderGrab, dpg.mvThemeCol_Border)
    for name, grab in (("slider", "mark"), ("slider-untouched", "faint")):
        yield Control(
            name=name,
            kinds=(dpg.mvSliderInt,),
            on=_roles(targets, "track", "track", "track", grab, ""),
            off=_roles(targets, "track", "track", "track", "faint", ""),
            measures=(
                (dpg.mvStyleVar_FrameRounding, (11,)),
                (dpg.mvStyleVar_FramePadding, (4, 2)),
                (dpg.mvStyleVar_FrameBorderSize, (0,)),
            ),
        )

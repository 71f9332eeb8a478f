"""Windows beside each other; the contrast of every pair of colours that the themes put together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import dearpygui.dearpygui as dpg
import pytest

from palier.client.screens.kit import Kit
from palier.client.screens.look import Look, tiles
from palier.client.screens.tokens import PALETTES, PaletteName, Rgba, contrast
from palier.client.screens.window import context

#: Colours that fill what text stands on, by what they belong to.
PANELS = {
    dpg.mvThemeCol_WindowBg, dpg.mvThemeCol_ChildBg, dpg.mvThemeCol_PopupBg,
    dpg.mvThemeCol_MenuBarBg, dpg.mvThemeCol_TableHeaderBg, dpg.mvThemeCol_TableRowBg,
    dpg.mvThemeCol_TableRowBgAlt, dpg.mvThemeCol_TitleBg, dpg.mvThemeCol_TitleBgActive,
}  # fmt: skip
FILLS = {
    dpg.mvThemeCol_Button, dpg.mvThemeCol_ButtonHovered, dpg.mvThemeCol_ButtonActive,
    dpg.mvThemeCol_FrameBg, dpg.mvThemeCol_FrameBgHovered, dpg.mvThemeCol_FrameBgActive,
    dpg.mvThemeCol_Header, dpg.mvThemeCol_HeaderHovered, dpg.mvThemeCol_HeaderActive,
    dpg.mvThemeCol_Tab, dpg.mvThemeCol_TabHovered, dpg.mvThemeCol_TabActive,
    dpg.mvThemeCol_TabUnfocused, dpg.mvThemeCol_TabUnfocusedActive,
}  # fmt: skip
#: A slider and a progress bar fill a track: no text stands in them.
BARE = {
    dpg.mvSliderInt, dpg.mvSliderFloat, dpg.mvProgressBar, dpg.mvCheckbox, dpg.mvRadioButton,
    dpg.mvPlot,
}  # fmt: skip

READABLE = 4.5
#: An opaque colour; what is less is drawn over another one.
SOLID = 255


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (2, 1), (4, 2), (5, 2), (10, 3)])
def test_windows_fill_the_screen_without_covering_each_other(count: int, rows: int) -> None:
    places = tiles(count, (1920, 1080))

    assert len(places) == count
    assert len({top for _, top, _, _ in places}) == rows
    for left, top, width, height in places:
        assert 0 <= left <= left + width <= 1920
        assert 0 < top <= top + height <= 1080
    corners = {(left, top) for left, top, _, _ in places}
    assert len(corners) == count


def test_the_code_of_a_locked_window_is_in_no_log() -> None:
    look = Look(unlock_code="open sesame")
    assert look.locked
    assert "sesame" not in repr(look)
    assert not Look().locked


# -- contrast -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Component:
    """One part of a theme: the colours of one kind of item, enabled or not."""

    theme: str
    kind: int
    enabled: bool
    colours: dict[int, Rgba]

    @property
    def name(self) -> str:
        return f"{self.theme}{'' if self.enabled else ', disabled'}"


def components(kit: Kit) -> Iterator[Component]:
    """Yield what Dear PyGui has been told, whoever told it."""
    names = {item: name for name, item in kit.themes._themes.items()}
    for theme in dpg.get_all_items():
        if dpg.get_item_type(theme) != "mvAppItemType::mvTheme":
            continue
        for part in dpg.get_item_children(theme, 1):
            options = dpg.get_item_configuration(part)
            colours = {
                dpg.get_item_configuration(one)["target"]: _rgba(dpg.get_value(one))
                for one in dpg.get_item_children(part, 1)
                if dpg.get_item_type(one) == "mvAppItemType::mvThemeColor"
            }
            yield Component(
                names.get(theme, "base"), options["item_type"], options["enabled_state"], colours
            )


def _rgba(given: list[float]) -> Rgba:
    red, green, blue, alpha = (round(one) for one in given)
    return red, green, blue, alpha


def written(colour: Rgba) -> str:
    return "#" + bytes(colour[:3]).hex()


def over(colour: Rgba, ground: Rgba) -> Rgba:
    """Return what is seen of a colour that lets its ground through."""
    share = colour[3] / SOLID
    mixed = (
        round(a * share + b * (1 - share)) for a, b in zip(colour[:3], ground[:3], strict=True)
    )
    red, green, blue = mixed
    return red, green, blue, SOLID


def pairs(kit: Kit) -> Iterator[tuple[str, Rgba, Rgba]]:
    """Yield every ink with every ground that the themes can put below it."""
    found = [one for one in components(kit) if one.kind not in BARE]
    base = next(one for one in found if one.theme == "base" and dpg.mvThemeCol_Text in one.colours)
    text = base.colours[dpg.mvThemeCol_Text]
    panels = {
        colour: one.name
        for one in found
        for target, colour in one.colours.items()
        if target in PANELS and colour[3] == SOLID
    }
    inks = [
        (one.name, one.colours[dpg.mvThemeCol_Text])
        for one in found
        if dpg.mvThemeCol_Text in one.colours and not FILLS & one.colours.keys()
    ]
    for (name, ink), (ground, where) in product([*inks, ("base", text)], panels.items()):
        yield f"{name} on {where}", ink, ground
    for one in found:
        ink = one.colours.get(dpg.mvThemeCol_Text, text)
        for target in FILLS & one.colours.keys():
            for panel in panels:
                yield one.name, ink, over(one.colours[target], panel)


@pytest.mark.parametrize("palette", PALETTES)
def test_whatever_the_themes_put_together_can_be_read(palette: PaletteName) -> None:
    with context(palette=palette, scale=1.0, language="en") as kit:
        found = set(pairs(kit))
    assert len(found) > 80, "the themes were looked at"
    poor = {
        f"{name}: {written(ink)} on {written(ground)} has {reached:.2f}"
        for name, ink, ground in found
        if (reached := contrast(written(ink), written(ground))) < READABLE
    }
    assert not poor


def test_a_pair_that_cannot_be_read_is_found() -> None:
    with context(palette="light", scale=1.0, language="en") as kit:
        kit.themes._add(
            "wrong", dpg.mvText, colours=((dpg.mvThemeCol_Text, (200, 200, 200, SOLID)),)
        )
        names = {
            name
            for name, ink, ground in pairs(kit)
            if contrast(written(ink), written(ground)) < READABLE
        }
    assert any(name.startswith("wrong on") for name in names)

"""Whatever a theme writes can be read on whatever it writes it on: read from the themes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import dearpygui.dearpygui as dpg
import pytest

from palier.client.screens.kit import Kit
from palier.client.screens.tokens import PALETTES, PaletteName, contrast
from palier.client.screens.window import context

#: Where the text of an item stands, in each of its states.
_FRAMES = (
    dpg.mvThemeCol_FrameBg,
    dpg.mvThemeCol_FrameBgHovered,
    dpg.mvThemeCol_FrameBgActive,
)
_GROUNDS = {
    dpg.mvButton: (
        dpg.mvThemeCol_Button,
        dpg.mvThemeCol_ButtonHovered,
        dpg.mvThemeCol_ButtonActive,
    ),
    dpg.mvInputText: _FRAMES,
    dpg.mvCombo: _FRAMES,
}
#: What is seen through an item without a ground of its own.
_BEHIND = ("surface", "background")


def _hex(value: list[float]) -> str:
    return "#" + "".join(f"{round(channel):02X}" for channel in value[:3])


def _colours(component: int | str) -> dict[int, list[float]]:
    items = dpg.get_item_children(component, 1)
    colours = [one for one in items if dpg.get_item_type(one).endswith("mvThemeColor")]
    return {dpg.get_item_configuration(one)["target"]: dpg.get_value(one) for one in colours}


def _pairs(kit: Kit, palette: PaletteName) -> Iterator[tuple[str, str, str]]:
    """Yield for each theme what is written, and what it stands on."""
    colours = PALETTES[palette]
    usual = {
        dpg.mvThemeCol_FrameBg: colours.field,
        dpg.mvThemeCol_FrameBgHovered: colours.field_hover,
        dpg.mvThemeCol_FrameBgActive: colours.field,
    }
    for name, theme in kit.themes._themes.items():
        for component in dpg.get_item_children(theme, 1):
            kind = dpg.get_item_configuration(component)["item_type"]
            own = _colours(component)
            ink = _hex(own[dpg.mvThemeCol_Text]) if dpg.mvThemeCol_Text in own else colours.text
            for target in _GROUNDS.get(kind, ()):
                ground = own.get(target)
                if ground is not None and ground[3]:
                    yield name, ink, _hex(ground)
                elif ground is None and target in usual:
                    yield name, ink, usual[target]
                else:
                    yield from ((name, ink, getattr(colours, behind)) for behind in _BEHIND)


@pytest.mark.parametrize("palette", PALETTES)
def test_what_a_theme_writes_can_be_read_in_every_state(palette: PaletteName) -> None:
    with context(palette=palette, scale=1.0, language="en") as kit:
        pairs = set(_pairs(kit, palette))

    assert {"primary", "quiet", "tab", "point-on", "field-bad"} <= {name for name, _, _ in pairs}
    unread = [
        (name, ink, ground, round(contrast(ink, ground), 2))
        for name, ink, ground in sorted(pairs)
        if contrast(ink, ground) < 4.5
    ]
    assert unread == []


@pytest.mark.parametrize("palette", PALETTES)
def test_a_tick_can_be_told_from_its_box(palette: PaletteName) -> None:
    with context(palette=palette, scale=1.0, language="en") as kit:
        boxes = [
            _colours(component)
            for name, enabled in product(("box-on", "option-on"), (True, False))
            for component in dpg.get_item_children(kit.themes._themes[name], 1)
            if dpg.get_item_configuration(component)["enabled_state"] is enabled
        ]

    assert len(boxes) == 4
    for box in boxes:
        ticks, ground = box[dpg.mvThemeCol_CheckMark], box[dpg.mvThemeCol_FrameBg]
        assert contrast(_hex(ticks), _hex(ground)) >= 3

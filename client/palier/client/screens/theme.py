"""The tokens as Dear PyGui themes.

Dear PyGui's themes cascade: one bound to a panel reaches everything inside. So each kind of panel
restates padding, rounding, border and spacing, and nothing depends on where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import dearpygui.dearpygui as dpg

from palier.client.screens.controls import Roles, controls
from palier.client.screens.fonts import Item
from palier.client.screens.tokens import CLEAR, Palette, Rgba, rgba

_Colour: TypeAlias = tuple[int, Rgba]
_Style: TypeAlias = tuple[Any, ...]


class Themes:
    """Builds every theme once; `bind` hangs one on an item. Needs a context."""

    def __init__(self, palette: Palette, *, px: Callable[[float], int]) -> None:
        self._palette = palette
        self._px = px
        self._themes: dict[str, Item] = {}
        self._base()
        self._panels()
        self._groups()
        self._controls()
        self._rows()
        self._texts()
        self._tables()

    def bind(self, item: Item, name: str) -> None:
        """Hang a theme on an item."""
        dpg.bind_item_theme(item, self._themes[name])

    def hold(self, name: str, fill: Callable[[], None]) -> None:
        """Have a theme that only some screens need: filled the first time it is asked for."""
        if name not in self._themes:
            with dpg.theme() as theme:
                fill()
            self._themes[name] = theme

    def _colour(self, role: str, alpha: int = 255) -> Rgba:
        return rgba(getattr(self._palette, role), alpha)

    def _add(
        self,
        name: str,
        *kinds: int,
        colours: Iterable[_Colour] = (),
        styles: Iterable[_Style] = (),
        disabled: Iterable[_Colour] = (),
    ) -> None:
        off = tuple(disabled)
        lit = tuple(colours)
        shaped = tuple(styles)
        with dpg.theme() as theme:
            for kind in kinds:
                _component(kind, lit, shaped, enabled=True)
                if off:
                    _component(kind, off, shaped, enabled=False)
        self._themes[name] = theme

    def _base(self) -> None:
        with dpg.theme() as theme:
            _component(dpg.mvAll, self._base_colours(), self._base_styles(), enabled=True)
            # else each line of text stands in the air of a field's padding
            _component(dpg.mvText, (), ((dpg.mvStyleVar_FramePadding, 0, 0),), enabled=True)
        dpg.bind_theme(theme)

    def _base_colours(self) -> tuple[_Colour, ...]:
        roles = {
            dpg.mvThemeCol_WindowBg: "background",
            dpg.mvThemeCol_ChildBg: "background",
            dpg.mvThemeCol_PopupBg: "surface",
            dpg.mvThemeCol_Border: "border",
            dpg.mvThemeCol_Text: "text",
            dpg.mvThemeCol_TextDisabled: "on_track",
            dpg.mvThemeCol_FrameBg: "field",
            dpg.mvThemeCol_FrameBgHovered: "field_hover",
            dpg.mvThemeCol_FrameBgActive: "field",
            dpg.mvThemeCol_Button: "surface",
            dpg.mvThemeCol_ButtonHovered: "sunken",
            dpg.mvThemeCol_ButtonActive: "track",
            dpg.mvThemeCol_Header: "accent_soft",
            dpg.mvThemeCol_HeaderHovered: "sunken",
            dpg.mvThemeCol_HeaderActive: "accent_soft",
            dpg.mvThemeCol_CheckMark: "mark",
            dpg.mvThemeCol_SliderGrab: "mark",
            dpg.mvThemeCol_SliderGrabActive: "accent_active",
            dpg.mvThemeCol_ScrollbarGrabHovered: "faint",
            dpg.mvThemeCol_ScrollbarGrabActive: "faint",
            dpg.mvThemeCol_Separator: "border",
            dpg.mvThemeCol_TableHeaderBg: "surface",
            dpg.mvThemeCol_TableBorderLight: "border",
            dpg.mvThemeCol_TableBorderStrong: "border",
            dpg.mvThemeCol_TableRowBg: "surface",
            dpg.mvThemeCol_TableRowBgAlt: "surface",
            # invisible by default: who uses the keyboard must see where they are
            dpg.mvThemeCol_NavHighlight: "mark",
        }
        return (
            *((target, self._colour(role)) for target, role in roles.items()),
            (dpg.mvThemeCol_TextSelectedBg, self._colour("mark", 70)),
            (dpg.mvThemeCol_ScrollbarBg, CLEAR),
            (dpg.mvThemeCol_ScrollbarGrab, self._colour("faint", 120)),
            # the default draws a dark bevel around every field
            (dpg.mvThemeCol_BorderShadow, CLEAR),
        )

    def _base_styles(self) -> tuple[_Style, ...]:
        px = self._px
        return (
            (dpg.mvStyleVar_WindowPadding, 0, 0),
            (dpg.mvStyleVar_WindowBorderSize, 0),
            (dpg.mvStyleVar_WindowRounding, 0),
            (dpg.mvStyleVar_ChildRounding, px(12)),
            (dpg.mvStyleVar_ChildBorderSize, 1),
            (dpg.mvStyleVar_FramePadding, px(12), px(9)),
            (dpg.mvStyleVar_FrameRounding, px(8)),
            (dpg.mvStyleVar_FrameBorderSize, 1),
            (dpg.mvStyleVar_ItemSpacing, px(10), px(8)),
            (dpg.mvStyleVar_ItemInnerSpacing, px(10), px(6)),
            (dpg.mvStyleVar_ScrollbarSize, px(10)),
            (dpg.mvStyleVar_ScrollbarRounding, px(5)),
            (dpg.mvStyleVar_GrabMinSize, px(26)),
            (dpg.mvStyleVar_GrabRounding, px(11)),
            (dpg.mvStyleVar_PopupRounding, px(10)),
            (dpg.mvStyleVar_PopupBorderSize, 1),
            (dpg.mvStyleVar_CellPadding, px(10), px(7)),
            (dpg.mvStyleVar_ButtonTextAlign, 0.5, 0.5),
        )

    def _panel(
        self,
        name: str,
        ground: Rgba,
        *,
        padding: tuple[int, int],
        rounding: int = 0,
        border: str = "",
        spacing: tuple[int, int] = (10, 8),
    ) -> None:
        px = self._px
        line = self._colour(border) if border else CLEAR
        self._add(
            name,
            dpg.mvChildWindow,
            colours=((dpg.mvThemeCol_ChildBg, ground), (dpg.mvThemeCol_Border, line)),
            styles=(
                (dpg.mvStyleVar_WindowPadding, px(padding[0]), px(padding[1])),
                (dpg.mvStyleVar_ChildRounding, px(rounding)),
                (dpg.mvStyleVar_ChildBorderSize, 1 if border else 0),
                (dpg.mvStyleVar_ItemSpacing, px(spacing[0]), px(spacing[1])),
            ),
        )

    def _panels(self) -> None:
        colour = self._colour
        surface = colour("surface")
        self._panel("card", surface, padding=(28, 26), rounding=12, border="border")
        self._panel("dense-card", surface, padding=(18, 14), rounding=12, border="border")
        self._panel("bar", surface, padding=(24, 14), spacing=(10, 0))
        self._panel("status", surface, padding=(24, 11))
        self._panel("plain", CLEAR, padding=(0, 0), spacing=(0, 0))
        for name, ground in (
            *((f"notice-{tone}", f"{tone}_soft") for tone in ("ok", "warn", "bad")),
            ("notice-info", "accent_soft"),
            ("placeholder", "sunken"),
        ):
            self._panel(name, colour(ground), padding=(18, 16), rounding=10, spacing=(12, 8))
        # the scroll bar takes its 10 pixels from the margin; filling the ground twice is not free
        self._panel("page", CLEAR, padding=(14, 8), spacing=(0, 0))
        warn = colour("warn_soft")
        self._panel(
            "alert-card", warn, padding=(18, 11), rounding=12, border="warn", spacing=(10, 6)
        )
        for tone in ("ok", "warn", "bad"):
            self._panel(f"strip-{tone}", colour(f"{tone}_soft"), padding=(24, 11))
        self._panel("strip-calm", colour("accent_soft"), padding=(24, 12), spacing=(10, 3))
        px = self._px
        self._add(
            "toast",
            dpg.mvWindowAppItem,
            colours=(
                (dpg.mvThemeCol_WindowBg, surface),
                (dpg.mvThemeCol_Border, colour("faint")),
            ),
            styles=(
                (dpg.mvStyleVar_WindowPadding, px(18), px(16)),
                (dpg.mvStyleVar_WindowRounding, px(12)),
                (dpg.mvStyleVar_WindowBorderSize, 1),
                (dpg.mvStyleVar_ItemSpacing, px(10), px(4)),
            ),
        )
        self._add("root", dpg.mvWindowAppItem, styles=((dpg.mvStyleVar_ItemSpacing, 0, 0),))
        self._add(
            "veil", dpg.mvWindowAppItem, colours=((dpg.mvThemeCol_WindowBg, colour("veil", 150)),)
        )

    def _groups(self) -> None:
        px = self._px
        spacings = (("gutter", 16, 16), ("flush", 0, 0), ("tight", 4, 4), ("body", 10, 8))
        for name, across, down in spacings:
            self._add(
                name,
                dpg.mvGroup,
                styles=((dpg.mvStyleVar_ItemSpacing, px(across), px(down)),),
            )

    def _controls(self) -> None:
        for one in controls():
            self._add(
                one.name,
                *one.kinds,
                colours=self._coloured(one.on),
                disabled=self._coloured(one.off),
                styles=(
                    (target, *(self._px(length) for length in lengths))
                    for target, lengths in one.measures
                ),
            )

    def _coloured(self, roles: Roles) -> tuple[_Colour, ...]:
        return tuple((target, self._colour(role) if role else CLEAR) for target, role in roles)

    def _rows(self) -> None:
        # the row that it stands in is coloured, not the line of text
        self._add(
            "choice",
            dpg.mvSelectable,
            colours=(
                (dpg.mvThemeCol_Header, CLEAR),
                (dpg.mvThemeCol_HeaderHovered, CLEAR),
                (dpg.mvThemeCol_HeaderActive, CLEAR),
            ),
            styles=((dpg.mvStyleVar_ItemSpacing, self._px(10), 0),),
        )

    def _texts(self) -> None:
        for ink in ("muted", "ok", "warn", "bad", "accent_text"):
            self._add(ink, dpg.mvText, colours=((dpg.mvThemeCol_Text, self._colour(ink)),))

    def _tables(self) -> None:
        px = self._px
        for name, padding in (
            ("row", (0, 0)),
            ("grid", (8, 7)),
            ("dense-grid", (8, 5)),
            ("feed", (8, 2)),
        ):
            self._add(
                name,
                dpg.mvTable,
                styles=((dpg.mvStyleVar_CellPadding, px(padding[0]), px(padding[1])),),
            )


def _component(
    kind: int, colours: Iterable[_Colour], styles: Iterable[_Style], *, enabled: bool
) -> None:
    with dpg.theme_component(kind, enabled_state=enabled):
        for target, colour in colours:
            dpg.add_theme_color(target, colour)
        for target, *values in styles:
            dpg.add_theme_style(target, *values)

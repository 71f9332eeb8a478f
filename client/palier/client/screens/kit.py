"""The pieces every screen is put together from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item, load_fonts
from palier.client.screens.theme import Themes
from palier.client.screens.tokens import PALETTES, PaletteName, Rgba, rgba
from palier.client.screens.words import Words

#: Texts whose width is remembered: measuring takes as long as changing an item.
_REMEMBERED = 4096


class Inside:
    """What is added while it is open goes into an item; a container of Dear PyGui, made cheaply."""

    __slots__ = ("_item",)

    def __init__(self, item: Item) -> None:
        self._item = item

    def __enter__(self) -> Item:
        dpg.push_container_stack(self._item)
        return self._item

    def __exit__(self, *_: object) -> None:
        dpg.pop_container_stack()


class Kit:
    """Makes items in the current container; needs a context, and the main thread.

    ``named`` maps our own names ("submit", "field.amount") to items: Dear PyGui's errors about
    its tags name no tag, and its tags are global.
    """

    def __init__(
        self, *, palette: PaletteName, scale: float, words: Words, language: str = "en"
    ) -> None:
        self.palette = PALETTES[palette]
        self.scale = scale
        self.words = words
        self.language = language
        #: Whether the window cannot be closed by whoever sits before it.
        self.locked = False
        self.named: dict[str, Item] = {}
        self.fonts = load_fonts(scale)
        self.themes = Themes(self.palette, px=self.px)
        self._told: dict[Item, Callable[[], None]] = {}
        self._colours: dict[tuple[str, int], Rgba] = {}
        self._widths: dict[tuple[str, str], float] = {}
        # one registry of handlers for all items: they would outlive the items of a page
        with dpg.item_handler_registry() as self._edits:
            dpg.add_item_edited_handler(callback=lambda _, item, __: self._tell(item))
        with dpg.item_handler_registry() as self._clicks:
            dpg.add_item_clicked_handler(
                dpg.mvMouseButton_Left, callback=lambda _, clicked, __: self._tell(clicked[1])
            )

    def on_edit(self, item: Item, told: Callable[[], None]) -> None:
        """Call ``told`` at each keystroke; the item's own callback is left to Enter."""
        self._told[item] = told
        dpg.bind_item_handler_registry(item, self._edits)

    def on_click(self, item: Item, told: Callable[[], None]) -> None:
        """Call ``told`` when something is clicked that is no button."""
        self._told[item] = told
        dpg.bind_item_handler_registry(item, self._clicks)

    def forget(self, parent: Item) -> None:
        """Delete what is inside an item, and what was known of it."""
        dpg.delete_item(parent, children_only=True)
        self._told = {one: told for one, told in self._told.items() if dpg.does_item_exist(one)}
        self.named = {name: one for name, one in self.named.items() if dpg.does_item_exist(one)}

    def _tell(self, item: Item) -> None:
        # the item may have gone with its page since the event was queued
        if item in self._told:
            self._told[item]()

    def px(self, length: float) -> int:
        """Return a length at scale 1 as pixels of this screen."""
        return round(length * self.scale)

    def width(self, text: str, role: str) -> float:
        """Return the width of a text in the font of a role, in pixels: `text_width`, remembered."""
        known = self._widths.get((text, role))
        if known is None:
            known = text_width(text, self.fonts[role])
            if not self._widths and not is_measured(self):
                return known  # it was a guess
            if len(self._widths) >= _REMEMBERED:
                self._widths = {}
            self._widths[text, role] = known
        return known

    def colour(self, role: str, alpha: int = 255) -> Rgba:
        """Return the colour of a role."""
        known = self._colours.get((role, alpha))
        if known is None:
            known = self._colours[role, alpha] = rgba(getattr(self.palette, role), alpha)
        return known

    def name(self, name: str, item: Item) -> Item:
        """Give an item one of our names; the newest holder of a name has it."""
        self.named[name] = item
        return item

    def text(
        self,
        text: str,
        *,
        role: str = "body",
        ink: str = "text",
        wrap: bool = False,
        width: int = 0,
        **more: Any,
    ) -> Item:
        """Add text; with ``wrap`` it breaks at the edge of its panel, with ``width`` there."""
        item: Item = dpg.add_text(text, wrap=width or (0 if wrap else -1), **more)
        if role != "body":  # which is the font of all that has no other
            dpg.bind_item_font(item, self.fonts[role])
        if ink != "text":  # which it is anyway
            self.ink(item, ink)
        return item

    def ink(self, item: Item, ink: str) -> None:
        """Colour a text anew."""
        if ink == "text":
            dpg.bind_item_theme(item, 0)
        else:
            self.themes.bind(item, ink)

    def button(
        self, label: str, *, press: Callable[[], None], kind: str = "secondary", **more: Any
    ) -> Item:
        """Add a button."""
        item: Item = dpg.add_button(label=label, callback=lambda *_: press(), **more)
        dpg.bind_item_font(item, self.fonts["small-strong" if kind == "small" else "strong"])
        self.themes.bind(item, kind)
        return item

    def choice(self, label: str, *, chosen: Callable[[], None]) -> Item:
        """Add the first cell of a row of a table that can be chosen, or not, by a click on it."""
        item: Item = dpg.add_selectable(
            label=label,
            span_columns=True,
            height=self.px(18),
            callback=lambda *_: chosen(),
        )
        dpg.bind_item_font(item, self.fonts["strong"])
        self.themes.bind(item, "choice")
        return item

    def canvas(self, *, width: int, height: int, show: bool = True) -> Item:
        """Add a place to draw into, which the keyboard passes by; `reveal` shows and hides it."""
        # alone, it would be a stop of the Tab key that nobody sees
        group: Item = dpg.add_group(enabled=False, show=show)
        item: Item = dpg.add_drawlist(width=width, height=height, parent=group)
        return item

    @staticmethod
    def reveal(canvas: Item, *, on: bool) -> None:
        """Show what was drawn, or hide it and its place."""
        dpg.configure_item(dpg.get_item_parent(canvas), show=on)

    def gap(self, height: float) -> None:
        """Add vertical space."""
        dpg.add_spacer(height=self.px(height))

    def lower(self, text: Item, *, ink: str, by: float) -> None:
        """Push a text down within its line, so that it stands on that of what is beside it."""
        name = f"{ink}-lower-{by:g}"
        self.themes.hold(name, lambda: _lowered(colour=self.colour(ink), down=self.px(by)))
        self.themes.bind(text, name)

    def group(self, theme: str = "", **more: Any) -> Inside:
        """Put what follows into a group, with the spacing of a theme."""
        item: Item = dpg.add_group(**more)
        if theme:
            self.themes.bind(item, theme)
        return Inside(item)

    def panel(self, kind: str, **more: Any) -> Inside:
        """Open a panel of a kind named in the themes; only cards have borders and scroll."""
        card = kind.endswith("card")
        options = {"border": card, "no_scrollbar": True, "no_scroll_with_mouse": True, **more}
        item: Item = dpg.add_child_window(always_use_window_padding=True, **options)
        self.themes.bind(item, kind)
        return Inside(item)

    def across(self, *, spacing: float = 10, theme: str = "", **more: Any) -> Inside:
        """Put what follows side by side."""
        options = {"horizontal": True, "horizontal_spacing": self.px(spacing), **more}
        return self.group(theme, **options)

    @contextmanager
    def lowered(self, height: float) -> Iterator[Item]:
        """Push what follows down, so that small text stands on the line of large text."""
        with self.group("flush") as item:
            self.gap(height)
            yield item

    @contextmanager
    def row(self, *widths: float | None) -> Iterator[Item]:
        """Open a row over the full width: None stretches, a number is fixed.

        An invisible table is the only way to align right that survives a resize.
        """
        with dpg.table(
            header_row=False,
            policy=dpg.mvTable_SizingStretchProp,
            pad_outerX=False,
            no_pad_innerX=True,
        ) as table:
            self.themes.bind(table, "row")
            for width in widths:
                dpg.add_table_column(
                    width_stretch=width is None,
                    width_fixed=width is not None,
                    init_width_or_weight=1 if width is None else self.px(width),
                )
            with dpg.table_row():
                yield table

    def hairline(self) -> None:
        """Draw a line across the window."""
        canvas = self.canvas(width=8000, height=1)
        dpg.draw_line((0, 0), (8000, 0), color=self.colour("border"), parent=canvas)


def _lowered(*, colour: Rgba, down: int) -> None:
    with dpg.theme_component(dpg.mvText):
        dpg.add_theme_color(dpg.mvThemeCol_Text, colour)
        # a text is aligned with a field that has this padding
        dpg.add_theme_style(dpg.mvStyleVar_FramePadding, 0, down)


def is_measured(kit: Kit) -> bool:
    """Whether the fonts are loaded, so that `text_width` is no guess: after the first frame."""
    return dpg.get_text_size("M", font=kit.fonts["body"]) is not None


def press(item: Item) -> None:
    """Do what pressing a button does."""
    dpg.get_item_callback(item)(item, None, None)


def text_width(text: str, font: Item) -> float:
    """Return the width of text in pixels; before the first frame, a guess."""
    size = dpg.get_text_size(text, font=font)
    return float(size[0]) if size else len(text) * 9.0

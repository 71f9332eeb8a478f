"""Parts of which one is seen at a time."""

from __future__ import annotations

from itertools import accumulate

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.kit import text_width
from palier.client.screens.scene import Scene
from palier.client.screens.widgets.face import AnyWidgetFace, WidgetFace
from palier.client.screens.widgets.pile import Pile
from palier.schemas.screens.widgets import Tabs

#: Left and right of a title.
_PADDING = 16


class TabsFace(WidgetFace[Tabs]):
    """A row of titles, the chosen one underlined, and what belongs to it."""

    above = below = 16

    def __init__(self, scene: Scene, widget: Tabs) -> None:
        super().__init__(scene, widget)
        self._piles = tuple(
            Pile(scene.kit, tuple(map(scene.make, tab.children)), space=None)
            for tab in widget.children
        )
        self._buttons: list[Item] = []
        self._chosen = 0
        self._width = 0

    @property
    def inner(self) -> tuple[AnyWidgetFace, ...]:
        """The faces of all tabs."""
        return tuple(one for pile in self._piles for one in pile.faces)

    def build_inside(self) -> None:
        """Add titles, line and parts."""
        kit = self.kit
        with dpg.group() as whole:
            kit.themes.bind(whole, "flush")
            with kit.across(spacing=0) as self._row:
                for index in range(len(self._piles)):
                    press = lambda index=index: self.choose(index)  # noqa: E731 - binds the index
                    button = kit.button("", press=press, kind="tab")
                    self._buttons.append(button)
                    if self.widget.id:
                        kit.name(f"widget.{self.widget.id}.{index}", button)
            self._line = kit.canvas(width=1, height=kit.px(3))
            kit.gap(20)
            for pile in self._piles:
                pile.build(0)

    def choose(self, index: int) -> None:
        """Show another part."""
        self._chosen = index
        self.refresh()

    def shows(self, face: AnyWidgetFace) -> bool:
        """Return whether a face is in the part that is shown."""
        return face in self._piles[self._open].faces

    def reveal(self, face: AnyWidgetFace) -> None:
        """Show the part that a face is in."""
        for index, pile in enumerate(self._piles):
            if face in pile.faces:
                self.choose(index)

    @property
    def _open(self) -> int:
        """The part that is shown: another one, while the chosen one is hidden."""
        tabs = self.widget.children
        shown = [index for index, tab in enumerate(tabs) if self.scene.holds(tab.show_if)]
        return self._chosen if self._chosen in shown or not shown else shown[0]

    def refresh(self) -> None:
        """Say the titles anew, and bring the open part up to date."""
        super().refresh()
        for index, tab in enumerate(self.widget.children):
            chosen = index == self._open
            button, pile = self._buttons[index], self._piles[index]
            shown = self.scene.holds(tab.show_if)
            dpg.configure_item(button, label=self.scene.say(tab.title), show=shown)
            self.kit.themes.bind(button, "tab-on" if chosen else "tab")
            dpg.configure_item(pile.item, show=chosen and shown)
            pile.refresh()
        self._draw()

    def lay_out(self, width: int) -> None:
        """Fit a width; where the titles do not fit side by side, they stand in a column."""
        self._width = width
        for pile in self._piles:
            pile.lay_out(width)
        self._draw()

    def tick(self) -> None:
        """Let the open part do what is due."""
        self._piles[self._open].tick()

    def _draw(self) -> None:
        if not self._width:
            return
        kit = self.kit
        widths = [
            text_width(dpg.get_item_label(one) or "", kit.fonts["strong"]) + kit.px(2 * _PADDING)
            if dpg.is_item_shown(one)
            else 0.0
            for one in self._buttons
        ]
        beside = sum(widths) <= self._width
        dpg.configure_item(self._row, horizontal=beside)
        dpg.delete_item(self._line, children_only=True)
        dpg.configure_item(self._line, width=self._width)
        y = kit.px(1.5)
        edge = (self._width, y)
        dpg.draw_line((0, y), edge, color=kit.colour("border"), thickness=1, parent=self._line)
        if beside:
            right = list(accumulate(widths))[self._open]
            ends = (right - widths[self._open], y), (right, y)
            ink = kit.colour("mark")
            dpg.draw_line(*ends, color=ink, thickness=kit.px(2.5), parent=self._line)

"""Side by side, each as wide as it needs."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.scene import Scene
from palier.client.screens.widgets.face import SPACING, AnyWidgetFace, WidgetFace
from palier.schemas.screens.widgets import Row

#: Between two, at least.
_SPACE = 28
#: What fills the width it is given has no use for less than this.
_NARROWEST = 200


class RowFace(WidgetFace[Row]):
    """What needs its own width alone has it, the rest share what is left.

    Where that is too little, they stand one above the other. Widths are those of the last frame:
    the first one is a guess, and nothing but space moves when it was wrong.
    """

    def __init__(self, scene: Scene, widget: Row) -> None:
        super().__init__(scene, widget)
        self._inner = tuple(scene.make(one) for one in widget.children)
        self.above = max((one.above for one in self._inner), default=self.above)
        self.below = max((one.below for one in self._inner), default=self.below)
        self._spaces: list[Item] = []
        self._cells: list[Item] = []
        self._width = 0
        self._placed: tuple[object, ...] = ()

    @property
    def inner(self) -> tuple[AnyWidgetFace, ...]:
        """The faces within."""
        return self._inner

    @property
    def visible(self) -> bool:
        """Whether anything in it is seen."""
        return super().visible and any(one.visible for one in self._inner)

    def build_inside(self) -> None:
        """Add them, each in a panel if it fills one, with a space before it."""
        with self.kit.across(spacing=0) as self._row:
            self.kit.themes.bind(self._row, "flush")
            for one in self._inner:
                self._spaces.append(dpg.add_spacer(width=0, height=0, show=False))
                if one.fills:
                    with self.kit.panel("plain", auto_resize_y=True) as cell:
                        one.build(0)
                else:
                    one.build(0)
                    cell = one.item
                self._cells.append(cell)

    def refresh(self) -> None:
        """Bring all of them up to date."""
        super().refresh()
        for one, cell in zip(self._inner, self._cells, strict=True):
            one.refresh()
            dpg.configure_item(cell, show=one.visible)
        self._place()

    def lay_out(self, width: int) -> None:
        """Share the width."""
        self._width = width
        self._placed = ()
        self._place()

    def tick(self) -> None:
        """Place them anew where one has become wider."""
        for one in self._inner:
            if one.visible:
                one.tick()
        self._place()

    def _place(self) -> None:
        seen = tuple(one for one in self._inner if one.visible)
        own = {one: dpg.get_item_rect_size(one.item)[0] for one in seen if not one.fills}
        state = (self._width, seen, tuple(own.values()))
        if state == self._placed or not self._width:
            return
        self._placed = state
        gap = self.kit.px(_SPACE)
        left = self._width - round(sum(own.values())) - gap * (len(seen) - 1)
        filling = len(seen) - len(own)
        share = left // filling if filling else 0
        beside = left >= 0 and (not filling or share >= self.kit.px(_NARROWEST))
        if not filling and self.widget.align == "spread" and len(seen) > 1:
            gap += max(left, 0) // (len(seen) - 1)
        dpg.configure_item(self._row, horizontal=beside)
        self._fit(seen, share=share if beside else self._width, gap=gap if beside else 0)

    def _fit(self, seen: tuple[AnyWidgetFace, ...], *, share: int, gap: int) -> None:
        before: AnyWidgetFace | None = None
        for one, cell, space in zip(self._inner, self._cells, self._spaces, strict=True):
            # what stands above leaves some of it by itself
            left = before.leaves if before and not before.fills else SPACING
            down = 0 if gap else self.kit.px(14) + self.kit.px(SPACING) - self.kit.px(left)
            shown = before is not None and one in seen
            dpg.configure_item(space, show=shown, width=gap, height=down)
            if one.fills:
                dpg.configure_item(cell, width=share)
            one.lay_out(share if one.fills else self._width)
            before = one if one in seen else before

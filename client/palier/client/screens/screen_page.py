"""The page of a stage that has a screen of its own."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from palier.client.errands import Errands
from palier.client.screens.asking import key_of
from palier.client.screens.draft import Draft, read
from palier.client.screens.kit import Kit
from palier.client.screens.page import COLUMN, GUTTER, MARGIN, Page
from palier.client.screens.scene import Scene
from palier.client.screens.widgets.catalogue import every, make
from palier.client.screens.widgets.inputs import InputFace
from palier.client.screens.widgets.pile import Pile
from palier.client.state import Asking, View

#: A screen is at most so wide, in pixels at scale 1.
_WIDEST = 1232
#: What the margin leaves to the scroll bar.
_SCROLL = 10


class ScreenPage(Page):
    """A stage shown by its screen: the faces of its widgets, over one scene."""

    name = "screen"
    asks = True

    def __init__(self, kit: Kit, view: View, *, draft: Draft, errands: Errands) -> None:
        spec, screen = view.shown.spec, view.screen
        assert spec is not None
        assert isinstance(screen, Asking)
        super().__init__(kit, (*key_of(screen.stage), spec.digest))
        self.scene = Scene(
            kit,
            spec=spec,
            view=view,
            draft=draft,
            errands=errands,
            hand_in=self._hand_in,
            faces=make,
        )
        self.faces = tuple(self.scene.make(one) for one in spec.body)
        self._pile = Pile(kit, self.faces, space=GUTTER)

    def build(self) -> None:
        """Build all faces, one above the other."""
        kit = self.kit
        kit.gap(18)
        with kit.across(spacing=0):
            self._left = dpg.add_spacer(width=1)
            self._pile.build()
        kit.gap(24)
        self.refresh()

    def refresh(self) -> None:
        """Bring all faces up to date with the values."""
        self._pile.refresh()

    def follow(self, view: View) -> None:
        """Take a newer view of the same generation; what is typed stays."""
        self.scene.update(view)
        self.refresh()

    def lay_out(self, width: int) -> None:
        """Centre the screen."""
        kit = self.kit
        room = width - kit.px(2 * MARGIN + 1)
        widest = _WIDEST if any(one.roomy for one in self.faces) else COLUMN
        total = min(room, kit.px(widest))
        dpg.configure_item(self._left, width=kit.px(_SCROLL) + (room - total) // 2)
        self._pile.lay_out(total)

    def enter(self) -> None:
        """Go on from a stage that asks for nothing."""
        if self.scene.asking.stage.form is None:
            self._hand_in()

    def focus(self) -> None:
        """Go to the first input."""
        first = next((one for one in every(self.faces) if isinstance(one, InputFace)), None)
        if first is not None:
            first.focus()

    def _hand_in(self) -> None:
        scene = self.scene
        stage = scene.asking.stage
        if scene.locked:
            return
        if stage.form is None:
            scene.errands.submit(stage, None)
            return
        reading = read(stage.form, scene.draft, self.kit.words.numerals)
        if not reading.problems:
            scene.errands.submit(stage, reading.answer)

"""What changes by itself: progress, barrier, timer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import dearpygui.dearpygui as dpg

from palier.client.screens.count import Count
from palier.client.screens.drawings import draw_bar, draw_figures
from palier.client.screens.points import is_number
from palier.client.screens.remaining import Reading, read
from palier.client.screens.scene import Scene
from palier.client.screens.widgets.face import AnyWidgetFace, WidgetFace
from palier.schemas.message import Value
from palier.schemas.screens.widgets import Barrier, Progress, Timer


class ProgressFace(WidgetFace[Progress]):
    """A bar, and a sentence above it."""

    def __init__(self, scene: Scene, widget: Progress) -> None:
        super().__init__(scene, widget)
        self._width = 0
        self._drawn: tuple[float, int] | None = None

    def build_inside(self) -> None:
        """Add sentence and bar."""
        self._label = self.kit.text("", ink="muted", wrap=True, show=False)
        self._bar = self.kit.name(
            f"{self.widget.id or 'progress'}.bar", self.kit.canvas(width=1, height=1)
        )

    def refresh(self) -> None:
        """Say and draw it anew."""
        super().refresh()
        said = self.scene.say(self.widget.label)
        dpg.set_value(self._label, said)
        dpg.configure_item(self._label, show=bool(said))
        self._draw()

    def lay_out(self, width: int) -> None:
        """Be so wide."""
        self._width = width
        self._draw()

    @property
    def share(self) -> float:
        """How far it is, from 0 to 1; what cannot be computed is nowhere yet."""
        value, most = self.scene.value(self.widget.value), self.scene.value(self.widget.max)
        if not (is_number(value) and is_number(most)) or most <= 0:
            return 0.0
        return min(max(float(value / most), 0.0), 1.0)

    def _draw(self) -> None:
        wanted = (self.share, self._width)
        if self._width and wanted != self._drawn:
            self._drawn = wanted
            draw_bar(self.kit, self._bar, share=self.share, width=self._width)


class BarrierFace(WidgetFace[Barrier]):
    """Who has handed in this stage: a sentence, a bar, a dot for each."""

    def __init__(self, scene: Scene, widget: Barrier) -> None:
        super().__init__(scene, widget)
        self._width = 0

    def build_inside(self) -> None:
        """Add title and count."""
        kit = self.kit
        if self.widget.title:
            self._title = kit.text("", role="section", wrap=True)
            kit.gap(2)
        self._count = Count(kit, kit.words.ready_of, large=False)

    def refresh(self) -> None:
        """Count anew."""
        super().refresh()
        view = self.scene.view
        if self.widget.title:
            dpg.set_value(self._title, self.scene.say(self.widget.title))
        # how many there are is known with the stage, before the first of them has arrived
        self._count.show(view.arrived, view.expected or self.scene.asking.stage.parties)
        self._draw()

    def lay_out(self, width: int) -> None:
        """Be so wide."""
        self._width = width
        self._draw()

    def _draw(self) -> None:
        if self._width:
            self._count.draw(self._width)


class TimerFace(WidgetFace[Timer]):
    """The time that is left, large; it warns in the last seconds."""

    def __init__(self, scene: Scene, widget: Timer) -> None:
        super().__init__(scene, widget)
        self._reading: Reading | None = None

    def build_inside(self) -> None:
        """Add label and figures."""
        kit, name = self.kit, self.widget.id or "timer"
        self._label = kit.text("", ink="muted", wrap=True, show=False)
        self._figures = kit.name(f"{name}.drawn", kit.canvas(width=1, height=1))
        # what is drawn has no words for who asks
        self._said = kit.name(name, kit.text("", show=False))

    @property
    def visible(self) -> bool:
        """Whether there is a deadline, besides the widget's own condition."""
        return self.scene.view.countdown is not None and super().visible

    def refresh(self) -> None:
        """Say the label anew, and count."""
        super().refresh()
        said = self.scene.say(self.widget.label)
        dpg.set_value(self._label, said)
        dpg.configure_item(self._label, show=bool(said))
        self.tick()

    def tick(self) -> None:
        """Count down, by the clock."""
        countdown = self.scene.view.countdown
        reading = None if countdown is None else read(countdown, self.scene.clock())
        if reading is None or reading == self._reading:
            return
        self._reading = reading
        up = not reading.text
        shown = replace(reading, text=self.kit.words.time_up) if up else reading
        dpg.set_value(self._said, shown.text)
        draw_figures(self.kit, self._figures, shown, role="title" if up else "figure")


#: From model to face.
FACES: Mapping[type[Value], type[AnyWidgetFace]] = MappingProxyType(
    {Progress: ProgressFace, Barrier: BarrierFace, Timer: TimerFace}
)

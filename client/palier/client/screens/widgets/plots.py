"""Plots: a few series over shared axes, drawn anew at most twenty times a second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import dearpygui.dearpygui as dpg

from palier.client.screens.drawings import draw_legend, draw_placeholder
from palier.client.screens.extent import Axis, Curve, Ends, Extent, arrange
from palier.client.screens.fonts import Item
from palier.client.screens.points import Growing, Points, points_of
from palier.client.screens.scene import Scene
from palier.client.screens.widgets.face import AnyWidgetFace, WidgetFace
from palier.client.screens.widgets.plot_look import bind_plot, bind_series, ink, thickness
from palier.schemas.message import Value
from palier.schemas.screens.widgets import Plot, Series

#: Pixels at scale 1 that a plot is high, with what is written along its axis.
_HEIGHTS = {"small": 170, "medium": 260, "large": 400}

#: Pixels at scale 1 between names along the axis, and what stands left of the axis at least.
_APART, _LEFT = 18, 40

#: The kinds that are drawn as lines.
_LINES = ("line", "area", "stairs")

#: Seconds from one drawing of new points to the next.
_PAUSE = 0.05


class PlotFace(WidgetFace[Plot]):
    """A plot: title, legend, axes and series."""

    def __init__(self, scene: Scene, widget: Plot) -> None:
        super().__init__(scene, widget)
        # marks over a line may have its colour; two lines of one tone must be told apart
        seen: Counter[tuple[str, str]] = Counter()
        self._series: list[_Series] = []
        for one in widget.children:
            looks = (one.tone, "line" if one.kind in _LINES else one.kind)
            self._series.append(_Series(scene, one, rank=seen[looks]))
            seen[looks] += 1
        self._name = widget.id or "plot"
        self._width = 0
        self._stale = False
        self._drawn_at: float | None = None
        self._ends: tuple[Ends, Ends] = ((None, None), (None, None))
        self._labels: dict[Item, Axis] = {}
        self._legend_drawn: object = None
        #: How often points were drawn, for who measures.
        self.drawings = 0

    # -- building ---------------------------------------------------------------------------------

    @property
    def roomy(self) -> bool:
        """More room is more to see."""
        return True

    def build_inside(self) -> None:
        """Add title, legend, and the plot with its axes and series."""
        kit, widget = self.kit, self.widget
        if widget.title or widget.note:
            with kit.across(spacing=10):
                self._title = kit.text("", role="strong")
                with kit.lowered(3):
                    self._note = kit.text("", role="small", ink="muted")
        self._legend = kit.canvas(width=1, height=1, show=False)
        self._y_label = kit.text("", role="small", ink="muted", show=False)
        height = kit.px(_HEIGHTS[widget.size])
        self._nothing = kit.canvas(width=1, height=height, show=False)
        self._plot: Item = dpg.add_plot(
            width=1,
            height=height,
            no_title=True,
            no_mouse_pos=True,
            no_menus=True,
            no_box_select=True,
            no_inputs=True,
            show=False,
        )
        bind_plot(kit, self._plot)
        still = {"parent": self._plot, "no_menus": True, "no_highlight": True}
        self._x: Item = dpg.add_plot_axis(dpg.mvXAxis, no_gridlines=True, **still)
        self._y: Item = dpg.add_plot_axis(dpg.mvYAxis, **still)
        for one in self._series:
            one.build(self._y)
        kit.name(f"{self._name}.plot", self._plot)

    def refresh(self) -> None:
        """Say its words anew, and draw what has changed, now or a little later."""
        super().refresh()
        scene, widget = self.scene, self.widget
        if widget.title or widget.note:
            dpg.set_value(self._title, scene.say(widget.title))
            dpg.set_value(self._note, scene.say(widget.note))
        said = scene.say(widget.y_label)
        dpg.set_value(self._y_label, said)
        dpg.configure_item(self._y_label, show=bool(said))
        if widget.x_label:
            dpg.configure_item(self._x, label=scene.say(widget.x_label))
        self._draw_legend()
        changed = [one.read() for one in self._series]  # all of them, whatever the first says
        ends = self._given()
        if any(changed) or ends != self._ends:
            self._ends = ends
            self._stale = True
        self._draw_when_due()

    def lay_out(self, width: int) -> None:
        """Be so wide; what can be told apart on it may be more, or less."""
        if width != self._width:
            self._width = width
            dpg.configure_item(self._plot, width=width)
            self._draw_legend()
            self._draw()

    def tick(self) -> None:
        """Draw what came while it was too early."""
        self._draw_when_due()

    # -- drawing ----------------------------------------------------------------------------------

    def _draw_when_due(self) -> None:
        late = self._drawn_at is None or self.scene.clock() - self._drawn_at >= _PAUSE
        if self._stale and late and self._width:
            self._draw()

    def _draw(self) -> None:
        scene, widget, kit = self.scene, self.widget, self.kit
        self._stale = False
        self._drawn_at = scene.clock()
        self.drawings += 1
        height = kit.px(_HEIGHTS[widget.size])
        inside = self._width - kit.px(_LEFT)
        numerals = kit.words.numerals
        extent = arrange(
            [(one.kind, one.points) for one in self._series],
            x=self._ends[0],
            y=self._ends[1],
            size=(inside, height),
            say=lambda number, decimals: numerals.fixed(number, decimals=decimals),
            fits=lambda text: int(inside // (kit.width(text, "small") + kit.px(_APART))),
        )
        dpg.configure_item(self._plot, show=extent is not None)
        self.kit.reveal(self._nothing, on=extent is None)
        if extent is None:
            size = (self._width, height)
            draw_placeholder(kit, self._nothing, text=kit.words.nothing_yet, size=size)
            return
        self._fit(self._x, extent.x)
        self._fit(self._y, extent.y)
        for one, curve in zip(self._series, extent.curves, strict=True):
            one.draw(curve, extent)

    def _given(self) -> tuple[Ends, Ends]:
        """Return the ends of the axes that are given, as they are now."""
        number, widget = self.scene.number, self.widget
        return (
            (number(widget.x_min), number(widget.x_max)),
            (number(widget.y_min), number(widget.y_max)),
        )

    def _fit(self, item: Item, axis: Axis) -> None:
        """Set the ends of an axis, and what is written along it."""
        if self._labels.get(item) == axis:
            return
        self._labels[item] = axis
        dpg.set_axis_limits(item, axis.low, axis.high)
        if axis.labels:
            dpg.set_axis_ticks(item, axis.labels)
        else:
            dpg.reset_axis_ticks(item)

    def _draw_legend(self) -> None:
        """Name the series, where there are names for more than one."""
        kit = self.kit
        named = [(one.label, one.colour, one.thick) for one in self._series if one.label]
        show = len(named) > 1
        if (named, self._width) == self._legend_drawn or not self._width:
            return
        self._legend_drawn = (named, self._width)
        self.kit.reveal(self._legend, on=show)
        if show:
            draw_legend(kit, self._legend, entries=named, width=self._width)


class _Series:
    """One series: its points, and the items that draw them."""

    def __init__(self, scene: Scene, widget: Series, *, rank: int) -> None:
        self._scene = scene
        self._widget = widget
        self._rank = rank
        self._stream: Growing | None = None
        self._records: list[Any] | None = None
        self._listed = Points()
        kind, _, name = widget.source.partition(".")
        if kind == "stream":
            self._stream = Growing(name, opened=scene.asking.stage.opened_at, x=widget.x)

    @property
    def kind(self) -> str:
        return self._widget.kind

    @property
    def label(self) -> str:
        """What the legend calls it."""
        return self._scene.say(self._widget.label)

    @property
    def colour(self) -> tuple[int, int, int, int]:
        return ink(self._scene.kit, self._widget.tone, self._rank)

    @property
    def thick(self) -> float:
        return thickness(self._rank)

    @property
    def points(self) -> Points:
        return self._listed if self._stream is None else self._stream.points

    def build(self, axis: Item) -> None:
        """Add what draws it."""
        kit, parent = self._scene.kit, {"parent": axis}
        line: Callable[..., Item]
        match self.kind:
            case "bars":
                line = dpg.add_bar_series
            case "scatter":
                line = dpg.add_scatter_series
            case "stairs":
                line = dpg.add_stair_series
            case _:
                line = dpg.add_line_series
        self._area: Item | None = None
        if self.kind == "area":
            self._area = dpg.add_shade_series([], [], **parent)
        self._line = line([], [], **parent)
        # a line of one point would not be seen; where the newest is tells that a stream lives
        self._end: Item | None = None
        if self.kind in _LINES:
            self._end = dpg.add_scatter_series([], [], no_clip=True, **parent)
        items = [one for one in (self._area, self._line, self._end) if one is not None]
        cloud = self.kind == "scatter"
        bind_series(kit, self._widget.tone, self._rank, items, cloud=cloud)

    def read(self) -> bool:
        """Take what is new; return whether anything is."""
        if self._stream is not None:
            return self._stream.take(self._scene.view.shown.posts)
        records = self._scene.records(self._widget.source)
        if records is self._records or records == self._records:
            return False
        self._records = records
        self._listed = points_of(records, x=self._widget.x, y=self._widget.y)
        return True

    def draw(self, curve: Curve, extent: Extent) -> None:
        """Show a curve."""
        dpg.set_value(self._line, [curve.xs, curve.ys])
        if self.kind == "bars" and extent.bar:
            dpg.configure_item(self._line, weight=extent.bar)
        if self._area is not None:
            ground = extent.ground
            dpg.set_value(self._area, [curve.xs, curve.ys, [ground] * len(curve.xs)])
        if self._end is not None:
            last = self._stream is not None or len(curve.xs) == 1
            ends = [curve.xs[-1:], curve.ys[-1:]] if last else [[], []]
            dpg.set_value(self._end, ends)


#: From model to face.
FACES: Mapping[type[Value], type[AnyWidgetFace]] = MappingProxyType({Plot: PlotFace})

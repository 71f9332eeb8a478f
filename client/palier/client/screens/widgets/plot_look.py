"""How plots look: hairlines across, soft areas, a colour for each tone."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit
from palier.client.screens.tokens import CLEAR, Rgba

#: The role of the colour that draws a tone.
_INKS = {"accent": "mark", "muted": "muted", "ok": "ok", "warn": "warn", "bad": "bad"}

#: How opaque lines are, and how thick at scale 1: the second and third of the same tone can be told
#: from the first. Paler than this they would be hard to see.
_OPAQUE, _THICK = (255, 200, 200), (2.2, 1.6, 1.0)

#: The ranks that look different.
RANKS = len(_THICK)

#: Of an area, beside its line: soft. Of the marks of a cloud: where many lie it is darker.
_AREA, _CLOUD = 34, 150

#: The radius of a mark at scale 1.
_MARK = 3.8


def ink(kit: Kit, tone: str, rank: int) -> Rgba:
    """Return the colour of a series: ``rank`` counts those of the same tone before it."""
    return kit.colour(_INKS[tone], _OPAQUE[min(rank, RANKS - 1)])


def thickness(rank: int) -> float:
    """Return how thick a line of a rank is, at scale 1."""
    return _THICK[min(rank, RANKS - 1)]


def bind_plot(kit: Kit, plot: Item) -> None:
    """Hang the look of plots on one."""
    kit.themes.hold("plot", partial(_plot, kit))
    kit.themes.bind(plot, "plot")
    dpg.bind_item_font(plot, kit.fonts["small"])


def bind_series(
    kit: Kit, tone: str, rank: int, items: Iterable[Item], *, cloud: bool = False
) -> None:
    """Hang the look of a tone on what draws a series; ``cloud``: its marks lie upon each other."""
    rank = min(rank, RANKS - 1)
    name = f"series-{tone}-{rank}" + ("-cloud" if cloud else "")
    kit.themes.hold(
        name, partial(_series, kit, ink(kit, tone, rank), thick=thickness(rank), cloud=cloud)
    )
    for one in items:
        kit.themes.bind(one, name)


def _plot(kit: Kit) -> None:
    px, here = kit.px, {"category": dpg.mvThemeCat_Plots}
    with dpg.theme_component(dpg.mvPlot):
        dpg.add_theme_style(dpg.mvStyleVar_FrameBorderSize, 0)
        for target in (
            dpg.mvPlotCol_FrameBg,
            dpg.mvPlotCol_PlotBg,
            dpg.mvPlotCol_PlotBorder,
            dpg.mvPlotCol_AxisTick,
        ):
            dpg.add_theme_color(target, CLEAR, **here)
        dpg.add_theme_color(dpg.mvPlotCol_AxisGrid, kit.colour("border"), **here)
        for target in (dpg.mvPlotCol_AxisText, dpg.mvPlotCol_InlayText):
            dpg.add_theme_color(target, kit.colour("muted"), **here)
        dpg.add_theme_style(dpg.mvPlotStyleVar_PlotPadding, px(2), px(8), **here)
        dpg.add_theme_style(dpg.mvPlotStyleVar_LabelPadding, px(8), px(6), **here)
        dpg.add_theme_style(dpg.mvPlotStyleVar_PlotBorderSize, 0, **here)
        dpg.add_theme_style(dpg.mvPlotStyleVar_MajorTickLen, 0, 0, **here)
        # ticks that are given are minor ones to ImPlot, and the only ones there are
        dpg.add_theme_style(dpg.mvPlotStyleVar_MinorAlpha, 1, **here)
        dpg.add_theme_style(dpg.mvPlotStyleVar_MinorGridSize, 1, 1, **here)
        dpg.add_theme_style(dpg.mvPlotStyleVar_MinorTickLen, 0, 0, **here)


def _series(kit: Kit, line: Rgba, *, thick: float, cloud: bool) -> None:
    here = {"category": dpg.mvThemeCat_Plots}
    mark = (*line[:3], round(_CLOUD * line[3] / 255)) if cloud else line
    soft = (*line[:3], round(_AREA * line[3] / 255))
    for kind in (dpg.mvLineSeries, dpg.mvStairSeries):
        with dpg.theme_component(kind):
            dpg.add_theme_color(dpg.mvPlotCol_Line, line, **here)
            dpg.add_theme_style(dpg.mvPlotStyleVar_LineWeight, thick * kit.scale, **here)
    with dpg.theme_component(dpg.mvShadeSeries):
        dpg.add_theme_color(dpg.mvPlotCol_Fill, soft, **here)
    with dpg.theme_component(dpg.mvBarSeries):
        dpg.add_theme_color(dpg.mvPlotCol_Fill, line, **here)
        dpg.add_theme_color(dpg.mvPlotCol_Line, CLEAR, **here)
    with dpg.theme_component(dpg.mvScatterSeries):
        for target in (dpg.mvPlotCol_MarkerFill, dpg.mvPlotCol_MarkerOutline, dpg.mvPlotCol_Line):
            dpg.add_theme_color(target, mark, **here)
        dpg.add_theme_style(dpg.mvPlotStyleVar_Marker, dpg.mvPlotMarker_Circle, **here)
        dpg.add_theme_style(dpg.mvPlotStyleVar_MarkerSize, _MARK * kit.scale, **here)

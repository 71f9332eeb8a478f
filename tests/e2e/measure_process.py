"""Shows every sample in a real window of some size and scale; what is cut goes out on stdout.

measure_process.py SCALE WIDTH HEIGHT LANGUAGE
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import dearpygui.dearpygui as dpg

from palier.client.screens.desk import Desk
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit
from palier.client.screens.look import Look
from palier.client.screens.overview import OverviewFace
from palier.client.screens.sample_errands import NotedErrands
from palier.client.screens.sample_session import sample_log, sample_overviews
from palier.client.screens.samples import sample_views
from palier.client.screens.window import inner_size, show, window

NOW = datetime(2026, 5, 12, 14, 44, 7, tzinfo=UTC)

#: Frames until every automatic width and height has settled.
SETTLE = 6
#: Pixels that rounding may take.
SLACK = 1.5

READ = ("mvText", "mvButton")


def kind(item: Item) -> str:
    return str(dpg.get_item_type(item)).rpartition("::")[2]


def edges(item: Item) -> tuple[float, float] | None:
    """Return left and right of what is drawn of an item, or None."""
    state = dpg.get_item_state(item)
    width = state.get("rect_size", (0, 0))[0]
    if not width or "rect_min" not in state:
        return None
    left = state["rect_min"][0]
    return left, left + width


def shown(item: Item) -> Iterator[Item]:
    """Yield an item and what is in it, of all that is to be seen."""
    if not dpg.get_item_configuration(item).get("show", True):
        return
    yield item
    for inner in dpg.get_item_children(item, 1):
        yield from shown(inner)


def said(item: Item) -> str:
    return str(dpg.get_item_label(item) if kind(item) == "mvButton" else dpg.get_value(item))


def cut(root: Item) -> Iterator[str]:
    """Yield what stands out of its panel, or reaches into the next cell of its row."""
    limits = [(-1e9, 1e9)]

    def walk(item: Item) -> Iterator[str]:
        if not dpg.get_item_configuration(item).get("show", True):
            return
        place = edges(item)
        if kind(item) in READ and place is not None and said(item).strip():
            left, right = limits[-1]
            if place[0] < left - SLACK or place[1] > right + SLACK:
                where = f"from {place[0]:.0f} to {place[1]:.0f}, in {left:.0f} to {right:.0f}"
                yield f"{said(item)!r} {where}"
        if kind(item) == "mvTableRow":
            yield from overlaps(item)
        panel = kind(item) in {"mvChildWindow", "mvWindowAppItem"} and place is not None
        if panel and place is not None:
            limits.append(place)
        for inner in dpg.get_item_children(item, 1):
            yield from walk(inner)
        if panel:
            limits.pop()

    yield from walk(root)


def overlaps(row: Item) -> Iterator[str]:
    reach, text = -1e9, ""
    for cell in dpg.get_item_children(row, 1):
        inside = [one for one in shown(cell) if kind(one) in READ and said(one).strip()]
        places = [(place, one) for one in inside if (place := edges(one)) is not None]
        if places and min(place[0] for place, _ in places) < reach - SLACK:
            yield f"{text!r} reaches into the next cell of its row"
        for place, one in places:
            if place[1] > reach:
                reach, text = place[1], said(one)


def frames(tick: Callable[[], object]) -> None:
    for _ in range(SETTLE):
        for callback, *arguments in dpg.get_callback_queue() or ():
            if callback is not None:
                callback(*arguments[:3])
        tick()
        dpg.render_dearpygui_frame()


def pages(kit: Kit, language: str) -> Iterator[tuple[str, Item]]:
    """Yield the name and the root of each sample, once it has settled."""
    desk = Desk(kit, title="Palier", errands=NotedErrands(), clock=lambda: 0.0)
    dpg.configure_item(desk.root, show=True)
    show(desk.root)
    for name, view in sample_views(language).items():  # type: ignore[arg-type]
        desk.take(view)
        frames(lambda: desk.tick(NOW, *inner_size()))
        yield name, desk.root
    desk.offer_help()
    frames(lambda: desk.tick(NOW, *inner_size()))
    yield "dialog", desk.modal.veil
    desk.escape()
    face = OverviewFace(kit, ordered=lambda _: None, clock=lambda: 0.0)
    dpg.set_primary_window(desk.root, False)
    dpg.configure_item(desk.root, show=False)
    dpg.set_primary_window(face.root, True)
    face.take(sample_log(language, stopped=True))  # type: ignore[arg-type]
    for name, overview in sample_overviews(language).items():  # type: ignore[arg-type]
        face.take(overview)
        frames(lambda: face.tick(NOW, *inner_size()))
        yield f"overview, {name}", face.root


def main(scale: str, width: str, height: str, language: str) -> int:
    look = Look(
        palette="light",
        scale=float(scale),
        language=language,
        place=(0, 0, int(width), int(height)),
    )
    found = []
    with window(title="Palier measure", look=look, size=(1280, 800)) as kit:
        for name, root in pages(kit, language):
            found += [f"{name}: {one}" for one in cut(root)]
        size = inner_size()
    sys.stdout.write(json.dumps({"size": size, "cut": found}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))

"""What is drawn by hand: the mark, the stepper, dots and bars. Each draws into a drawlist anew."""

from __future__ import annotations

import math
from collections.abc import Sequence

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit, text_width
from palier.client.screens.remaining import Reading
from palier.client.screens.tokens import CLEAR, ROLES, Rgba

#: More seats than this are a count and a bar, not dots.
MOST_DOTS = 120

STEPPER_HEIGHT = 50
BAR_HEIGHT = 10


def draw_mark(kit: Kit) -> None:
    """Draw the mark: three landings of a staircase."""
    px = kit.px
    canvas = kit.canvas(width=px(36), height=px(36))
    for index, height in enumerate((10, 19, 28)):
        dpg.draw_rectangle(
            (px(1 + index * 11), px(34 - height)),
            (px(10 + index * 11), px(34)),
            fill=kit.colour("mark", 110 + index * 72),
            color=CLEAR,
            rounding=px(2),
            parent=canvas,
        )


def draw_tick(kit: Kit, parent: Item, *, x: float, y: float, size: float, ink: str) -> None:
    """Draw a check mark around a point."""
    points = [(x - size, y), (x - size * 0.3, y + size * 0.8), (x + size * 1.1, y - size * 0.8)]
    dpg.draw_polyline(points, color=kit.colour(ink), thickness=kit.px(2), parent=parent)


def draw_disc(kit: Kit, canvas: Item, *, tone: str, x: float, y: float) -> None:
    """Draw the sign of a tone around a point: a tick, or a disc with an i, a ! or a cross."""
    px = kit.px
    disc = kit.colour("accent_text" if tone == "info" else tone)
    ground = kit.colour("accent_soft" if tone == "info" else f"{tone}_soft")
    dpg.draw_circle((x, y), px(10), fill=disc, color=CLEAR, parent=canvas)
    pen = {"color": ground, "thickness": px(2), "parent": canvas}
    arm = px(3.5)
    match tone:
        case "ok":
            points = [(x - px(4.5), y), (x - px(1.5), y + px(3.5)), (x + px(4.5), y - px(3.5))]
            dpg.draw_polyline(points, **pen)
        case "bad":
            dpg.draw_line((x - arm, y - arm), (x + arm, y + arm), **pen)
            dpg.draw_line((x - arm, y + arm), (x + arm, y - arm), **pen)
        case _:
            # an i stands on its head as a !
            up = 1 if tone == "info" else -1
            dpg.draw_line((x, y - up * px(1)), (x, y + up * px(5)), **pen)
            at = (x, y - up * px(4.5))
            dpg.draw_circle(at, px(1.3), fill=ground, color=CLEAR, parent=canvas)


def draw_bar(kit: Kit, canvas: Item, *, share: float, width: int) -> None:
    """Draw a progress bar with round ends; the least share is a dot."""
    height = kit.px(BAR_HEIGHT)
    _clear(canvas, width=width, height=height)
    done = max(round(width * min(share, 1.0)), height) if share > 0 else 0
    for length, ink in ((width, "track"), (done, "mark")):
        if length >= height:
            dpg.draw_rectangle(
                (0, 0),
                (length, height),
                fill=kit.colour(ink),
                color=CLEAR,
                rounding=height / 2,
                parent=canvas,
            )


def draw_dots(kit: Kit, canvas: Item, *, filled: int, total: int, width: int) -> None:
    """Draw a dot for each of ``total``, the first ``filled`` of them full."""
    radius, step = kit.px(9), kit.px(26)
    each = max(1, (width + step - 2 * radius) // step)
    shown = total if total <= MOST_DOTS else 0
    lines = math.ceil(shown / each)
    _clear(canvas, width=width, height=max(1, lines * step - (step - 2 * radius) + 2))
    for index in range(shown):
        x, y = radius + 1 + index % each * step, radius + 1 + index // each * step
        full = index < filled
        dpg.draw_circle(
            (x, y),
            radius if full else radius - 1,
            fill=kit.colour("mark") if full else CLEAR,
            color=CLEAR if full else kit.colour("faint"),
            thickness=kit.px(1.5),
            parent=canvas,
        )


def draw_legend(
    kit: Kit, canvas: Item, *, entries: Sequence[tuple[str, Rgba, float]], width: int
) -> None:
    """Draw names, each after a piece of its line: a colour, and how thick it is at scale 1."""
    px, font = kit.px, kit.fonts["small"]
    swatch, line = px(22), px(24)
    places: list[tuple[float, int]] = []
    x, lines = 0.0, 0
    for text, *_ in entries:
        wide = swatch + text_width(text, font)
        if x and x + wide > width:
            x, lines = 0.0, lines + 1
        places.append((x, lines * line))
        x += wide + px(20)
    _clear(canvas, width=width, height=(lines + 1) * line)
    for (text, colour, thick), (left, top) in zip(entries, places, strict=True):
        dpg.draw_rectangle(
            (left, top + px(10 - thick)),
            (left + px(14), top + px(10 + thick)),
            fill=colour,
            color=CLEAR,
            rounding=px(2),
            parent=canvas,
        )
        drawn = dpg.draw_text(
            (left + swatch, top + px(2)),
            text,
            size=px(ROLES["small"][1]),
            color=kit.colour("muted"),
            parent=canvas,
        )
        dpg.bind_item_font(drawn, font)


def draw_placeholder(kit: Kit, canvas: Item, *, text: str, size: tuple[int, int]) -> None:
    """Draw a surface that says why it is empty, where something will be."""
    (width, height), font = size, kit.fonts["body"]
    _clear(canvas, width=width, height=height)
    dpg.draw_rectangle(
        (0, 0),
        size,
        fill=kit.colour("sunken"),
        color=CLEAR,
        rounding=kit.px(8),
        parent=canvas,
    )
    high = kit.px(ROLES["body"][1])
    drawn = dpg.draw_text(
        ((width - text_width(text, font)) / 2, (height - high) / 2),
        text,
        size=high,
        color=kit.colour("muted"),
        parent=canvas,
    )
    dpg.bind_item_font(drawn, font)


def draw_dot(kit: Kit, canvas: Item, *, ink: str, at: tuple[float, float]) -> None:
    """Draw the small dot that says whether something is there."""
    dpg.delete_item(canvas, children_only=True)
    dpg.draw_circle(at, kit.px(5), fill=kit.colour(ink), color=CLEAR, parent=canvas)


def draw_sign(kit: Kit, canvas: Item, *, tone: str, size: float) -> None:
    """Draw the sign of a message: a tick where all is well, else an i or an exclamation mark."""
    px, middle = kit.px, kit.px(size) / 2
    ink = "accent_text" if tone == "calm" else tone
    _clear(canvas, width=px(size), height=px(size))
    ground = kit.colour("accent_soft" if tone == "calm" else f"{tone}_soft")
    dpg.draw_circle((middle, middle), middle - 1, fill=ground, color=CLEAR, parent=canvas)
    if tone == "ok":
        draw_tick(kit, canvas, x=middle, y=middle, size=px(4.5), ink=ink)
        return
    # an i is an exclamation mark upside down
    up = -1 if tone == "calm" else 1
    colour = kit.colour(ink)
    line = (middle, middle - up * px(5.5)), (middle, middle + up * px(1.5))
    dpg.draw_line(*line, color=colour, thickness=px(2), parent=canvas)
    dot = (middle, middle + up * px(5))
    dpg.draw_circle(dot, px(1.4), fill=colour, color=CLEAR, parent=canvas)


def draw_countdown(kit: Kit, canvas: Item, reading: Reading) -> int:
    """Draw a clock, or two bars where it stands still, and what it shows; return the width.

    Each figure has a place of its own, so that nothing moves from second to second.
    """
    px = kit.px
    width = round(px(26) + sum(_places(kit, reading.text, "strong")[1]) + px(2))
    _clear(canvas, width=width, height=px(36))
    colour, middle = kit.colour(reading.ink), px(18)
    if reading.stands:
        for left in (px(4), px(11)):
            dpg.draw_rectangle(
                (left, middle - px(6)),
                (left + px(4), middle + px(6)),
                fill=colour,
                color=CLEAR,
                rounding=px(1),
                parent=canvas,
            )
    else:
        centre = (px(9), middle)
        dpg.draw_circle(centre, px(8), color=colour, thickness=px(1.6), parent=canvas)
        for end in ((px(9), middle - px(5)), (px(12.5), middle + px(2))):
            dpg.draw_line(centre, end, color=colour, thickness=px(1.6), parent=canvas)
    _draw_figures(kit, canvas, reading, at=(px(26), middle - px(9)), role="strong")
    return width


def draw_figures(kit: Kit, canvas: Item, reading: Reading, *, role: str) -> None:
    """Draw what a countdown shows, and nothing else, in the size of a role."""
    _, places = _places(kit, reading.text, role)
    _clear(canvas, width=round(sum(places)) + 1, height=kit.px(ROLES[role][1]))
    _draw_figures(kit, canvas, reading, at=(0, 0), role=role)


def _places(kit: Kit, text: str, role: str) -> tuple[list[str], list[float]]:
    """Return the parts of a countdown, and how wide the place of each is."""
    font = kit.fonts[role]
    parts = list(text) if text[:1].isdecimal() else [text]
    cell = max(text_width(one, font) for one in "0123456789")
    return parts, [cell if one.isdecimal() else text_width(one, font) for one in parts]


def _draw_figures(
    kit: Kit, canvas: Item, reading: Reading, *, at: tuple[float, float], role: str
) -> None:
    font, (x, y) = kit.fonts[role], at
    for one, place in zip(*_places(kit, reading.text, role), strict=True):
        inset = (place - text_width(one, font)) / 2
        drawn = dpg.draw_text(
            (x + inset, y),
            one,
            size=kit.px(ROLES[role][1]),
            color=kit.colour(reading.ink),
            parent=canvas,
        )
        dpg.bind_item_font(drawn, font)
        x += place


def draw_stepper(
    kit: Kit, canvas: Item, *, titles: Sequence[str], current: int, width: int
) -> None:
    """Draw the program's stages: those before ``current`` checked, it alone filled.

    Where the titles do not fit, only the current one is written.
    """
    _clear(canvas, width=width, height=kit.px(STEPPER_HEIGHT))
    if not titles:
        return
    pen = _Stepper(kit, canvas, width=width)
    widths = [pen.measure(title, strong=index == current) for index, title in enumerate(titles)]
    if pen.line(widths) < kit.px(16):
        widths = [one if index == current else 0.0 for index, one in enumerate(widths)]
    pen.draw(titles, widths, current)


class _Stepper:
    def __init__(self, kit: Kit, canvas: Item, *, width: int) -> None:
        self._kit = kit
        self._canvas = canvas
        self._width = width
        self._y = kit.px(STEPPER_HEIGHT / 2)

    def measure(self, title: str, *, strong: bool) -> float:
        return text_width(title, self._kit.fonts["strong" if strong else "body"])

    def line(self, widths: Sequence[float]) -> float:
        """Return the length that is left for each line between two steps."""
        px, count = self._kit.px, len(widths)
        taken = px(26) * count + sum(one + px(9) for one in widths if one)
        gaps = (count - 1) * px(24)
        return (self._width - taken - gaps) / max(1, count - 1)

    def draw(self, titles: Sequence[str], widths: Sequence[float], current: int) -> None:
        px = self._kit.px
        line = max(self.line(widths), px(4))
        x = 0.0
        for index, (title, width) in enumerate(zip(titles, widths, strict=True)):
            self._circle(x + px(13), index, current)
            x += px(26)
            if width:
                self._title(x + px(9), title, current=index == current)
                x += px(9) + width
            if index < len(titles) - 1:
                self._line(x + px(12), line, done=index < current)
                x += px(24) + line

    def _circle(self, x: float, index: int, current: int) -> None:
        kit, px = self._kit, self._kit.px
        done, now = index < current, index == current
        ground = "accent" if now else "accent_soft" if done else "background"
        dpg.draw_circle(
            (x, self._y),
            px(12),
            fill=kit.colour(ground),
            color=kit.colour("accent" if now else "mark" if done else "faint"),
            thickness=px(1.4),
            parent=self._canvas,
        )
        if done:
            draw_tick(kit, self._canvas, x=x, y=self._y, size=px(5), ink="accent_text")
            return
        number = str(index + 1)
        font = kit.fonts["small-strong" if now else "small"]
        drawn = dpg.draw_text(
            (x - text_width(number, font) / 2, self._y - px(8)),
            number,
            size=px(15),
            color=kit.colour("on_accent" if now else "muted"),
            parent=self._canvas,
        )
        dpg.bind_item_font(drawn, font)

    def _title(self, x: float, title: str, *, current: bool) -> None:
        kit, px = self._kit, self._kit.px
        drawn = dpg.draw_text(
            (x, self._y - px(10)),
            title,
            size=px(18),
            color=kit.colour("text" if current else "muted"),
            parent=self._canvas,
        )
        dpg.bind_item_font(drawn, kit.fonts["strong" if current else "body"])

    def _line(self, x: float, length: float, *, done: bool) -> None:
        dpg.draw_line(
            (x, self._y),
            (x + length, self._y),
            color=self._kit.colour("mark" if done else "border"),
            thickness=self._kit.px(1.5),
            parent=self._canvas,
        )


def _clear(canvas: Item, *, width: int, height: int) -> None:
    dpg.delete_item(canvas, children_only=True)
    dpg.configure_item(canvas, width=width, height=height)

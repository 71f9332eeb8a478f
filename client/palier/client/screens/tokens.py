"""Colours, sizes and spaces by their role: the only place where a colour has a number.

No Dear PyGui here, so that the contrast of every pair can be computed without a window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

PaletteName: TypeAlias = Literal["light", "dark"]
Rgba: TypeAlias = tuple[int, int, int, int]

#: Text sizes by role: weight and height in pixels at scale 1.
ROLES: dict[str, tuple[int, int]] = {
    "small": (400, 15),
    "small-strong": (600, 15),
    "body": (400, 18),
    "strong": (600, 18),
    "section": (600, 20),
    "title": (600, 28),
    "figure": (600, 44),
}

CLEAR: Rgba = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """One colour a role, ``#RRGGBB``.

    ``accent`` fills buttons and carries ``on_accent``; ``mark`` draws progress, dots and lines;
    ``accent_text`` is the accent that can be read as text. ``faint`` is decoration, never text;
    ``veil`` dims the page behind a dialog.
    """

    background: str
    surface: str
    sunken: str
    border: str
    text: str
    muted: str
    faint: str
    accent: str
    accent_hover: str
    accent_active: str
    accent_soft: str
    accent_text: str
    on_accent: str
    mark: str
    ok: str
    ok_soft: str
    warn: str
    warn_soft: str
    bad: str
    bad_soft: str
    field: str
    field_hover: str
    track: str
    on_track: str
    veil: str


LIGHT = Palette(
    background="#F3F5F9",
    surface="#FFFFFF",
    sunken="#F3F5F9",
    border="#DDE3EC",
    text="#18212F",
    muted="#5F6C80",
    faint="#808DA0",
    accent="#2B59C3",
    accent_hover="#234BA8",
    accent_active="#1C3E8E",
    accent_soft="#E6EDFB",
    accent_text="#2B59C3",
    on_accent="#FFFFFF",
    mark="#2B59C3",
    ok="#137A4B",
    ok_soft="#E2F4EA",
    warn="#855400",
    warn_soft="#FCF1DC",
    bad="#B42318",
    bad_soft="#FDE8E6",
    field="#FFFFFF",
    field_hover="#F7F9FC",
    track="#E4E9F1",
    on_track="#536075",
    veil="#2B3648",
)

DARK = Palette(
    background="#0E131A",
    surface="#161D27",
    sunken="#0E131A",
    border="#273242",
    text="#E8EDF4",
    muted="#9AA8BA",
    faint="#66758A",
    accent="#2F62D0",
    accent_hover="#2A58BC",
    accent_active="#234BA2",
    accent_soft="#1B2B4B",
    accent_text="#86ABF7",
    on_accent="#FFFFFF",
    mark="#4C83F0",
    ok="#3CC48A",
    ok_soft="#12312A",
    warn="#E0A63C",
    warn_soft="#33290F",
    bad="#F2766B",
    bad_soft="#3A1B1B",
    field="#0F151D",
    field_hover="#131B25",
    track="#263142",
    on_track="#A9B6C6",
    veil="#05080C",
)

PALETTES: dict[PaletteName, Palette] = {"light": LIGHT, "dark": DARK}

#: Which text stands on which ground; each pair reaches a contrast of 4.5 in both palettes.
TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    *((ink, ground) for ink in ("text", "muted") for ground in ("surface", "background", "field")),
    *((ink, "surface") for ink in ("accent_text", "ok", "warn", "bad")),
    *((ink, "background") for ink in ("accent_text", "ok", "warn", "bad")),
    *(("on_accent", ground) for ground in ("accent", "accent_hover", "accent_active")),
    *((tone, f"{tone}_soft") for tone in ("ok", "warn", "bad")),
    *(("text", f"{tone}_soft") for tone in ("ok", "warn", "bad", "accent")),
    *((ink, "accent_soft") for ink in ("muted", "warn", "bad")),
    ("text", "field_hover"),
    *((ink, "sunken") for ink in ("text", "muted")),
    ("text", "track"),
    ("accent_text", "accent_soft"),
    ("on_track", "track"),
)

#: Drawn things that carry meaning; each pair reaches a contrast of 3.
GRAPHIC_PAIRS: tuple[tuple[str, str], ...] = (
    ("mark", "surface"),
    ("mark", "background"),
    # the borders of what is filled in
    *(("faint", ground) for ground in ("surface", "background", "field")),
    ("accent", "surface"),
    ("ok", "surface"),
    ("bad", "surface"),
)


def rgba(colour: str, alpha: int = 255) -> Rgba:
    """Return ``#RRGGBB`` as Dear PyGui takes it."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue, alpha


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2.2 defines it, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue, _ = rgba(colour)
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4  # noqa: PLR2004

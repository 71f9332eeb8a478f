"""How and where a window is shown, as whoever opens it wants it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from palier.client.errors import BadOption

PaletteChoice: TypeAlias = Literal["light", "dark", "system"]

#: Left, top, width and height of a window, in pixels of the screen.
Place: TypeAlias = tuple[int, int, int, int]


#: What a desktop's title bar takes above a window's place.
_TITLE = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Wishes for a window; what is None is as the computer has it.

    ``scale`` is from 1 to 2, ``language`` one that `palier.client.screens.texts` knows; without a
    ``place`` a window has its usual size, where the desktop puts it.
    """

    palette: PaletteChoice = "system"
    scale: float | None = None
    language: str | None = None
    place: Place | None = None
    #: With it the window fills the screen, and is closed by it alone; kept out of logs.
    unlock_code: str = field(default="", repr=False)

    @property
    def locked(self) -> bool:
        """Whether there is no way out but the code."""
        return bool(self.unlock_code)


def read_place(text: str | None) -> Place | None:
    """Return the place that somebody wrote; raises `BadOption`."""
    if text is None:
        return None
    try:
        left, top, width, height = map(int, text.split(","))
    except ValueError:
        raise BadOption(f"--place {text}: write it as left,top,width,height.") from None
    return left, top, width, height


def tiles(count: int, screen: tuple[int, int]) -> tuple[Place, ...]:
    """Return places for so many windows beside each other, in rows that fill the screen."""
    columns = 1
    while columns * columns < count:
        columns += 1
    rows = -(-count // columns)
    width, height = screen[0] // columns, screen[1] // rows
    return tuple(
        (at % columns * width, at // columns * height + _TITLE, width, height - _TITLE)
        for at in range(count)
    )

"""How large a picture is, read from the first bytes of its file. Pure but for reading it."""

from __future__ import annotations

import struct
from pathlib import Path

#: More pixels than this are not unpacked: a small file can hold a picture of a gigabyte.
MOST_PIXELS = 8_000_000

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
#: The markers of a JPEG that tell its size: all ways to encode, but tables and extensions.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def picture_size(path: Path) -> tuple[int, int] | None:
    """Return width and height of a PNG or JPEG file; None where it is none, or not readable."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    try:
        size = _png(data) if data.startswith(_PNG) else _jpeg(data)
    except struct.error:
        return None
    return size if size and min(size) > 0 else None


def _png(data: bytes) -> tuple[int, int] | None:
    if data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _jpeg(data: bytes) -> tuple[int, int] | None:
    if not data.startswith(_JPEG):
        return None
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:  # noqa: PLR2004 - every marker begins so
        marker = data[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        (length,) = struct.unpack_from(">H", data, at + 2)
        at += 2 + length
    return None

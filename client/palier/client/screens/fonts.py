"""The one family of the windows, in two weights, at every size a role asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import dearpygui.dearpygui as dpg

from palier.client.screens.tokens import ROLES

Item: TypeAlias = int | str

ASSETS = Path(__file__).parents[1] / "assets"


def load_fonts(scale: float) -> dict[str, Item]:
    """Return a font for each role; the body's becomes the default. Needs a context."""
    fonts: dict[str, Item] = {}
    with dpg.font_registry():
        for role, (weight, height) in ROLES.items():
            path = ASSETS / f"Inter-{weight}.ttf"
            fonts[role] = dpg.add_font(str(path), round(height * scale))
        # the body with digits of one width
        path = ASSETS / "Inter-400-tabular.ttf"
        fonts["cell"] = dpg.add_font(str(path), round(ROLES["body"][1] * scale))
    dpg.bind_font(fonts["body"])
    return fonts

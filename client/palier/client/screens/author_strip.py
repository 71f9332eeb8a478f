"""What an author has to mend in the file that they edit, above the page that they look at."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from palier.client.screens.kit import Kit
from palier.client.state import View


class AuthorStrip:
    """A strip across the window while the file of the open screen has a mistake."""

    def __init__(self, kit: Kit) -> None:
        with kit.panel("strip-bad", auto_resize_y=True, width=-1, show=False) as self._panel:
            self._text = kit.name("author", kit.text("", role="small-strong", ink="bad", wrap=True))
        self._kit = kit

    def show(self, view: View) -> None:
        """Say what is wrong with the file; nothing once it is mended."""
        problem = view.shown.problem
        said = f"{self._kit.words.mend_screen}\n{problem}" if problem else ""
        dpg.set_value(self._text, said)
        dpg.configure_item(self._panel, show=bool(said))

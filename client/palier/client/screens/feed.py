"""The feed: what happened to a session lately, newest first."""

from __future__ import annotations

from datetime import tzinfo

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.happenings import Happening
from palier.client.screens.kit import Kit

#: More than these are in the log.
_SHOWN = 40


class Feed:
    """A table of what happened, in the current panel; made anew when something has."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._shown: tuple[Happening, ...] | None = None
        self._here: Item = dpg.last_container()

    def show(self, lines: tuple[Happening, ...], zone: tzinfo | None) -> None:
        """Show what is new, with times in a zone."""
        if lines == self._shown:
            return
        self._shown = lines
        kit, words = self._kit, self._kit.words
        kit.forget(self._here)
        with dpg.table(
            parent=self._here,
            header_row=False,
            policy=dpg.mvTable_SizingStretchProp,
            scrollY=True,
            freeze_rows=1,
            no_pad_outerX=True,
        ) as table:
            kit.themes.bind(table, "feed")
            dpg.add_table_column(width_fixed=True, init_width_or_weight=kit.px(90))
            dpg.add_table_column()
            dpg.add_table_column(width_fixed=True, init_width_or_weight=kit.px(110))
            with dpg.table_row():
                for column in words.feed_columns:
                    kit.text(column, role="small", ink="muted")
            for number, one in enumerate(lines[:_SHOWN]):
                with dpg.table_row():
                    at = one.at.astimezone(zone)
                    kit.text(f"{at:%H:%M:%S}", role="small", ink="muted")
                    text = kit.text(one.say(words), role="small", ink=one.ink, wrap=True)
                    kit.name(f"feed.{number}", text)
                    author = words.authors.get(one.author, one.author)
                    kit.text(author, role="small", ink="muted")
            if not lines:
                with dpg.table_row():
                    kit.text("")
                    kit.text(words.feed_empty, role="small", ink="muted")

"""Lines as they come: a list of texts, or a stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import dearpygui.dearpygui as dpg

from palier.client.screens import facts
from palier.client.screens.following import Follower
from palier.client.screens.fonts import Item
from palier.client.screens.scene import Scene
from palier.client.screens.widgets.face import AnyWidgetFace, WidgetFace
from palier.client.screens.widgets.tail import Tail, name_of
from palier.schemas.events import PostedValue
from palier.schemas.message import Value
from palier.schemas.screens.widgets import Log

#: Lines that are kept; earlier ones go.
MOST = 500

#: Pixels at scale 1 of a line, and above and below all of them.
_LINE, _AROUND = 22, 24

#: When something was posted, who posted it, what.
_Line = tuple[str, str, str]


class LogFace(WidgetFace[Log]):
    """Lines, the newest last."""

    def __init__(self, scene: Scene, widget: Log) -> None:
        super().__init__(scene, widget)
        kind, _, name = widget.source.partition(".")
        self._follower = Follower(name) if kind == "stream" else None
        self._list: list[Any] = []
        self._items: list[Item] = []

    @property
    def roomy(self) -> bool:
        """More room is more to see."""
        return True

    def build_inside(self) -> None:
        """Add title and lines."""
        kit, widget = self.kit, self.widget
        if widget.title:
            self._title = kit.text("", role="strong", wrap=True)
        self._tail = Tail(kit, height=kit.px(widget.rows * _LINE + _AROUND))
        kit.name(widget.id or "log", self._tail.item)
        with self._tail.end():
            self._empty = kit.text(kit.words.nothing_yet, role="small", ink="muted")

    def refresh(self) -> None:
        """Add the lines that are new."""
        super().refresh()
        if self.widget.title:
            dpg.set_value(self._title, self.scene.say(self.widget.title))
        if self._follower is None:
            self._follow_list()
        else:
            news = self._follower.take(self.scene.view.shown.posts)
            if news:
                self._show([self._line(one) for one in news.posts], anew=news.anew)

    def _follow_list(self) -> None:
        words = self.kit.words
        found = self.scene.records(self.widget.source)
        if found is self._list or found == self._list:
            return
        known = len(self._list)
        grown = found[:known] == self._list
        self._list = found
        fresh = found[known:] if grown else found
        self._show([("", "", facts.say(one, words)) for one in fresh], anew=not grown)

    def _show(self, lines: Sequence[_Line], *, anew: bool) -> None:
        if anew:
            self._forget(len(self._items))
        with self._tail.end():
            self._items += [self._add(one) for one in lines[-MOST:]]
        self._forget(len(self._items) - MOST)
        dpg.configure_item(self._empty, show=not self._items)

    def _forget(self, count: int) -> None:
        for item in self._items[: max(count, 0)]:
            dpg.delete_item(item)
        del self._items[: max(count, 0)]

    def _line(self, post: PostedValue) -> _Line:
        words = self.kit.words
        who = name_of(post.seat, self.scene)
        return f"{post.at.astimezone():%H:%M:%S}", who, facts.say(post.value, words)

    def _add(self, line: _Line) -> Item:
        kit = self.kit
        at, who, text = line
        if not at:
            return kit.text(text, role="small", wrap=True)
        with kit.across() as item:
            kit.text(at, role="small", ink="muted")
            kit.text(who, role="small-strong")
            kit.text(text, role="small", wrap=True)
        return item

    def lay_out(self, width: int) -> None:
        """Be so wide."""
        self._tail.fit(width)

    def tick(self) -> None:
        """Stay at the end."""
        self._tail.tick()


#: From model to face.
FACES: Mapping[type[Value], type[AnyWidgetFace]] = MappingProxyType({Log: LogFace})

"""What the people of a stage say to each other, and a line to say something."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

import dearpygui.dearpygui as dpg

from palier.client.screens import facts
from palier.client.screens.following import Follower
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit, text_width
from palier.client.screens.scene import Scene
from palier.client.screens.tokens import CLEAR, ROLES
from palier.client.screens.widgets.face import AnyWidgetFace, WidgetFace
from palier.client.screens.widgets.tail import Tail, name_of
from palier.schemas.errors import PalierError
from palier.schemas.events import PostedValue
from palier.schemas.message import Value
from palier.schemas.screens.widgets import Chat

_log = logging.getLogger(__name__)

#: Lines that are kept on the screen; earlier ones go.
MOST = 200

#: Characters of one post.
LONGEST = 1000

#: Pixels at scale 1: a line, above and below all of them, around a text, between two.
_LINE, _AROUND, _PADDING, _BETWEEN = 34, 24, (12, 7), 4

#: A text is at most so much of the width: whose it is can be seen from afar.
_WIDEST = 0.78

#: Seconds after which the same seat is named again.
_LATER = 60.0


@dataclass(slots=True)
class _Sent:
    """A text that was handed to the link, until it is among the posts."""

    text: str
    number: Future[int]

    def is_among(self, posts: tuple[PostedValue, ...]) -> bool:
        if not self.number.done() or self.number.cancelled() or self.number.exception():
            return False
        # the newest posts are last, and this is one of them
        number = self.number.result()
        return any(one.number == number for one in reversed(posts))

    @property
    def problem(self) -> str:
        """Why it was not sent; empty: it was, or is on its way."""
        if not self.number.done():
            return ""
        if self.number.cancelled():
            return facts.NOTHING
        error = self.number.exception()
        if error is not None and not isinstance(error, PalierError):
            _log.error("A post failed", exc_info=error)
        return (str(error) or type(error).__name__) if error is not None else ""


class ChatFace(WidgetFace[Chat]):
    """Texts on their grounds, one's own to the right; what is on its way says so."""

    def __init__(self, scene: Scene, widget: Chat) -> None:
        super().__init__(scene, widget)
        self._name = widget.id or f"chat.{widget.stream}"
        self._follower = Follower(widget.stream)
        self._texts: list[_Text] = []
        self._sent: list[_Sent] = []
        self._waiting: list[_Text] = []
        self._last: PostedValue | None = None
        self._width = 0

    # -- building ---------------------------------------------------------------------------------

    @property
    def roomy(self) -> bool:
        """More room is more to see."""
        return True

    def build_inside(self) -> None:
        """Add title, texts, and the line."""
        kit, widget = self.kit, self.widget
        _hold_themes(kit)
        if widget.title:
            self._title = kit.text("", role="strong", wrap=True)
        self._tail = Tail(kit, height=kit.px(widget.rows * _LINE + _AROUND))
        kit.name(f"{self._name}.lines", self._tail.item)
        with self._tail.end():
            self._empty = kit.text(kit.words.chat_empty, ink="muted")
        kit.gap(0)
        with kit.across(spacing=8):
            self._line = self._make_line("")
            self._button = kit.button(kit.words.chat_send, press=self._send, kind="step")
            kit.name(f"{self._name}.send", self._button)
        self._problem = kit.text("", role="small", ink="bad", wrap=True, show=False)
        kit.name(f"{self._name}.problem", self._problem)

    def _make_line(self, text: str, **more: Any) -> Item:
        kit = self.kit
        line: Item = dpg.add_input_text(
            default_value=text,
            hint=kit.words.chat_hint,
            on_enter=True,
            callback=lambda *_: self._send(),
            **more,
        )
        kit.themes.bind(line, "field")
        return kit.name(f"{self._name}.line", line)

    def _put_back(self, text: str) -> None:
        """Put a text into the line, in which somebody may be: such a line takes none."""
        old = self._line
        width = dpg.get_item_configuration(old)["width"]
        here = dpg.get_item_parent(old)
        self._line = self._make_line(text, width=width, parent=here, before=self._button)
        dpg.delete_item(old)
        dpg.focus_item(self._line)

    def lay_out(self, width: int) -> None:
        """Be so wide."""
        if width == self._width:
            return
        self._width = width
        kit = self.kit
        high = kit.px(ROLES["body"][1]) + 2 * kit.px(9)
        button = round(text_width(kit.words.chat_send, kit.fonts["strong"])) + kit.px(32)
        dpg.configure_item(self._line, width=width - button - kit.px(8))
        dpg.configure_item(self._button, width=button, height=high)
        self._tail.fit(width)
        for one in (*self._texts, *self._waiting):
            one.fit(self._tail.inside)

    # -- what is said -----------------------------------------------------------------------------

    def refresh(self) -> None:
        """Add what was said since."""
        super().refresh()
        if self.widget.title:
            dpg.set_value(self._title, self.scene.say(self.widget.title))
        posts = self.scene.view.shown.posts
        news = self._follower.take(posts)
        if news.anew:
            self._drop(self._texts, len(self._texts))
            self._last = None
        arrived = [one for one in self._sent if one.is_among(posts)]
        if news or arrived:
            self._sent = [one for one in self._sent if one not in arrived]
            self._drop(self._waiting, len(self._waiting))
            with self._tail.end():
                for post in news.posts[-MOST:]:
                    self._texts.append(self._posted(post))
            self._drop(self._texts, len(self._texts) - MOST)
            self._show_sent()
        self._show_problems()

    def _posted(self, post: PostedValue) -> _Text:
        before, self._last = self._last, post
        again = (
            before is not None
            and before.seat == post.seat
            and (post.at - before.at).total_seconds() < _LATER
        )
        own = post.seat == self.scene.view.seat
        said = _Said(
            text=facts.say(post.value, self.kit.words),
            who="" if again else name_of(post.seat, self.scene),
            when="" if again else _clock(post.at),
            own=own,
        )
        return _Text(self.kit, said, room=self._tail.inside)

    def _show_sent(self) -> None:
        """Show what is on its way, behind what has arrived."""
        words = self.kit.words
        with self._tail.end():
            for one in self._sent:
                said = _Said(text=one.text, who=words.you, when=words.sending, own=True, sure=False)
                self._waiting.append(_Text(self.kit, said, room=self._tail.inside))
        dpg.configure_item(self._empty, show=not (self._texts or self._waiting))

    def _drop(self, texts: list[_Text], count: int) -> None:
        for one in texts[: max(count, 0)]:
            dpg.delete_item(one.item)
        del texts[: max(count, 0)]

    # -- what is sent -----------------------------------------------------------------------------

    def _send(self) -> None:
        text = str(dpg.get_value(self._line)).strip()
        dpg.focus_item(self._line)  # who has said something goes on
        if not text:
            return
        if len(text) > LONGEST:
            self._say(self.kit.words.problems["too-long"].format(longest=LONGEST))
            return
        stage = self.scene.asking.stage
        number = self.scene.errands.post(stage, self.widget.stream, text)
        self._sent.append(_Sent(text, number))
        dpg.set_value(self._line, "")
        self._say("")
        self._drop(self._waiting, len(self._waiting))
        self._tail.return_to_end()
        self._show_sent()

    def _show_problems(self) -> None:
        """Say what was not sent, and put its text back where it can be sent again."""
        for one in [one for one in self._sent if one.problem]:
            self._sent.remove(one)
            if not dpg.get_value(self._line):
                self._put_back(one.text)
            self._say(self.kit.words.chat_unsent.format(reason=one.problem))
            self._drop(self._waiting, len(self._waiting))
            self._show_sent()

    def _say(self, problem: str) -> None:
        dpg.set_value(self._problem, problem)
        dpg.configure_item(self._problem, show=bool(problem))
        self.kit.themes.bind(self._line, "field-bad" if problem else "field")

    def tick(self) -> None:
        """Stay at the end, and see what became of what was sent."""
        self._tail.tick()
        if any(one.number.done() for one in self._sent):
            self.refresh()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What somebody said: whose it is, when; ``sure``: it is among the posts."""

    text: str
    who: str
    when: str
    own: bool
    sure: bool = True


class _Text:
    """A text on its ground, added to the current container; named by who says it first."""

    def __init__(self, kit: Kit, said: _Said, *, room: int) -> None:
        self._kit = kit
        self._said = said
        with dpg.group() as self.item:
            kit.gap(_BETWEEN if said.who else 0)
            if said.who:
                with kit.across(spacing=8) as self._head:
                    kit.text(said.who, role="small-strong")
                    kit.text(said.when, role="small", ink="muted")
            with dpg.child_window(
                width=1,
                height=1,
                border=False,
                no_scrollbar=True,
                no_scroll_with_mouse=True,
                always_use_window_padding=True,
            ) as self._ground:
                kit.themes.bind(self._ground, "said-own" if said.own else "said")
                self._text = kit.text(said.text, ink="text" if said.sure else "muted")
        self.fit(room)

    def fit(self, room: int) -> None:
        """Be as wide as the text, up to a share of the room; one's own stands to the right."""
        kit, said = self._kit, self._said
        across, above = (kit.px(one) for one in _PADDING)
        font = kit.fonts["body"]
        widest = int(room * _WIDEST) - 2 * across
        width, height = _size(said.text, font, wrap=widest, line=kit.px(ROLES["body"][1]))
        dpg.configure_item(self._text, wrap=widest)
        wide = min(width, widest) + 2 * across
        left = max(room - wide, 0) if said.own else 0
        dpg.configure_item(self._ground, width=wide, height=height + 2 * above, indent=left or -1)
        if said.who:
            head = text_width(said.who, kit.fonts["small-strong"]) + kit.px(8)
            head += text_width(said.when, kit.fonts["small"])
            inset = max(room - round(head), 0) if said.own else 0
            dpg.configure_item(self._head, indent=inset or -1)


def _size(text: str, font: Item, *, wrap: int, line: int) -> tuple[int, int]:
    """Return width and height of a text that breaks at a width; before the first frame, a guess."""
    size = dpg.get_text_size(text, wrap_width=float(wrap), font=font)
    if size is None:
        return min(len(text) * 9, wrap), line
    return round(size[0]) + 1, round(size[1])


def _clock(at: datetime) -> str:
    return f"{at.astimezone():%H:%M}"


def _hold_themes(kit: Kit) -> None:
    def ground(role: str) -> None:
        with dpg.theme_component(dpg.mvChildWindow):
            dpg.add_theme_color(dpg.mvThemeCol_ChildBg, kit.colour(role))
            dpg.add_theme_color(dpg.mvThemeCol_Border, CLEAR)
            dpg.add_theme_style(dpg.mvStyleVar_ChildRounding, kit.px(10))
            dpg.add_theme_style(dpg.mvStyleVar_WindowPadding, *(kit.px(one) for one in _PADDING))

    kit.themes.hold("said", partial(ground, "surface"))
    kit.themes.hold("said-own", partial(ground, "accent_soft"))


#: From model to face.
FACES: Mapping[type[Value], type[AnyWidgetFace]] = MappingProxyType({Chat: ChatFace})

"""A chat as a tree of items: what others say, what one says oneself, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dearpygui.dearpygui as dpg
import pytest

from palier.client.screens.kit import Kit, press
from palier.client.screens.widgets.chats import LONGEST, MOST, ChatFace
from palier.client.screens.window import context
from palier.schemas.errors import PalierError
from palier.schemas.screens.widgets import Chat
from tests.unit.client.opened import Opened, open_screen, texts
from tests.unit.client.posted import Answered, bring, post


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="en") as made:
        yield made


@pytest.fixture
def errands() -> Answered:
    return Answered()


@pytest.fixture
def opened(kit: Kit, errands: Answered) -> Opened:
    made = open_screen(kit, Chat(id="talk", stream="talk", title="Say it"))
    made.page.scene.errands = errands
    return made


def chat(opened: Opened) -> ChatFace:
    face = opened.page.faces[0]
    assert isinstance(face, ChatFace)
    return face


def say(opened: Opened, text: str) -> None:
    """Write a line, and press Enter in it."""
    line = opened.kit.named["talk.line"]
    dpg.set_value(line, text)
    dpg.get_item_callback(line)(line, text, None)


def said(opened: Opened) -> list[list[str]]:
    """Return what stands in the chat: who, when, and the text; or the text alone."""
    face = chat(opened)
    return [_texts(one.item) for one in (*face._texts, *face._waiting)]


def _texts(item: int | str) -> list[str]:
    found = []
    for one in dpg.get_item_children(item, 1):
        if dpg.get_item_type(one).endswith("mvText"):
            found.append(dpg.get_value(one))
        else:
            found += _texts(one)
    return found


def test_who_says_something_is_named_and_one_self_is_you(opened: Opened) -> None:
    assert "Nobody has written yet." in texts()
    bring(opened, post(1, "hello"), post(2, "hi", seat="s07"))
    (other, own) = said(opened)
    assert (other[0], other[2]) == ("Seat s02", "hello")
    assert (own[0], own[2]) == ("You", "hi")
    assert "Nobody has written yet." not in texts()


def test_ones_own_stands_to_the_right_on_a_ground_of_its_own(opened: Opened) -> None:
    bring(opened, post(1, "hello"), post(2, "hi", seat="s07"))
    left, right = (one._ground for one in chat(opened)._texts)
    assert dpg.get_item_configuration(left)["indent"] == -1
    assert dpg.get_item_configuration(right)["indent"] > 100
    assert dpg.get_item_theme(left) != dpg.get_item_theme(right)


def test_who_goes_on_at_once_is_not_named_again(opened: Opened) -> None:
    bring(
        opened,
        post(1, "one", after=0),
        post(2, "two", after=5),
        post(3, "three", after=90),
        post(4, "four", after=91, seat="s07"),
    )
    assert [len(one) for one in said(opened)] == [3, 1, 3, 3]


def test_only_what_belongs_to_the_stream_is_said(opened: Opened) -> None:
    bring(opened, post(1, 3.0, stream="price"), post(2, "hello"))
    assert [one[-1] for one in said(opened)] == ["hello"]


def test_enter_says_what_is_written_and_empties_the_line(opened: Opened, errands: Answered) -> None:
    say(opened, "  hello  ")
    assert errands.posted == [("talk", "hello")]
    assert opened.value("talk.line") == ""
    assert said(opened) == [["You", "Sending…", "hello"]]


def test_the_button_does_what_enter_does(opened: Opened, errands: Answered) -> None:
    dpg.set_value(opened.kit.named["talk.line"], "hello")
    press(opened.kit.named["talk.send"])
    assert errands.posted == [("talk", "hello")]


def test_nothing_is_not_said(opened: Opened, errands: Answered) -> None:
    say(opened, "   ")
    assert errands.posted == []


def test_what_is_said_is_on_its_way_until_it_is_among_the_posts(
    opened: Opened, errands: Answered
) -> None:
    say(opened, "hello")
    bring(opened, post(1, "before you", after=1))
    assert [one[-1] for one in said(opened)] == ["before you", "hello"]
    errands.numbers[0].set_result(2)
    chat(opened).tick()
    assert said(opened)[-1][1] == "Sending…", "taken, but not told to all"
    bring(opened, post(1, "before you", after=1), post(2, "hello", seat="s07", after=2))
    assert [one[-1] for one in said(opened)] == ["before you", "hello"]
    assert said(opened)[-1][1] != "Sending…"


def test_two_that_are_alike_are_two(opened: Opened, errands: Answered) -> None:
    say(opened, "no")
    say(opened, "no")
    errands.numbers[0].set_result(1)
    bring(opened, post(1, "no", seat="s07", after=0))
    assert len(said(opened)) == 2
    errands.numbers[1].set_result(2)
    bring(opened, post(1, "no", seat="s07", after=0), post(2, "no", seat="s07", after=1))
    assert len(said(opened)) == 2
    assert not chat(opened)._sent


def test_what_was_not_sent_says_why_and_can_be_sent_again(
    opened: Opened, errands: Answered
) -> None:
    say(opened, "hello")
    errands.numbers[0].set_exception(PalierError("The stage is over."))
    chat(opened).tick()
    assert opened.value("talk.problem") == "Not sent: The stage is over."
    assert opened.seen("talk.problem")
    assert opened.value("talk.line") == "hello"
    assert said(opened) == []
    say(opened, "hello")
    assert not opened.seen("talk.problem")
    assert len(errands.posted) == 2


def test_what_is_being_written_is_not_overwritten_by_what_was_not_sent(
    opened: Opened, errands: Answered
) -> None:
    say(opened, "hello")
    dpg.set_value(opened.kit.named["talk.line"], "and then")
    errands.numbers[0].set_exception(PalierError("Too fast."))
    chat(opened).tick()
    assert opened.value("talk.line") == "and then"


def test_what_the_link_gives_up_is_not_sent(opened: Opened, errands: Answered) -> None:
    say(opened, "hello")
    errands.numbers[0].cancel()
    chat(opened).tick()
    assert opened.seen("talk.problem")
    assert opened.value("talk.line") == "hello"


def test_what_is_too_long_stays_in_the_line(opened: Opened, errands: Answered) -> None:
    say(opened, "x" * (LONGEST + 1))
    assert errands.posted == []
    assert opened.value("talk.problem") == "Write at most 1000 characters."
    assert len(opened.value("talk.line")) == LONGEST + 1


def test_a_chat_keeps_the_newest_only(opened: Opened) -> None:
    bring(opened, *(post(one, f"text {one}") for one in range(1, MOST + 21)))
    shown = said(opened)
    assert len(shown) == MOST
    assert shown[-1][-1] == f"text {MOST + 20}"


def test_new_texts_leave_the_earlier_ones_alone(opened: Opened) -> None:
    bring(opened, post(1, "one"))
    (first,) = chat(opened)._texts
    bring(opened, post(1, "one"), post(2, "two"))
    assert chat(opened)._texts[0] is first


@pytest.mark.parametrize("width", [700, 1280])
def test_texts_fit_the_width(opened: Opened, width: Any) -> None:
    bring(opened, post(1, "x y " * 200))
    opened.page.lay_out(width)
    (text,) = chat(opened)._texts
    inside = chat(opened)._tail.inside
    assert dpg.get_item_configuration(text._ground)["width"] <= inside * 0.78 + 1

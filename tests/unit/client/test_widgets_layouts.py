"""Where things stand on a screen, as a tree of items: without a window, nothing is measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dearpygui.dearpygui as dpg
import pytest

from palier.client.screens.kit import Kit
from palier.client.screens.window import context
from palier.schemas.screens.widgets import (
    Card,
    Columns,
    Figure,
    Heading,
    Row,
    Section,
    Stack,
    Tab,
    Tabs,
    Text,
)
from tests.unit.client.opened import Opened, is_seen, open_screen, texts


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="en") as made:
        yield made


def _items(kind: str) -> list[dict[str, Any]]:
    found = [one for one in dpg.get_all_items() if dpg.get_item_type(one).endswith(kind)]
    return [dpg.get_item_configuration(one) for one in found if is_seen(one)]


def _spaces() -> list[int]:
    """Return the heights of the spaces that are seen."""
    found = [one for one in dpg.get_all_items() if dpg.get_item_type(one).endswith("mvSpacer")]
    return [
        height
        for one in found
        if is_seen(one) and (height := dpg.get_item_configuration(one)["height"])
    ]


def _widths(opened: Opened) -> list[int]:
    return [
        dpg.get_item_configuration(cell)["width"]
        for cell in opened.page.faces[0]._cells  # type: ignore[attr-defined]
        if is_seen(cell)
    ]


def _two(**more: Any) -> Columns:
    return Columns(
        weights=(60, 40),
        children=(
            Card(children=(Text(text="left"),)),
            Card(children=(Text(text="right"),), **more),
        ),
    )


def test_columns_share_the_width_by_weight(kit: Kit) -> None:
    opened = open_screen(kit, _two(), width=1281)

    left, right = _widths(opened)
    assert left + 16 + right == 1232
    assert left == round((1232 - 16) * 0.6)


def test_columns_stand_one_above_the_other_in_a_narrow_window(kit: Kit) -> None:
    opened = open_screen(kit, _two(), width=749)

    assert _widths(opened) == [700, 700]
    opened.page.lay_out(1025)
    assert _widths(opened) == [576, 384]


def test_columns_one_above_the_other_are_parted_like_cards(kit: Kit) -> None:
    opened = open_screen(kit, _two(show_if="more"), data={"more": True}, width=749)
    around = [18, 24]

    assert sorted(_spaces()) == sorted([*around, 16])
    opened.follow(data={"more": False})
    assert sorted(_spaces()) == around
    opened.follow(data={"more": True})
    opened.page.lay_out(1281)
    assert sorted(_spaces()) == around, "side by side"


def test_a_screen_without_columns_is_no_wider_than_can_be_read(kit: Kit) -> None:
    open_screen(kit, Card(children=(Text(text="alone"),)), width=2560)

    assert [one["width"] for one in _items("mvChildWindow")] == [720]


def test_a_hidden_column_leaves_its_width_to_the_others(kit: Kit) -> None:
    opened = open_screen(kit, _two(show_if="more"), data={"more": True}, width=1281)

    opened.follow(data={"more": False})
    assert _widths(opened) == [1232]
    assert "right" not in texts()
    opened.follow(data={"more": True})
    assert len(_widths(opened)) == 2


def test_what_is_hidden_leaves_no_gap(kit: Kit) -> None:
    lines = tuple(Text(text=one, show_if=f"{one} > 0") for one in ("a", "b", "c"))
    opened = open_screen(kit, Card(children=lines), data={"a": 1, "b": 1, "c": 1})
    outer = len(_spaces()) - 2

    def gaps(**shown: int) -> int:
        opened.follow(data={"a": 0, "b": 0, "c": 0, **shown})
        return len(_spaces()) - outer

    assert gaps(a=1, b=1, c=1) == 2
    assert gaps(a=1, c=1) == 1
    assert gaps(b=1) == 0
    assert gaps(c=1) == 0


def test_a_card_of_which_nothing_is_seen_is_hidden_unless_it_has_a_title(kit: Kit) -> None:
    hidden = Text(text="x", show_if="n > 0")
    opened = open_screen(
        kit,
        Card(id="bare", children=(hidden,)),
        Card(id="titled", title="Results", children=(hidden,)),
        Stack(id="stack", children=(Card(children=(hidden,)),)),
        Section(id="section", children=(hidden,)),
        data={"n": 0},
    )

    assert not opened.seen("widget.bare")
    assert not opened.seen("widget.stack")
    assert not opened.seen("widget.section")
    assert opened.seen("widget.titled")
    opened.follow(data={"n": 1})
    assert opened.seen("widget.bare")
    assert opened.seen("widget.stack")


def test_titles_of_cards_and_sections_follow_the_data(kit: Kit) -> None:
    opened = open_screen(
        kit,
        Card(title="Round {n}", children=(Section(title="Part {n}", children=(Text(text="t"),)),)),
        data={"n": 1},
    )
    assert {"Round 1", "Part 1"} <= texts()

    opened.follow(data={"n": 2})

    assert {"Round 2", "Part 2"} <= texts()


def test_a_stack_has_the_space_of_cards_between_them(kit: Kit) -> None:
    cards = tuple(Card(children=(Text(text=str(one)),)) for one in range(3))

    open_screen(kit, Stack(children=cards))

    # a card leaves 8 below itself by its theme
    assert _spaces() == [18, 8, 8, 24]


def test_a_row_shares_its_width_among_what_fills_it(kit: Kit) -> None:
    row = Row(children=(Text(text="one"), Text(text="two"), Figure(value="3")))

    open_screen(kit, Card(children=(row,)), width=769)

    panels = [one["width"] for one in _items("mvChildWindow")]
    assert panels == [720, 304, 304]


def test_a_row_that_is_too_narrow_is_a_column(kit: Kit) -> None:
    row = Row(children=(Text(text="one"), Text(text="two")))

    opened = open_screen(kit, Card(children=(row,)), width=400)

    face = opened.page.faces[0].inner[0]
    assert dpg.get_item_configuration(face._row)["horizontal"] is False  # type: ignore[attr-defined]


# -- tabs ---------------------------------------------------------------------------------------


def _tabs() -> Tabs:
    return Tabs(
        id="help",
        children=(
            Tab(title="Rules", children=(Text(text="The rules of {n}."),)),
            Tab(title="Example", children=(Text(text="An example of {n}."),), show_if="n > 1"),
            Tab(title="Gains", children=(Heading(text="Your gains"),)),
        ),
    )


def test_one_tab_is_seen_at_a_time(kit: Kit) -> None:
    opened = open_screen(kit, Card(children=(_tabs(),)), data={"n": 2})
    assert "The rules of 2." in texts()
    assert not {"An example of 2.", "Your gains"} & texts()

    opened.press("widget.help.1")

    assert "An example of 2." in texts()
    assert not {"The rules of 2.", "Your gains"} & texts()


def test_a_tab_that_is_hidden_gives_way_and_is_chosen_again_when_it_is_back(kit: Kit) -> None:
    opened = open_screen(kit, Card(children=(_tabs(),)), data={"n": 2})
    opened.press("widget.help.1")

    opened.follow(data={"n": 1})
    assert not opened.seen("widget.help.1")
    assert "The rules of 1." in texts()
    opened.follow(data={"n": 3})
    assert "An example of 3." in texts()


def test_a_screen_leaves_nothing_behind(kit: Kit) -> None:
    def turn() -> int:
        opened = open_screen(
            kit, _two(), _tabs(), Row(children=(Figure(value="1"),)), data={"n": 2}
        )
        dpg.delete_item(opened.window)
        return len(dpg.get_all_items())

    assert turn() == turn() == turn()

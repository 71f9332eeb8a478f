"""Tables as a tree of items: what stands where, in which order, and what is touched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dearpygui.dearpygui as dpg
import pytest
from pydantic import JsonValue

from palier.client.screens.kit import Kit
from palier.client.screens.widgets.tables import TableFace
from palier.client.screens.window import context
from palier.schemas.screens.widgets import Column, Table
from tests.unit.client.opened import Opened, is_seen, open_screen, texts
from tests.unit.client.posted import bring, post


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="en") as made:
        yield made


PEOPLE: list[JsonValue] = [
    {"seat": "s02", "amount": 18, "earned": 30.5},
    {"seat": "s07", "amount": 9, "earned": None},
    {"seat": "s11", "amount": 9, "earned": 8.25},
]


def rows(opened: Opened) -> list[list[str]]:
    """Return what stands in the rows that there are items for, in order."""
    face = opened.page.faces[0]
    assert isinstance(face, TableFace)
    assert face._grid is not None
    return [
        [dpg.get_value(dpg.get_item_children(row, 1)[place]) for place in range(len(cells))]
        for cells in face._grid._cells
        for row in [cells[0].row]
    ]


def column(opened: Opened, number: int) -> list[str]:
    return [one[number] for one in rows(opened)]


def table(kit: Kit, *, data: dict[str, Any] | None = None, **more: Any) -> Opened:
    return open_screen(
        kit, Table(id="people", source="people", **more), data=data or {"people": PEOPLE}
    )


def test_without_columns_the_keys_of_the_first_record_are_the_headings(kit: Kit) -> None:
    opened = table(kit)
    assert {"Seat", "Amount", "Earned"} <= texts()
    assert rows(opened) == [["s02", "18", "30.50"], ["s07", "9", "–"], ["s11", "9", "8.25"]]


def test_columns_have_titles_formats_and_sides(kit: Kit) -> None:
    opened = table(
        kit,
        children=(
            Column(key="seat", title="Who", align="right"),
            Column(key="amount", format=".1f"),
            Column(key="earned", title="Share", format="%", align="left"),
        ),
    )
    assert {"Who", "Amount", "Share"} <= texts()
    assert rows(opened)[0] == ["s02", "18.0", "3050%"]
    face = opened.page.faces[0]
    assert isinstance(face, TableFace)
    assert [one.right for one in face._headings] == [True, True, False]


def test_numbers_stand_to_the_right_of_their_column(kit: Kit) -> None:
    opened = table(kit)
    face = opened.page.faces[0]
    assert isinstance(face, TableFace)
    (_, one, _), (_, other, _) = (
        dpg.get_item_children(cells[0].row, 1) for cells in face._grid._cells[:2]
    )
    indent = [dpg.get_item_configuration(item)["indent"] for item in (one, other)]
    # without a window each character counts as nine pixels
    assert indent[1] - indent[0] == 9


def test_a_press_on_a_heading_sorts_again_turns_round_and_then_undoes(kit: Kit) -> None:
    opened = table(kit, sortable=True)
    assert column(opened, 0) == ["s02", "s07", "s11"]
    opened.press("people.heading.amount")
    assert column(opened, 0) == ["s07", "s11", "s02"], "equal ones stay as they are"
    assert dpg.get_item_label(kit.named["people.heading.amount"]) == "↑ Amount"
    opened.press("people.heading.amount")
    assert column(opened, 0) == ["s02", "s07", "s11"]
    assert dpg.get_item_label(kit.named["people.heading.amount"]) == "↓ Amount"
    opened.press("people.heading.earned")
    assert column(opened, 2) == ["8.25", "30.50", "–"], "numbers as numbers, nothing last"
    assert dpg.get_item_label(kit.named["people.heading.amount"]) == "Amount"
    opened.press("people.heading.earned")
    assert column(opened, 2) == ["30.50", "8.25", "–"]
    opened.press("people.heading.earned")
    assert column(opened, 0) == ["s02", "s07", "s11"]


def test_a_table_that_does_not_sort_has_nothing_to_press(kit: Kit) -> None:
    table(kit)
    assert dpg.get_item_type(kit.named["people.heading.seat"]).endswith("mvText")


def test_new_data_keep_the_order_that_was_chosen_and_the_items(kit: Kit) -> None:
    opened = table(kit, sortable=True)
    opened.press("people.heading.amount")
    before = dpg.get_all_items()
    changed: list[JsonValue] = [
        {"seat": "s02", "amount": 1, "earned": 30.5},
        {"seat": "s07", "amount": 9, "earned": 2.0},
        {"seat": "s11", "amount": 5, "earned": 8.25},
    ]
    opened.follow(data={"people": changed})
    assert column(opened, 0) == ["s02", "s11", "s07"]
    assert dpg.get_all_items() == before


def test_rows_come_and_go_with_their_records(kit: Kit) -> None:
    opened = table(kit)
    opened.follow(data={"people": PEOPLE[:1]})
    assert column(opened, 0) == ["s02"]
    opened.follow(data={"people": [*PEOPLE, {"seat": "s20", "amount": 0, "earned": 1.0}]})
    assert column(opened, 0) == ["s02", "s07", "s11", "s20"]


def test_a_table_never_becomes_lower_while_it_is_looked_at(kit: Kit) -> None:
    opened = table(kit, rows=8)
    body = _body(opened)
    high = dpg.get_item_configuration(body)["height"]
    opened.follow(data={"people": PEOPLE[:1]})
    assert dpg.get_item_configuration(body)["height"] == high


def test_nothing_is_said_in_words(kit: Kit) -> None:
    opened = table(kit, data={"people": []}, empty="Nobody in period {period}.")
    assert opened.seen("people.empty")
    assert opened.value("people.empty") == "Nobody in period –."
    opened.follow(data={"people": PEOPLE})
    assert not opened.seen("people.empty")
    assert len(rows(opened)) == 3
    opened.follow(data={"people": []})
    assert opened.seen("people.empty")
    assert not is_seen(_body(opened))


def test_a_list_of_values_is_a_table_of_one_column(kit: Kit) -> None:
    opened = table(kit, data={"people": [3, 1, 2]}, sortable=True)
    opened.press("people.heading.value")
    assert rows(opened) == [["1"], ["2"], ["3"]]


def test_ten_thousand_records_have_only_as_many_items_as_are_seen(kit: Kit) -> None:
    many: list[JsonValue] = [{"n": one, "m": one % 97} for one in range(10_000)]
    opened = table(kit, data={"people": many}, rows=10, sortable=True)
    assert len(rows(opened)) < 40
    opened.press("people.heading.n")
    opened.press("people.heading.n")
    assert column(opened, 0)[:2] == ["9999", "9998"]
    # what scrolls is as high as all of them
    face = opened.page.faces[0]
    assert isinstance(face, TableFace)
    after = dpg.get_item_configuration(face._grid._after)["height"]
    assert after + len(rows(opened)) * 34 == 10_000 * 34


def test_a_stream_is_a_table_of_who_said_what_and_when(kit: Kit) -> None:
    opened = open_screen(kit, Table(source="stream.talk", rows=6))
    bring(opened, post(1, 12.5, seat="s02"), post(2, 13.25, seat="s07"))
    assert {"Time", "Seat", "Value"} <= texts()
    assert [one[1:] for one in rows(opened)] == [["Seat s02", "12.50"], ["You", "13.25"]]


def test_what_does_not_fit_ends_in_an_ellipsis(kit: Kit) -> None:
    opened = open_screen(
        kit,
        Table(source="people"),
        data={"people": [{"a": "x" * 300, "b": 1}]},
        width=700,
    )
    (cells,) = rows(opened)
    assert cells[0].endswith("…")
    assert cells[1] == "1"


def _body(opened: Opened) -> int | str:
    face = opened.page.faces[0]
    assert isinstance(face, TableFace)
    body: int | str = face._grid._body
    return body


def test_rows_that_nobody_sees_yet_come_with_the_next_frame(kit: Kit) -> None:
    people: list[JsonValue] = [{"seat": f"s{one:02}"} for one in range(30)]
    opened = table(kit, data={"people": people}, rows=4)
    assert column(opened, 0) == ["s00", "s01", "s02", "s03"]
    opened.page.tick()
    assert column(opened, 0) == [f"s{one:02}" for one in range(12)]

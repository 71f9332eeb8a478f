"""A screen is built in one go: at once as it would be, had it been brought there step by step."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dearpygui.dearpygui as dpg
import pytest

from palier.client.screens.draft import begin
from palier.client.screens.kit import Kit
from palier.client.screens.sample_errands import NotedErrands
from palier.client.screens.screen_page import ScreenPage
from palier.client.screens.window import context
from palier.client.state import Asking, View
from palier.schemas.forms import FormSpec
from palier.schemas.screens.folder import ScreenFile, read_folder
from palier.schemas.screens.widgets import Text
from tests.unit.client.opened import Opened, is_seen, open_screen, texts
from tools import screens_pictures
from tools.screens_page import GALLERY

ROOT = Path(__file__).parents[3]

SCREENS = read_folder(GALLERY).screens

#: What an item is made with and nobody sees.
UNSEEN = {
    "callback",
    "drag_callback",
    "drop_callback",
    "user_data",
    "source",
    "id",
    "track_offset",
    "texture_tag",
}


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.25, language="en") as made:
        yield made


def page_of(kit: Kit, view: View) -> ScreenPage:
    assert isinstance(view.screen, Asking)
    form = view.screen.stage.form or FormSpec(fields=())
    draft = begin(form, kit.words.numerals)
    return ScreenPage(kit, view, draft=draft, errands=NotedErrands(), clock=lambda: 0.0)


def built(page: ScreenPage) -> int | str:
    window: int | str
    with dpg.window() as window:
        page.build()
    return window


def seen(item: int | str) -> tuple[Any, ...]:
    """Return all that is seen of an item and of those within it."""
    said = dpg.get_item_configuration(item)
    look = {name: one for name, one in said.items() if name not in UNSEEN}
    children = (one for some in dpg.get_item_children(item).values() for one in some)
    shown = (one for one in children if dpg.get_item_configuration(one).get("show", True))
    return (
        dpg.get_item_type(item),
        look,
        dpg.get_value(item),
        dpg.get_item_theme(item),
        dpg.get_item_font(item),
        [seen(one) for one in shown],
    )


def within(window: int | str) -> list[tuple[Any, ...]]:
    return [seen(one) for one in dpg.get_item_children(window, 1)]


def view_of(stage: str, file: ScreenFile) -> View:
    return screens_pictures.view("gallery", screens_pictures.stages("gallery")[stage], file)


@pytest.mark.parametrize("width", [1600, 760])
@pytest.mark.parametrize("stage", sorted(SCREENS))
def test_what_is_built_for_a_width_is_what_is_moved_there(kit: Kit, stage: str, width: int) -> None:
    view = view_of(stage, SCREENS[stage])
    at_once, later = page_of(kit, view), page_of(kit, view)
    at_once.lay_out(width)
    one, other = built(at_once), built(later)
    later.lay_out(width)
    for page in (at_once, later):
        page.tick()
    assert within(one) == within(other)


@pytest.mark.parametrize("stage", sorted(SCREENS))
def test_what_is_built_is_up_to_date(kit: Kit, stage: str) -> None:
    page = page_of(kit, view_of(stage, SCREENS[stage]))
    page.lay_out(1400)
    window = built(page)
    page.tick()
    before = within(window)
    page.refresh()
    page.lay_out(1300)
    page.lay_out(1400)
    page.tick()
    assert within(window) == before


def test_a_screen_of_sixty_widgets_takes_few_items(kit: Kit) -> None:
    screens = runpy.run_path(str(ROOT / "bench" / "desk_screens.py"))
    page = page_of(kit, screens["view"](screens["sixty"]()))
    page.lay_out(1280)
    before = len(dpg.get_all_items())
    with dpg.window(), dpg.group():
        page.build()
    # with the themes that tables and plots have besides
    assert len(dpg.get_all_items()) - before < 560


def test_a_line_that_becomes_a_list_stays_where_it_is_and_under_its_name(kit: Kit) -> None:
    opened = open_screen(
        kit,
        Text(id="first", text="{said}", show_if="not hidden"),
        Text(text="Then this."),
        data={"said": "One line.", "hidden": False},
    )
    line = opened.kit.named["widget.first"]
    opened.follow(data={"said": "- one\n- two **bold** words", "hidden": False})
    listed = opened.kit.named["widget.first"]
    assert listed != line
    assert not dpg.does_item_exist(line)
    assert {"one", "two bold words", "Then this."} <= texts()
    assert order(opened, listed) == 0
    opened.follow(data={"said": "- one\n- two **bold** words", "hidden": True})
    assert not is_seen(listed)


def test_what_becomes_another_item_while_it_is_hidden_stays_hidden(kit: Kit) -> None:
    opened = open_screen(
        kit,
        Text(id="first", text="{said}", show_if="not hidden"),
        data={"said": "One line.", "hidden": True},
    )
    opened.follow(data={"said": "Two.\n\nParagraphs.", "hidden": True})
    assert not opened.seen("widget.first")
    opened.follow(data={"said": "Two.\n\nParagraphs.", "hidden": False})
    assert opened.seen("widget.first")
    assert {"Two.", "Paragraphs."} <= texts()


def order(opened: Opened, item: int | str) -> int:
    siblings: list[int] = dpg.get_item_children(dpg.get_item_parent(item), 1)
    return siblings.index(int(item))

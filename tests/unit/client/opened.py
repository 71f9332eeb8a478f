"""A screen that is open, without a window: its page, what it asked for, what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dearpygui.dearpygui as dpg
from pydantic import JsonValue

from palier.client.screens.draft import Draft, begin
from palier.client.screens.kit import Kit
from palier.client.screens.kit import press as press_button
from palier.client.screens.sample_errands import NotedErrands
from palier.client.screens.samples import sample_views
from palier.client.screens.screen_page import ScreenPage
from palier.client.screens.widgets.paragraphs import Drawn
from palier.client.state import Asking, View
from palier.client.view import Shown
from palier.schemas.forms import FieldSpec, FormSpec
from palier.schemas.live import ActionSpec
from palier.schemas.screens.screen import Local, ScreenSpec
from palier.schemas.screens.widgets import Widget


@dataclass
class Opened:
    """An open screen; ``data`` can be put anew, as a newer view brings them."""

    kit: Kit
    page: ScreenPage
    view: View
    draft: Draft
    errands: NotedErrands
    window: int | str

    def follow(self, *, data: Mapping[str, JsonValue] | None = None, **asking: Any) -> None:
        """Bring a newer view: other data, or another state of the answer."""
        screen = self.view.screen
        assert isinstance(screen, Asking)
        stage = screen.stage
        if data is not None:
            stage = stage.model_copy(update={"data": dict(data)})
        self.view = replace(self.view, screen=replace(screen, stage=stage, **asking))
        self.page.follow(self.view)

    def show_images(self, **images: Path) -> None:
        """Bring pictures."""
        files = {f"{name}.png": path for name, path in images.items()}
        self.view = replace(self.view, shown=replace(self.view.shown, images=files))
        self.page.follow(self.view)

    def put(self, place: str, value: JsonValue) -> None:
        """Put a value into a place, as a controller does."""
        self.page.scene.put(place, value)
        self.page.refresh()

    def type(self, name: str, text: str) -> None:
        """Type into a line as the item's own handler would report it."""
        item = self.kit.named[f"field.{name}"]
        dpg.set_value(item, text)
        registry = dpg.get_item_info(item)["handlers"]
        (handler,) = next(one for one in dpg.get_item_children(registry).values() if one)
        dpg.get_item_callback(handler)(handler, item, None)
        self.page.refresh()

    def press(self, name: str) -> None:
        """Press a button."""
        press_button(self.kit.named[name])
        self.page.refresh()

    def set(self, name: str, value: object) -> None:
        """Tick a box, choose from a list, move a slider."""
        item = self.kit.named[name]
        dpg.set_value(item, value)
        dpg.get_item_callback(item)(item, value, None)
        self.page.refresh()

    def value(self, name: str) -> Any:
        """Return the value of an item."""
        return dpg.get_value(self.kit.named[name])

    def seen(self, name: str) -> bool:
        """Whether an item is shown, and all that it is in."""
        return name in self.kit.named and is_seen(self.kit.named[name])

    def enabled(self, name: str) -> bool:
        """Whether an item can be used."""
        return bool(dpg.get_item_configuration(self.kit.named[name])["enabled"])


@dataclass
class Opening:
    """What is around a screen that is opened."""

    fields: tuple[FieldSpec, ...] = ()
    data: dict[str, JsonValue] = field(default_factory=dict)
    draft: Draft = field(default_factory=dict)
    local: dict[str, JsonValue] = field(default_factory=dict)
    strings: tuple[Any, ...] = ()
    actions: tuple[ActionSpec, ...] = ()


def open_screen(kit: Kit, *body: Widget, width: int = 1280, **around: Any) -> Opened:
    """Open a screen; see `Opening` for what can be around it."""
    opening = Opening(**around)
    view = sample_views("en")["form"]
    assert isinstance(view.screen, Asking)
    form = FormSpec(fields=opening.fields) if opening.fields else None
    shows = {"form": form, "data": opening.data, "actions": opening.actions}
    stage = view.screen.stage.model_copy(update=shows)
    local = tuple(Local(name=name, value=value) for name, value in opening.local.items())
    spec = ScreenSpec(name="trial", body=body, locals=local, strings=opening.strings)
    view = replace(view, screen=Asking(stage=stage), shown=Shown(spec=spec))
    draft = {**begin(form or FormSpec(fields=()), kit.words.numerals), **opening.draft}
    errands = NotedErrands()
    page = ScreenPage(kit, view, draft=draft, errands=errands)
    with dpg.window() as window:
        page.build()
    page.lay_out(width)
    return Opened(kit=kit, page=page, view=view, draft=draft, errands=errands, window=window)


def texts() -> set[str]:
    """Return all that is said and seen in the window, the words that are drawn among it."""
    seen = [one for one in dpg.get_all_items() if is_seen(one)]
    kind = "mvAppItemType::mvText"
    said = {dpg.get_value(one) for one in seen if dpg.get_item_type(one) == kind}
    drawn = (dpg.get_item_user_data(one) for one in seen)
    return said | {one.text for one in drawn if isinstance(one, Drawn)}


def is_seen(item: int | str) -> bool:
    """Whether an item is shown, and all that it is in."""
    while item:
        if not dpg.get_item_configuration(item).get("show", True):
            return False
        item = dpg.get_item_parent(item)
    return True

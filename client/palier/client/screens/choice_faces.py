"""Questions that are answered by choosing."""

from __future__ import annotations

from collections.abc import Callable

import dearpygui.dearpygui as dpg

from palier.client.screens.draft import Raw
from palier.client.screens.face import FieldFace
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit
from palier.schemas.forms import ChoiceField, FlagField


def add_option(kit: Kit, title: str, *, on: bool, wrap: bool, told: Callable[[bool], None]) -> Item:
    """Add a box whose title breaks where the card ends; a click on the title counts too."""
    with kit.across():
        box: Item = dpg.add_checkbox(
            default_value=on, callback=lambda _sender, value, _data: told(bool(value))
        )
        with kit.lowered(4):
            text = kit.text(title, wrap=wrap)

    def toggle() -> None:
        if dpg.get_item_configuration(box)["enabled"]:
            dpg.set_value(box, not dpg.get_value(box))
            told(bool(dpg.get_value(box)))

    kit.on_click(text, toggle)
    return box


class CheckFace(FieldFace[FlagField]):
    """A flag that has a default: a box to tick, its title beside it."""

    beside = False

    def build(self) -> None:
        """Add box, title and help."""
        kit, spec = self.kit, self.spec
        box = add_option(kit, spec.title, on=bool(self.raw), wrap=True, told=self.edited)
        self.named(box)
        self.mark(bad=False)
        if spec.help:
            kit.text(spec.help, role="small", ink="muted", wrap=True)
        self.build_problem()

    def build_input(self) -> None:
        """Leave it: the box stands before its title."""

    def mark(self, *, bad: bool) -> None:
        """Mark the box."""
        self.kit.themes.bind(self.inputs[0], "box-bad" if bad else "box")


class RadioFace(FieldFace[ChoiceField | FlagField]):
    """A few options, all in sight; none chosen at first.

    They are round check boxes: Dear PyGui's radio buttons always have one of them chosen, which
    in an experiment is an anchor.
    """

    beside = False

    def build_input(self) -> None:
        """Add a button for each option; yes and no stand side by side."""
        flag = isinstance(self.spec, FlagField)
        with dpg.group(horizontal=flag, horizontal_spacing=self.kit.px(28)):
            for index, (title, raw) in enumerate(self._options):
                self._add(index, title, on=raw == self.raw, wrap=not flag)
        self.mark(bad=False)

    def _add(self, index: int, title: str, *, on: bool, wrap: bool) -> None:
        told = lambda value: self._choose(index, on=value)  # noqa: E731 - it binds the index
        self.named(add_option(self.kit, title, on=on, wrap=wrap, told=told), str(index))

    @property
    def _options(self) -> list[tuple[str, Raw]]:
        words = self.kit.words
        if isinstance(self.spec, FlagField):
            return [(words.yes, True), (words.no, False)]
        return [(option.title, option.value) for option in self.spec.options]

    def _choose(self, chosen: int, *, on: bool) -> None:
        """Keep one option; only where nothing is required can it be taken back."""
        kept = on or self.spec.required
        for index, item in enumerate(self.inputs):
            dpg.set_value(item, kept and index == chosen)
        self.edited(self._options[chosen][1] if kept else None)

    def mark(self, *, bad: bool) -> None:
        """Mark every option."""
        for item in self.inputs:
            self.kit.themes.bind(item, "option-bad" if bad else "option")


class ComboFace(FieldFace[ChoiceField]):
    """Many options, in a list that opens."""

    def build_input(self) -> None:
        """Add the list."""
        titles = [option.title for option in self.spec.options]
        raws = [option.value for option in self.spec.options]
        chosen = titles[raws.index(self.raw)] if self.raw in raws else ""
        item: Item = dpg.add_combo(
            titles,
            default_value=chosen or self.kit.words.choose,
            width=self.kit.px(360),
            callback=lambda _sender, title, _data: self.edited(raws[titles.index(title)]),
        )
        self.kit.themes.bind(item, "field")
        self.named(item)

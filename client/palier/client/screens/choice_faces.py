"""Questions that are answered by choosing."""

from __future__ import annotations

from collections.abc import Callable

import dearpygui.dearpygui as dpg

from palier.client.screens.draft import Raw
from palier.client.screens.face import FieldFace
from palier.client.screens.facts import NOTHING
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Inside, Kit
from palier.schemas.forms import ChoiceField, FieldSpec, FlagField

#: Up to so wide is a list that opens.
_WIDEST_LIST, _NARROWEST_LIST = 460, 200
#: What the box of an option takes of its width.
_BOX = 36


def add_option(
    kit: Kit, title: str, *, on: bool, wrap: bool, told: Callable[[bool], None], width: int = 0
) -> tuple[Item, Item]:
    """Add a box whose title breaks where the card ends; a click on the title counts too."""
    with kit.across():
        box: Item = dpg.add_checkbox(
            default_value=on, callback=lambda _sender, value, _data: told(bool(value))
        )
        # it stands on the line of the box
        text = kit.text(title, wrap=wrap, width=width)

    def toggle() -> None:
        if dpg.get_item_configuration(box)["enabled"]:
            dpg.set_value(box, not dpg.get_value(box))
            told(bool(dpg.get_value(box)))

    kit.on_click(text, toggle)
    return box, text


def dress(kit: Kit, box: Item, *, shape: str, bad: bool) -> None:
    """Give a box the look of what it holds: ticked ones are filled."""
    look = f"{shape}-on" if dpg.get_value(box) else f"{shape}-bad" if bad else shape
    kit.themes.bind(box, look)


class CheckFace(FieldFace[FlagField]):
    """A flag that has a default: a box to tick, its title beside it."""

    beside = False

    def build_label(self) -> None:
        """Add box and title."""
        self._titled = self.title
        box, self._label = add_option(
            self.kit,
            self._titled,
            on=bool(self.raw),
            wrap=True,
            told=self.edited,
            width=self._wrap if self.width else 0,
        )
        self.named(box)
        self.mark(bad=False)

    def build_line(self) -> None:
        """Leave it until there is a problem to be said under the box."""

    def build_input(self) -> None:
        """Leave it: the box stands before its title."""

    @property
    def _wrap(self) -> int:
        return self.width - self.kit.px(_BOX)

    @property
    def title(self) -> str:
        """What is ticked: a box can always be left out."""
        return self.spec.title

    def wrap(self) -> None:
        """Break the title where the width ends."""
        super().wrap()
        dpg.configure_item(self._label, wrap=self._wrap)

    def say(self, problem: str) -> None:
        """Show a problem under the box; without one there is no line for it."""
        if problem and not self._line:
            with Inside(self.item):
                super().build_line()
        super().say(problem)
        if self._line:
            self.show(self._line, on=bool(problem))

    def edited(self, raw: Raw) -> None:
        """Keep whether it is ticked; a ticked box looks otherwise."""
        super().edited(raw)
        self.mark(bad=False)

    def put(self, raw: Raw) -> None:
        """Tick the box, or not."""
        dpg.set_value(self.inputs[0], bool(raw))
        self.mark(bad=False)

    def mark(self, *, bad: bool) -> None:
        """Mark the box."""
        dress(self.kit, self.inputs[0], shape="box", bad=bad)


class OptionsFace(FieldFace[FieldSpec]):
    """One of several options, wherever they come from."""

    beside = False

    @property
    def options(self) -> tuple[tuple[str, Raw], ...]:
        """What can be chosen, and what is kept of it."""
        words, spec = self.kit.words, self.spec
        if self.manner.options:
            return self.manner.options
        if isinstance(spec, FlagField):
            return (words.yes, True), (words.no, False)
        if isinstance(spec, ChoiceField):
            return tuple((option.title, option.value) for option in spec.options)
        return ()


class RadioFace(OptionsFace):
    """A few options, all in sight; none chosen at first.

    They are round check boxes: Dear PyGui's radio buttons always have one of them chosen, which
    in an experiment is an anchor.
    """

    def build_input(self) -> None:
        """Add the place for a button for each option; yes and no stand side by side."""
        flag = isinstance(self.spec, FlagField)
        self._shown: tuple[tuple[str, Raw], ...] = ()
        self._titles: list[Item] = []
        self._enabled = True
        self._group: Item = dpg.add_group(
            horizontal=flag, horizontal_spacing=self.kit.px(28) if flag else -1
        )

    def rephrase(self) -> None:
        """Add the options anew where they have changed."""
        super().rephrase()
        if self.options == self._shown:
            return
        self._shown = self.options
        dpg.delete_item(self._group, children_only=True)
        self.inputs, self._titles = [], []
        dpg.push_container_stack(self._group)
        try:
            for index, (title, raw) in enumerate(self._shown):
                self._add(index, title, on=raw == self.raw)
        finally:
            dpg.pop_container_stack()
        self.mark(bad=False)
        self.enable(on=self._enabled)
        if self.width:
            self.fit()

    def _add(self, index: int, title: str, *, on: bool) -> None:
        told = lambda value: self._choose(index, on=value)  # noqa: E731 - it binds the index
        wrap = not isinstance(self.spec, FlagField)
        box, text = add_option(self.kit, title, on=on, wrap=wrap, told=told)
        self._titles.append(text)
        self.named(box, str(index))

    def fit(self) -> None:
        """Break the titles where the width ends."""
        super().fit()
        if not isinstance(self.spec, FlagField):
            for text in self._titles:
                dpg.configure_item(text, wrap=self.width - self.kit.px(_BOX))

    def _choose(self, chosen: int, *, on: bool) -> None:
        """Keep one option; only where nothing is required can it be taken back."""
        kept = on or self.spec.required
        raw = self._shown[chosen][1] if kept else None
        self.put(raw)
        self.edited(raw)

    def put(self, raw: Raw) -> None:
        """Choose another option, or none."""
        for item, (_, mine) in zip(self.inputs, self._shown, strict=True):
            dpg.set_value(item, raw is not None and mine == raw)
        self.mark(bad=False)

    def enable(self, *, on: bool) -> None:
        """Let the options be chosen, or not."""
        self._enabled = on
        super().enable(on=on)

    def mark(self, *, bad: bool) -> None:
        """Mark every option."""
        for item in self.inputs:
            dress(self.kit, item, shape="option", bad=bad)

    def focus(self) -> None:
        """Put the keyboard on the first option, if there is any."""
        if self.inputs:
            super().focus()


class ComboFace(OptionsFace):
    """Many options, in a list that opens."""

    beside = True

    def build_input(self) -> None:
        """Add the list."""
        item: Item = dpg.add_combo(
            [],
            width=self.kit.px(360),
            callback=lambda _sender, title, _data: self._choose(str(title)),
        )
        self.kit.themes.bind(item, "field")
        self.named(item)

    def rephrase(self) -> None:
        """Offer the options anew where they have changed."""
        super().rephrase()
        dpg.configure_item(self.inputs[0], items=[title for title, _ in self._offered])
        self.put(self.raw)

    @property
    def _offered(self) -> tuple[tuple[str, Raw], ...]:
        """The options, and before them a way to take an answer back where none is required."""
        return self.options if self.spec.required else ((NOTHING, None), *self.options)

    def fit(self) -> None:
        """Be as wide as the longest option."""
        kit = self.kit
        titles = (kit.words.choose, *(title for title, _ in self.options))
        longest = max(kit.width(title, "body") for title in titles)
        # the arrow is as wide as the list is high
        room = round(longest) + 2 * kit.px(12) + kit.px(44)
        bounded = min(max(room, kit.px(_NARROWEST_LIST)), kit.px(_WIDEST_LIST), self.width)
        dpg.configure_item(self.inputs[0], width=bounded)
        super().fit()

    def _choose(self, title: str) -> None:
        raw = next(raw for one, raw in self._offered if one == title)
        self.edited(raw)
        self.put(raw)

    def put(self, raw: Raw) -> None:
        """Show another option, or that none is chosen."""
        titles = [title for title, mine in self.options if mine == raw and raw is not None]
        dpg.set_value(self.inputs[0], titles[0] if titles else self.kit.words.choose)

"""Questions that are answered by choosing."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from palier.client.screens.draft import Raw
from palier.client.screens.face import FieldFace
from palier.client.screens.fonts import Item
from palier.schemas.forms import ChoiceField, FlagField


class CheckFace(FieldFace[FlagField]):
    """A flag that has a default: a box to tick, its title beside it."""

    beside = False

    def build(self) -> None:
        """Add box, title and help."""
        kit, spec = self.kit, self.spec
        with kit.across(spacing=10):
            box: Item = dpg.add_checkbox(
                default_value=bool(self.raw),
                callback=lambda _sender, value, _data: self.edited(bool(value)),
            )
            self.named(box)
            kit.themes.bind(box, "box")
            with kit.lowered(3):
                kit.text(spec.title, wrap=True)
        if spec.help:
            kit.text(spec.help, role="small", ink="muted", wrap=True)
        self._build_problem()

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
        self._raws = [raw for _, raw in self._options]
        flag = isinstance(self.spec, FlagField)
        with dpg.group(horizontal=flag, horizontal_spacing=self.kit.px(28)):
            for index, (title, raw) in enumerate(self._options):
                button: Item = dpg.add_checkbox(
                    label=title,
                    default_value=raw == self.raw,
                    user_data=index,
                    callback=lambda _sender, _value, chosen: self._choose(chosen),
                )
                self.named(button, str(index))
        self.mark(bad=False)

    @property
    def _options(self) -> list[tuple[str, Raw]]:
        words = self.kit.words
        if isinstance(self.spec, FlagField):
            return [(words.yes, True), (words.no, False)]
        return [(option.title, option.value) for option in self.spec.options]

    def _choose(self, chosen: int) -> None:
        for index, item in enumerate(self.inputs):
            dpg.set_value(item, index == chosen)
        self.edited(self._raws[chosen])

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

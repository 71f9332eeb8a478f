"""What every field of a form shares: label, help, input, and the problem in words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

import dearpygui.dearpygui as dpg

from palier.client.screens.aside import Aside
from palier.client.screens.draft import Raw, explain
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit
from palier.client.screens.page import COLUMN
from palier.schemas.forms import FieldSpec

Spec = TypeVar("Spec", bound=FieldSpec)

#: Between an input and what stands beside it.
_APART = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a screen wants a question to be shown; a generated form leaves all of it to the field."""

    #: Stands beside a number; None: never any.
    unit: str | None = None
    decimals: int | None = None
    #: The ends of a slider or a scale, where they are not the field's bounds.
    low: float | None = None
    high: float | None = None
    #: The lines of a text; None: as long as the text may be.
    rows: int | None = None
    #: What can be chosen and what is kept of it, where that is not the field's options.
    options: tuple[tuple[str, Raw], ...] = ()
    #: The words at the low end, in the middle and at the high end of a scale.
    ends: tuple[str, str, str] = ("", "", "")
    #: Whether the value is shown large.
    large: bool = False


class FieldFace(ABC, Generic[Spec]):
    """One question: label above, help, the input, and its problem in words.

    What is put in goes to the draft at once, so that a rebuilt face shows the same. ``enter`` is
    called when Enter is pressed in a single line. Without `lay_out` it fills its panel.
    """

    #: The problem stands to the right of the input where there is room, rather than under it.
    beside: ClassVar[bool] = True

    def __init__(
        self,
        kit: Kit,
        spec: Spec,
        draft: MutableMapping[str, Raw],
        *,
        enter: Callable[[], None],
        manner: Manner | None = None,
    ) -> None:
        self.kit = kit
        self.spec = spec
        self.manner = manner or Manner()
        self.draft = draft
        self.enter = enter
        self.inputs: list[Item] = []
        self.width = 0
        self.item: Item = 0
        self._line: Item = 0
        self._help: Item = 0
        #: What is said already: label, help, hint and whether it is seen.
        self._titled = self._helped = ""
        self._hinted = ("", False)
        #: Whether the line is a line, rather than one item under the other.
        self._horizontal = True
        self._seen = self.raw
        self._problem = ""
        self._hint = Aside(kit, role="small", ink="muted", drop=self.drop + 2)
        name = f"problem.{spec.name}"
        self._wrong = Aside(kit, role="body", ink="bad", drop=self.drop, name=name)

    @property
    def raw(self) -> Raw:
        """What is put in so far."""
        return self.draft.get(self.spec.name)

    # -- its items --------------------------------------------------------------------------------

    def build(self, width: int = 0, *, show: bool = True) -> None:
        """Add the question to the current container, for a width; 0: it is not known yet."""
        self.width = min(width, self.kit.px(COLUMN))
        with self.kit.group("body", show=show) as self.item:
            self.build_label()
            self._say_help()
            self.build_line()
            self.build_below()
            self.rephrase()
            if width:
                self.fit()

    def build_label(self) -> None:
        """Add what stands above the input."""
        self._titled = title = self.title
        self._label: Item = self.kit.text(
            title, role="strong", wrap=True, width=self.width, show=bool(title)
        )

    def build_line(self) -> None:
        """Add the input, and the line on which what is said about it stands."""
        self._horizontal = self.beside
        with self.kit.across(spacing=_APART, horizontal=self.beside) as self._line:
            self.build_input()

    @abstractmethod
    def build_input(self) -> None:
        """Add the input, and put its items into ``inputs``."""

    def build_below(self) -> None:
        """Add what stands under input and problem."""

    @property
    def hinted(self) -> str:
        """What is to be known about the input before there is a problem."""
        return ""

    @property
    def drop(self) -> int:
        """How far what stands beside the input is pushed down, to be on its line."""
        return 9

    def named(self, item: Item, part: str = "") -> Item:
        """Name one of the field's items and count it among its inputs."""
        name = f"field.{self.spec.name}" + (f".{part}" if part else "")
        self.inputs.append(item)
        return self.kit.name(name, item)

    @staticmethod
    def show(item: Item, *, on: bool) -> None:
        """Show an item, or hide it."""
        dpg.configure_item(item, show=on)

    # -- what it asks -----------------------------------------------------------------------------

    def ask(self, spec: Spec, manner: Manner) -> None:
        """Take a question that has changed: its words, its bounds, its options."""
        if (spec, manner) != (self.spec, self.manner):
            self.spec, self.manner = spec, manner
            self.rephrase()
            self.say(self._problem)

    def rephrase(self) -> None:
        """Bring label, help and whatever depends on the question up to date."""
        self._say_label()
        self._say_help()
        self._say_hint()

    def _say_help(self) -> None:
        text = self.spec.help or ""
        if text == self._helped:
            return
        self._helped = text
        if not self._help:
            self._help = self.kit.text(
                text,
                role="small",
                ink="muted",
                wrap=True,
                width=self.width,
                parent=self.item,
                before=self._line,
            )
        else:
            dpg.set_value(self._help, text)
            self.show(self._help, on=bool(text))

    def _say_hint(self) -> None:
        hinted = self.hinted
        told = (hinted, bool(hinted) and not self._problem)
        if told != self._hinted:
            self._hinted = told
            self._place_beside()
            self._hint.say(hinted, line=self._line, shown=told[1])

    def _say_label(self) -> None:
        title = self.title
        if title != self._titled:
            self._titled = title
            dpg.set_value(self._label, title)
            self.show(self._label, on=bool(title))

    @property
    def title(self) -> str:
        """What is asked, and whether it can be left out."""
        spec = self.spec
        if spec.required or not spec.title:
            return spec.title
        return self.kit.words.optional.format(title=spec.title)

    def lay_out(self, width: int) -> None:
        """Fit a width in pixels; lines longer than a column of text are hard to follow."""
        before, self.width = self.width, min(width, self.kit.px(COLUMN))
        if self.width != before:
            self.wrap()
        self.fit()

    def wrap(self) -> None:
        """Break label and help where the width ends."""
        for item in (self._label, self._help):
            if item:
                dpg.configure_item(item, wrap=self.width)

    def fit(self) -> None:
        """Fit the input, and what stands beside it, into the width."""
        self._place_beside()

    # -- what is put in ---------------------------------------------------------------------------

    def written(self, raw: Raw) -> str:
        """Return what a line has in it where the draft has this."""
        return raw if isinstance(raw, str) else ""

    def typed(self, text: str) -> None:
        """Take what is typed into a line."""
        self.edited(text)

    def edited(self, raw: Raw) -> None:
        """Keep what is put in; a problem that was shown may be solved by it."""
        self._seen = raw
        self.say("")
        self.draft[self.spec.name] = raw

    def follow(self) -> None:
        """Show what the draft has, if it was put there by somebody else.

        Whoever types is not disturbed: they see it once they leave the line.
        """
        if self.raw != self._seen and not self._is_busy:
            self._seen = self.raw
            self.put(self.raw)
            self.say("")

    @property
    def _is_busy(self) -> bool:
        return any(dpg.get_item_state(one).get("active") for one in self.inputs)

    @abstractmethod
    def put(self, raw: Raw) -> None:
        """Show what the draft has."""

    # -- what is wrong with it --------------------------------------------------------------------

    def say(self, problem: str) -> None:
        """Show a problem by its code, or as a sentence; empty clears it."""
        if problem or self._problem:
            self._problem = problem
            said = explain(self.spec, problem, self.kit.words)
            self._place_beside()
            self._say_hint()
            self._wrong.say(said, line=self._line, shown=bool(problem))
            self.mark(bad=bool(problem))

    def input_width(self) -> float:
        """Return how wide the input is, in pixels."""
        return float(dpg.get_item_width(self.inputs[0]))

    def _place_beside(self) -> None:
        """Put hint and problem beside the input where there is room, else under it."""
        if not self._line:
            return
        beside = self.beside
        if beside and self.width:
            said, aside = self._hinted[0], self._hint
            if self._problem:
                said, aside = explain(self.spec, self._problem, self.kit.words), self._wrong
            left = self.width - self.input_width() - self.kit.px(_APART)
            beside = aside.width(said) <= left
        if beside != self._horizontal:
            self._horizontal = beside
            dpg.configure_item(self._line, horizontal=beside)
        if self.width or not beside:
            for one in (self._hint, self._wrong):
                one.place(beside=beside, width=self.width)

    def mark(self, *, bad: bool) -> None:
        """Mark the inputs as bad, or no longer."""
        for item in self.inputs:
            self.kit.themes.bind(item, "field-bad" if bad else "field")

    def enable(self, *, on: bool) -> None:
        """Let the participant change the answer, or not."""
        for item in self.inputs:
            dpg.configure_item(item, enabled=on)

    def focus(self) -> None:
        """Put the keyboard here."""
        dpg.focus_item(self.inputs[0])


#: A face of any field.
AnyFace: TypeAlias = FieldFace[Any]


def add_line(face: AnyFace, *, width: int, part: str = "") -> Item:
    """Add a single line of text that keeps the draft and reports Enter."""
    item: Item = dpg.add_input_text(
        default_value=face.written(face.raw),
        width=width,
        on_enter=True,
        callback=lambda *_: face.enter(),
    )
    face.kit.on_edit(item, lambda: face.typed(str(dpg.get_value(item))))
    face.kit.themes.bind(item, "field")
    return face.named(item, part)

"""What every field of a form shares: label, help, input, and the problem in words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

import dearpygui.dearpygui as dpg

from palier.client.screens.draft import Draft, Raw, explain
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit
from palier.schemas.forms import FieldSpec

Spec = TypeVar("Spec", bound=FieldSpec)


class FieldFace(ABC, Generic[Spec]):
    """One question: label above, help, the input, and its problem in words.

    What is put in goes to the draft at once, so that a rebuilt face shows the same. ``enter`` is
    called when Enter is pressed in a single line.
    """

    #: The problem stands to the right of the input, rather than under it.
    beside: ClassVar[bool] = True

    def __init__(self, kit: Kit, spec: Spec, draft: Draft, *, enter: Callable[[], None]) -> None:
        self.kit = kit
        self.spec = spec
        self.draft = draft
        self.enter = enter
        self.inputs: list[Item] = []

    @property
    def raw(self) -> Raw:
        """What is put in so far."""
        return self.draft.get(self.spec.name)

    def build(self) -> None:
        """Add the question to the current container."""
        kit, spec = self.kit, self.spec
        title = spec.title if spec.required else kit.words.optional.format(title=spec.title)
        kit.text(title, role="strong", wrap=True)
        if spec.help:
            kit.text(spec.help, role="small", ink="muted", wrap=True)
        if self.beside:
            with kit.across(spacing=12):
                self.build_input()
                with kit.lowered(9):
                    self.build_hint()
                    self.build_problem()
        else:
            self.build_input()
            self.build_problem()
        self.build_below()

    @abstractmethod
    def build_input(self) -> None:
        """Add the input, and put its items into ``inputs``."""

    def build_hint(self) -> None:
        """Add what stands beside the input while there is no problem."""

    def build_below(self) -> None:
        """Add what stands under input and problem."""

    def build_problem(self) -> None:
        """Add the place where the problem is said."""
        self._problem = self.kit.text("", ink="bad", wrap=True, show=False)
        self.kit.name(f"problem.{self.spec.name}", self._problem)

    @staticmethod
    def show(item: Item, *, on: bool) -> None:
        """Show an item, or hide it."""
        dpg.configure_item(item, show=on)

    def written(self, raw: Raw) -> str:
        """Return what a line has in it where the draft has this."""
        return raw if isinstance(raw, str) else ""

    def typed(self, text: str) -> None:
        """Take what is typed into a line."""
        self.edited(text)

    def named(self, item: Item, part: str = "") -> Item:
        """Name one of the field's items and count it among its inputs."""
        name = f"field.{self.spec.name}" + (f".{part}" if part else "")
        self.inputs.append(item)
        return self.kit.name(name, item)

    def edited(self, raw: Raw) -> None:
        """Keep what is put in; a problem that was shown may be solved by it."""
        self.draft[self.spec.name] = raw
        self.say("")

    def say(self, problem: str) -> None:
        """Show a problem by its code, or as the worker's sentence; empty clears it."""
        dpg.set_value(self._problem, explain(self.spec, problem, self.kit.words))
        self.show(self._problem, on=bool(problem))
        self.mark(bad=bool(problem))

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

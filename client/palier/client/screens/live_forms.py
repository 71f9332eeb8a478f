"""What can be done in a live stage that has no screen of its own: a small form for each action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TypeAlias

import dearpygui.dearpygui as dpg
from pydantic import JsonValue

from palier.client.errors import Rejected
from palier.client.screens.acts import said
from palier.client.screens.draft import Draft, begin
from palier.client.screens.form import FormFace
from palier.client.screens.kit import Kit
from palier.schemas.errors import PalierError
from palier.schemas.events import Stage
from palier.schemas.forms import FormSpec
from palier.schemas.live import ActionSpec

#: Does an action in a stage, with what its form asks for.
Act: TypeAlias = Callable[[Stage, str, Mapping[str, JsonValue] | None], Future[int]]

#: Of a list that grows, so many of the last ones are shown.
_LAST = 15


def latest(data: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return data with the ends of long lists only."""
    return {key: one[-_LAST:] if isinstance(one, list) else one for key, one in data.items()}


class LiveForms:
    """The forms of all actions, one below the other; main thread only."""

    def __init__(self, kit: Kit, stage: Stage, *, act: Act, toast: Callable[[str], None]) -> None:
        self._kit = kit
        self._forms = tuple(_ActionForm(kit, stage, one, act, toast) for one in stage.actions)

    def build(self) -> None:
        """Add them to the current card."""
        for index, one in enumerate(self._forms):
            self._kit.gap(22 if index else 14)
            one.build()

    def tick(self) -> None:
        """See what became of what was done."""
        for one in self._forms:
            one.tick()

    def lock(self, *, locked: bool) -> None:
        """Let nothing be done for now, or again."""
        for one in self._forms:
            one.lock(locked=locked)


class _ActionForm:
    """One action: its fields, its button, what is on its way."""

    def __init__(
        self,
        kit: Kit,
        stage: Stage,
        action: ActionSpec,
        act: Act,
        toast: Callable[[str], None],
    ) -> None:
        self._kit, self._stage, self._action = kit, stage, action
        self._act, self._toast = act, toast
        self._answer: Future[int] | None = None
        self._locked = False
        # by the action too: another one may ask for the same
        spec = FormSpec(
            fields=tuple(
                one.model_copy(update={"name": f"{action.name}.{one.name}"})
                for one in (action.form.fields if action.form else ())
            )
        )
        draft: Draft = begin(spec, kit.words.numerals)
        self._form = FormFace(kit, spec, draft, enter=self._press)

    def build(self) -> None:
        kit, action = self._kit, self._action
        if action.form is not None:
            self._form.build()
            kit.gap(10)
        self._button = kit.button(action.title, press=self._press, kind="primary")
        kit.name(f"act.{action.name}", self._button)

    def lock(self, *, locked: bool) -> None:
        self._locked = locked
        dpg.configure_item(self._button, enabled=not locked and self._answer is None)

    def _press(self) -> None:
        if self._locked or self._answer is not None:
            return
        found = self._form.answer()
        if found is None:
            return
        body = {key.partition(".")[2]: one for key, one in found.items()}
        name = self._action.name
        self._answer = self._act(self._stage, name, body if self._action.form else None)
        self.lock(locked=self._locked)

    def tick(self) -> None:
        answer = self._answer
        if answer is None or not answer.done():
            return
        self._answer = None
        self.lock(locked=self._locked)
        error = None if answer.cancelled() else answer.exception()
        if isinstance(error, Rejected) and error.fields:
            self._form.say({f"{self._action.name}.{key}": one for key, one in error.fields.items()})
        elif isinstance(error, PalierError):
            self._toast(said(error, self._kit.words))
        elif error is not None:
            raise error

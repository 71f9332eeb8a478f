"""The page of an open stage: what it says, what it asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import dearpygui.dearpygui as dpg
from pydantic import JsonValue

from palier.client.screens.draft import Draft
from palier.client.screens.facts import Facts, arrange
from palier.client.screens.form import FormFace
from palier.client.screens.kit import Kit
from palier.client.screens.live_forms import LiveForms, latest
from palier.client.screens.page import PairedPage
from palier.client.screens.telling import tell_facts, tell_paragraphs
from palier.client.screens.words import say
from palier.client.state import Asking, Screen
from palier.schemas.events import Stage

#: Takes the stage that was shown, and its answer: None where it has no form.
Submit: TypeAlias = Callable[[Stage, dict[str, JsonValue] | None], None]


class AskingPage(PairedPage):
    """A stage: title, text, form and button; what it tells stands beside a form, else within."""

    name = "asking"
    asks = True

    def __init__(
        self,
        kit: Kit,
        screen: Asking,
        *,
        draft: Draft,
        submit: Submit,
        steps: tuple[str, ...],
        live: LiveForms | None = None,
    ) -> None:
        stage = screen.stage
        self._live = live
        super().__init__(kit, key_of(stage))
        self._screen = screen
        self._steps = steps
        self._submit = submit
        self._sent = False
        self._width = 0
        self._form = (
            FormFace(kit, stage.form, draft, enter=self._press) if stage.form is not None else None
        )

    @property
    def _facts(self) -> Facts:
        data = self._screen.stage.data
        return arrange(data if self._live is None else latest(data), self.kit.words)

    def build(self) -> None:
        """Build both cards; the second is shown where there is something to tell."""
        kit = self.kit
        with self.pair():
            with self.card() as self._main:
                self._build_head()
                with dpg.group() as self._within:
                    pass
                if self._form is not None:
                    kit.gap(14)
                    self._form.build()
                if self._live is not None:
                    self._live.build()
                self._build_foot()
            with self.card(show=False) as self._side:
                kit.text(kit.words.facts, role="section")
                kit.gap(4)
                with dpg.group() as self._told:
                    pass
        self._tell()
        self._show(self._screen)

    def _build_head(self) -> None:
        kit, stage = self.kit, self._screen.stage
        if overline := self._overline(stage):
            kit.text(overline, role="small", ink="muted")
            kit.gap(0)
        kit.text(stage.title, role="title", wrap=True)
        if stage.text.strip():
            kit.gap(4)
            tell_paragraphs(kit, stage.text)

    def _overline(self, stage: Stage) -> str:
        words = self.kit.words
        said = []
        if stage.name in self._steps:
            step = self._steps.index(stage.name) + 1
            said.append(words.step_of.format(step=step, steps=len(self._steps)))
        if stage.visit > 1:
            said.append(words.round.format(n=stage.visit))
        return ", ".join(said)

    def _build_foot(self) -> None:
        kit = self.kit
        kit.gap(22)
        self._refusal = kit.name("refusal", kit.text("", ink="bad", wrap=True, show=False))
        kind = "primary" if self._live is None else "secondary"
        self._button = kit.button("", press=self._press, kind=kind)
        kit.name("submit", self._button)
        if self._form is not None and not self._screen.stage.quiz:
            kit.gap(0)
            kit.text(kit.words.final, role="small", ink="muted", wrap=True)

    def _tell(self) -> None:
        facts = self._facts
        self.paired = (self._form is not None or self._live is not None) and bool(facts)
        target = self._told if self.paired else self._within
        for group in (self._told, self._within):
            dpg.delete_item(group, children_only=True)
        dpg.configure_item(self._side, show=self.paired)
        if facts:
            dpg.push_container_stack(target)
            if not self.paired:
                self.kit.gap(14)
            tell_facts(self.kit, facts)
            dpg.pop_container_stack()

    def update(self, screen: Screen) -> None:
        """Take a newer state of the same generation; what is typed stays."""
        assert isinstance(screen, Asking)
        before, self._screen = self._screen, screen
        if screen.stage.data != before.stage.data:
            was = self.paired
            self._tell()
            if self.paired != was and self._width:
                self.lay_out(self._width)
        self._show(screen)
        if screen.problems and screen.problems != before.problems and self._form is not None:
            self._form.say(screen.problems)

    def _show(self, screen: Asking) -> None:
        self._lock(sending=screen.sending)
        said, ink = screen.refusal, "bad"
        if screen.notice is not None:
            said = say(screen.notice, self.kit.words)
            ink = "muted" if screen.sending else "bad"
        dpg.set_value(self._refusal, said)
        self.kit.ink(self._refusal, ink)
        dpg.configure_item(self._refusal, show=bool(said))

    def _lock(self, *, sending: bool) -> None:
        words = self.kit.words
        idle = words.confirm if self._form is not None else words.proceed
        dpg.configure_item(
            self._button,
            label=words.sending if sending else idle,
            enabled=not (sending or self._screen.locked),
        )
        if self._live is not None:
            self._live.lock(locked=sending or self._screen.locked)
        if self._form is not None and sending != self._sent:
            self._form.enable(on=not sending)
        self._sent = sending

    def tick(self) -> bool:
        """See what became of what was done."""
        if self._live is not None:
            self._live.tick()
        return False

    def _press(self) -> None:
        if self._sent or self._screen.locked:
            return
        answer = self._form.answer() if self._form is not None else None
        if self._form is not None and answer is None:
            return
        self._lock(sending=True)
        try:
            self._submit(self._screen.stage, answer)
        except Exception:
            self._lock(sending=False)
            raise

    def lay_out(self, width: int) -> None:
        """Fit a window of this width."""
        self._width = width
        self.lay_out_pair(width, self._main, self._side)

    def enter(self) -> None:
        """Go on from a stage that asks for nothing; a form's own fields hand it in."""
        if self._form is None and self._live is None:
            self._press()

    def focus(self) -> None:
        """Go to the first field, or to the button."""
        if self._form is not None:
            self._form.focus()
        else:
            dpg.focus_item(self._button)


def key_of(stage: Stage) -> tuple[object, ...]:
    """Return what makes a generation of a stage the same page."""
    return ("asking", stage.scope, stage.generation)

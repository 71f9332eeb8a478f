"""What a screen does in its live stage: what is asked for it, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING

from pydantic import JsonValue

from palier.client.errors import Rejected
from palier.client.screens.draft import Raw, explain, value_of
from palier.client.screens.words import Words
from palier.schemas.errors import PalierError
from palier.schemas.forms import FieldSpec, FormSpec
from palier.schemas.live import ActionSpec
from palier.schemas.replies import NOT_ALLOWED
from palier.schemas.screens.acting import ACT, place_of

if TYPE_CHECKING:
    from palier.client.screens.scene import Scene


class Acts:
    """The actions of one open screen's stage, by name; main thread only."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._running: dict[str, Future[int]] = {}
        #: The action that was tried last, and could not be sent.
        self._tried = ""
        #: What the worker found wrong, by place, and what was put in there then.
        self._wrong: dict[str, tuple[Raw, str]] = {}

    def fields(self) -> dict[str, FieldSpec]:
        """Return what the actions that the screen names ask for, by place."""
        scene = self._scene
        return {
            self._place(action, field): field
            for action in scene.asking.stage.actions
            if f"{ACT}{action.name}" in scene.named_actions and action.form is not None
            for field in action.form.fields
        }

    def asking_for(self, place: str) -> str | None:
        """Return the one action that the screen does with what is put into a place."""
        found = [
            one.name
            for one in self._scene.asking.stage.actions
            if f"{ACT}{one.name}" in self._scene.named_actions
            for field in (one.form.fields if one.form else ())
            if self._place(one, field) == place
        ]
        return found[0] if len(found) == 1 else None

    def is_running(self, name: str) -> bool:
        """Whether it has not been answered yet."""
        return name.removeprefix(ACT) in self._running

    def problems(self) -> dict[str, str]:
        """Return what is wrong still with what was asked for and could not be sent, by place."""
        action = self._action(self._tried)
        known = {} if action is None else self._read(action)[1]
        draft = self._scene.draft
        worker = {
            place: said for place, (raw, said) in self._wrong.items() if draft.get(place) == raw
        }
        return {**worker, **known}

    def run(self, name: str) -> None:
        """Do an action, or show all that is wrong with what it asks for."""
        scene, known = self._scene, name.removeprefix(ACT)
        if known in self._running or scene.locked:
            return
        action = self._action(known) or ActionSpec(name=known, title=known)
        body, problems = self._read(action)
        self._tried, self._wrong = known if problems else "", {}
        self._show(action, problems)
        if not problems:
            self._running[known] = scene.errands.act(scene.asking.stage, known, body)
            scene.touch()

    def tick(self) -> None:
        """See what became of what was done."""
        for name, answer in list(self._running.items()):
            if answer.done():
                del self._running[name]
                self._scene.touch()
                if not answer.cancelled() and (error := answer.exception()) is not None:
                    self._refused(name, error)

    def _action(self, name: str) -> ActionSpec | None:
        actions = self._scene.asking.stage.actions
        return next((one for one in actions if one.name == name), None)

    def _place(self, action: ActionSpec, field: FieldSpec) -> str:
        return place_of(action.name, field.name, self._scene.kept)

    def _read(self, action: ActionSpec) -> tuple[dict[str, JsonValue] | None, dict[str, str]]:
        """Return the body, and the problems by place."""
        scene = self._scene
        if action.form is None:
            return None, {}
        body: dict[str, JsonValue] = {}
        for field in action.form.fields:
            place = self._place(action, field)
            if place in scene.inputs:
                raw = scene.draft.get(place)
                body[field.name] = value_of(field, raw, scene.kit.words.numerals)
            else:
                body[field.name] = scene.locals.get(place.partition(".")[2], field.default)
        found = action.form.check(body)
        return body, {
            self._place(action, one): found[one.name]
            for one in action.form.fields
            if one.name in found
        }

    def _show(self, action: ActionSpec, problems: Mapping[str, str]) -> None:
        """Show problems at their inputs; what no input can show is said in a toast."""
        scene, words = self._scene, self._scene.kit.words
        scene.tell(problems)
        seen = {one.widget.bind for one in scene.asked if scene.is_active(one)}
        form = action.form or FormSpec(fields=())
        for field in form.fields:
            place = self._place(action, field)
            if place in problems and place not in seen:
                said = explain(field, problems[place], words)
                scene.toast(words.of_field.format(field=field.title, problem=said))

    def _refused(self, name: str, error: BaseException) -> None:
        if not isinstance(error, PalierError):
            raise error
        action = self._action(name)
        if isinstance(error, Rejected) and error.fields and action is not None and action.form:
            named = {one.name: self._place(action, one) for one in action.form.fields}
            wrong = {named.get(key, key): one for key, one in error.fields.items()}
            draft = self._scene.draft
            self._wrong = {place: (draft.get(place), one) for place, one in wrong.items()}
            self._show(action, wrong)
        else:
            self._scene.toast(said(error, self._scene.kit.words))


def said(error: PalierError, words: Words) -> str:
    """Return why something was not done: in the author's words, or in those of the windows."""
    if isinstance(error, Rejected) and error.code != NOT_ALLOWED:
        return words.not_done.get(error.code, words.not_done["other"])
    return str(error)

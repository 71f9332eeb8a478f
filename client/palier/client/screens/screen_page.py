"""The page of a stage that has a screen of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from time import monotonic

import dearpygui.dearpygui as dpg

from palier.client.errands import Errands
from palier.client.screens.acting import Acting
from palier.client.screens.asking import key_of
from palier.client.screens.draft import Draft, explain
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit
from palier.client.screens.page import COLUMN, GUTTER, MARGIN, Page
from palier.client.screens.scene import Scene
from palier.client.screens.widgets.buttons import ButtonFace
from palier.client.screens.widgets.catalogue import every, make
from palier.client.screens.widgets.face import AnyWidgetFace
from palier.client.screens.widgets.inputs import InputFace
from palier.client.screens.widgets.pile import Pile
from palier.client.screens.widgets.tabs import TabsFace
from palier.client.screens.words import say
from palier.client.state import Asking, View
from palier.schemas.screens.widgets import Actions, Button, Chat

#: A screen is at most so wide, in pixels at scale 1.
_WIDEST = 1232
#: What the margin leaves to the scroll bar.
_SCROLL = 10
#: Frames after which what was hidden can have the keyboard.
_REVEALED = 2


class ScreenPage(Page):
    """A stage shown by its screen: the faces of its widgets, over one scene.

    ``acting`` is its controller at work, where it has one.
    """

    name = "screen"
    asks = True

    def __init__(
        self,
        kit: Kit,
        view: View,
        *,
        draft: Draft,
        errands: Errands,
        clock: Callable[[], float] = monotonic,
        toast: Callable[[str], None] = lambda _: None,
    ) -> None:
        spec, screen = view.shown.spec, view.screen
        assert spec is not None
        assert isinstance(screen, Asking)
        super().__init__(kit, (*key_of(screen.stage), spec))
        self.acting: Acting | None = None
        self.draft = draft
        self.scene = Scene(
            kit,
            spec=spec,
            view=view,
            draft=draft,
            errands=errands,
            hand_in=self._hand_in,
            faces=make,
            clock=clock,
        )
        self.scene.focus = self.focus_on
        self.scene.enter = self._enter
        self.scene.tell = self._tell
        self.scene.toast = toast
        self.faces = tuple(self.scene.make(one) for one in spec.body)
        self._every = tuple(every(self.faces))
        self._inputs = [one for one in self._every if isinstance(one, InputFace)]
        self._placed = {id(one.widget): one for one in self.scene.asked}
        self._pile = Pile(kit, self.faces, space=GUTTER)
        self._shown = -1
        self._refused: Item = 0
        self._width = 0
        #: What was found wrong when the answer was to be handed in.
        self._told: dict[str, str] = {}
        self._next: tuple[int, str] | None = None

    # -- what is shown ----------------------------------------------------------------------------

    def build(self) -> None:
        """Build all faces, one above the other, up to date and for the width that is known."""
        kit = self.kit
        self._shown = self.scene.version
        left, total = self._widths() if self._width else (1, 0)
        kit.gap(18)
        with kit.across(spacing=0):
            self._left = dpg.add_spacer(width=left)
            self._pile.build(total)
        kit.gap(24)
        self._tell_refusal()

    def _build_refusal(self) -> None:
        """Add the place of what concerns no field that is seen: above the button that hands in."""
        place = _confirming(self._every)
        before = place.item if place else 0
        parent = dpg.get_item_parent(place.item) if place else self._pile.item
        kit = self.kit
        # with the space of a widget below it
        with kit.group("body", parent=parent, before=before) as self._refused:
            self._refusal = kit.name("refusal", kit.text("", ink="bad", wrap=True))

    def opened(self) -> None:
        """Let the controller begin."""
        if self.acting is not None:
            self.acting.opened()

    def refresh(self) -> None:
        """Bring all faces up to date with the values."""
        self._shown = self.scene.version
        self._pile.refresh()
        self._forget_mended()
        self._tell_refusal()

    def follow(self, view: View) -> None:
        """Take a newer view of the same generation; what is typed stays."""
        before = self.scene.asking
        self.scene.update(view)
        self._bring_up()
        asking = self.scene.asking
        if asking.problems and asking.problems != before.problems:
            self._say({f"answer.{name}": one for name, one in asking.problems.items()})

    def shows(self, view: View) -> bool:
        """Return whether a view is one of this page: the same generation, the same screen."""
        spec = self.scene.spec
        same = view.shown.spec is spec or view.shown.spec == spec
        return same and self.continues(view)

    def continues(self, view: View) -> bool:
        """Return whether a view is of the same generation, with whatever screen."""
        screen = view.screen
        return isinstance(screen, Asking) and key_of(screen.stage) == key_of(
            self.scene.asking.stage
        )

    def tick(self) -> bool:
        """Show what has changed since the last frame; returns whether anything has."""
        self.scene.tick()
        changed = self._bring_up()
        self._pile.tick()
        if self._next is not None:
            frames, name = self._next
            self._next = (frames - 1, name) if frames else None
            if not frames and name in self.kit.named:
                dpg.focus_item(self.kit.named[name])
        return changed

    def _bring_up(self) -> bool:
        if self._shown == self.scene.version:
            return False
        self.refresh()
        if self._width:
            self._fit()
        return True

    def _forget_mended(self) -> None:
        """Clear what was found wrong and is mended, by whomever."""
        if not self._told:
            return
        left = {**self.scene.problems(), **self.scene.acts.problems()}
        for face in self._inputs:
            place = face.widget.bind
            if place in self._told and place not in left:
                face.say("")
        self._told = {place: one for place, one in self._told.items() if place in left}

    def lay_out(self, width: int) -> None:
        """Centre the screen in a window of this width; before it is built, it is built for it."""
        if width != self._width:
            self._width = width
            if self._pile.item:
                self._fit()

    def _fit(self) -> None:
        left, total = self._widths()
        dpg.configure_item(self._left, width=left)
        self._pile.lay_out(total)

    def _widths(self) -> tuple[int, int]:
        """Return what is free at the left, and how wide the screen is."""
        kit = self.kit
        room = self._width - kit.px(2 * MARGIN + 1)
        widest = _WIDEST if any(one.roomy for one in self.faces) else COLUMN
        total = min(room, kit.px(widest))
        return kit.px(_SCROLL) + (room - total) // 2, total

    def close(self) -> None:
        """Give back what the faces have, and let the controller go."""
        for one in self._every:
            one.close()
        if self.acting is not None:
            self.acting.leave()

    # -- the keyboard -----------------------------------------------------------------------------

    def enter(self) -> None:
        """Go on from a screen that has nothing to type into."""
        faces = self._every
        types = any(isinstance(one.widget, Chat) for one in faces)
        buttons = (one for one in faces if isinstance(one, ButtonFace) and one.has_keyboard)
        pressed = any(one.widget.on_click not in {"submit", "next"} for one in buttons)
        if not types and not pressed and not self.scene.inputs and self.scene.confirms:
            self._hand_in()

    def focus(self) -> None:
        """Go to the first input in sight, or to the button that hands in."""
        for one in self._inputs:
            if self._is_active(one) and self._in_sight(one):
                one.focus()
                return
        if not self.scene.inputs and "submit" in self.kit.named:
            dpg.focus_item(self.kit.named["submit"])

    def focus_on(self, place: str) -> None:
        """Go to the input that is bound to a place, in whichever tab it is."""
        face = next((one for one in self._inputs if one.widget.bind == place), None)
        if face is None or not self._is_active(face):
            return
        hidden = not self._in_sight(face)
        for outer, inner in pairwise(_path(self.faces, face)):
            if isinstance(outer, TabsFace):
                outer.reveal(inner)
        face.focus()
        if hidden:
            self._next = (_REVEALED, f"field.{place.removeprefix('answer.')}")

    def keyboard(self) -> str | None:
        """Return the name of the input that has the keyboard."""
        fields = [name for name in self.kit.named if name.startswith("field.")]
        return next((name for name in fields if _has_keyboard(self.kit.named[name])), None)

    def return_to(self, name: str) -> None:
        """Give the keyboard to an input by its name, once it is there."""
        self._next = (_REVEALED, name)

    def _enter(self, place: str) -> None:
        """Hand in from a single line, where that can be done; else go on to the next input."""
        if (acts := self.scene.acts.asking_for(place)) is not None:
            self.scene.acts.run(acts)
            return
        if self.scene.confirms:
            self._hand_in()
            return
        faces = [one for one in self._inputs if self._is_active(one)]
        places = [one.widget.bind for one in faces]
        if place in places[:-1]:
            self.focus_on(places[places.index(place) + 1])

    def _in_sight(self, face: InputFace) -> bool:
        """Return whether an input that is active is in an open tab, if in any."""
        return all(
            outer.shows(inner)
            for outer, inner in pairwise(_path(self.faces, face))
            if isinstance(outer, TabsFace)
        )

    def _is_active(self, face: InputFace) -> bool:
        return self.scene.is_active(self._placed[id(face.widget)])

    # -- handing in -------------------------------------------------------------------------------

    def _hand_in(self) -> bool:
        """Hand in, or show all that is wrong; returns whether it was handed in."""
        scene = self.scene
        if scene.locked:
            return False
        stage = scene.asking.stage
        self._told = scene.problems()
        self._say(self._told)
        if self._told:
            return False
        answer = None if stage.form is None else scene.answer()
        before = scene.view
        self._show(replace(before, screen=replace(scene.asking, sending=True, refusal="")))
        try:
            scene.errands.submit(stage, answer)
        except Exception:
            self._show(before)
            raise
        return True

    def _show(self, view: View) -> None:
        self.scene.update(view)
        self._bring_up()

    def _tell(self, problems: Mapping[str, str]) -> None:
        """Show what is wrong with what an action asks for."""
        self._told = dict(problems)
        self._say(problems)

    def _say(self, problems: Mapping[str, str]) -> None:
        """Show each problem at its field, and go to the first."""
        first: InputFace | None = None
        for face in self._inputs:
            problem = problems.get(face.widget.bind, "")
            face.say(self._sentence(face, problem))
            if problem and first is None and self._is_active(face):
                first = face
        self._tell_refusal()
        if first is not None:
            self.focus_on(first.widget.bind)

    def _sentence(self, face: InputFace, problem: str) -> str:
        known = problem in self.kit.words.problems
        error = face.widget.error
        return self.scene.say(error) if known and error else problem

    def _tell_refusal(self) -> None:
        """Say what concerns no field that is seen."""
        kit, asking = self.kit, self.scene.asking
        said, ink = asking.refusal, "bad"
        if asking.notice is not None:
            said = say(asking.notice, kit.words)
            ink = "muted" if asking.sending else "bad"
        if not said:
            said = "\n".join(self._unseen())
        if said and not self._refused:
            self._build_refusal()
        if self._refused:
            dpg.set_value(self._refusal, said)
            kit.ink(self._refusal, ink)
            for item in (self._refused, self._refusal):
                dpg.configure_item(item, show=bool(said))

    def _unseen(self) -> list[str]:
        """Return the problems of fields that nobody can see now, each with the field's name."""
        words = self.kit.words
        worker = {f"answer.{name}": one for name, one in self.scene.asking.problems.items()}
        told = {**worker, **self._told}
        if not told:
            return []
        seen = {one.widget.bind for one in self._inputs if self._is_active(one)}
        fields = {f"answer.{one.name}": one for one in self.scene.form.fields}
        return [
            words.of_field.format(
                field=fields[place].title, problem=explain(fields[place], problem, words)
            )
            for place, problem in told.items()
            if place not in seen and place in fields
        ]


def _confirming(faces: tuple[AnyWidgetFace, ...]) -> AnyWidgetFace | None:
    """Return the button that hands in, or the row that it is in."""
    for one in faces:
        buttons = one.widget.children if isinstance(one.widget, Actions) else (one.widget,)
        if any(isinstance(it, Button) and it.on_click in {"submit", "next"} for it in buttons):
            return one
    return None


def _path(faces: tuple[AnyWidgetFace, ...], target: AnyWidgetFace) -> tuple[AnyWidgetFace, ...]:
    """Return the faces that a face is within, from the outside, and itself."""
    for one in faces:
        if one is target:
            return (one,)
        if inside := _path(one.inner, target):
            return (one, *inside)
    return ()


def _has_keyboard(item: Item) -> bool:
    return bool(dpg.does_item_exist(item) and dpg.get_item_state(item).get("focused"))

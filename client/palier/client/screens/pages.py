"""The pages on which a participant has nothing to do: lobby, waiting, between, the end."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from palier.client.screens.count import Count
from palier.client.screens.facts import Fact, Facts, arrange, say
from palier.client.screens.kit import Kit
from palier.client.screens.page import CentredPage
from palier.client.screens.telling import tell_facts, tell_paragraphs
from palier.client.state import Ended, Lobby, Screen, Waiting
from palier.schemas.events import Stage
from palier.schemas.forms import Answer


class LobbyPage(CentredPage):
    """Before the session: who is there already."""

    name = "lobby"

    def __init__(self, kit: Kit, screen: Lobby) -> None:
        super().__init__(kit, ("lobby",))
        self._screen = screen

    def build(self) -> None:
        """Build the card."""
        kit = self.kit
        with self.card():
            kit.gap(8)
            kit.text(kit.words.lobby_title, role="title")
            kit.gap(4)
            self._text = kit.text("", ink="muted", wrap=True)
            with dpg.group() as self._there:
                kit.gap(20)
                self._count = Count(kit, kit.words.present_of)
            kit.gap(4)
        self.update(self._screen)

    def update(self, screen: Screen) -> None:
        """Count anew."""
        assert isinstance(screen, Lobby)
        words = self.kit.words
        known = screen.expected > 0
        dpg.set_value(self._text, words.lobby_text if known else words.lobby_first)
        dpg.configure_item(self._there, show=known)
        self._count.show(screen.present, screen.expected)
        self.draw()

    def draw(self) -> None:
        """Draw bar and dots."""
        if self.inner:
            self._count.draw(self.inner)


class WaitingPage(CentredPage):
    """After the answer: what was recorded, and by whom if not by the participant; who is ready."""

    name = "waiting"

    def __init__(self, kit: Kit, screen: Waiting) -> None:
        stage = screen.stage
        super().__init__(kit, ("waiting", stage.scope, stage.generation, screen.how))
        self._screen = screen

    def build(self) -> None:
        """Build the card."""
        kit, words = self.kit, self.kit.words
        given = self._given()
        with self.card():
            kit.gap(8)
            kit.name("recorded", kit.text(self._title(), role="title", wrap=True))
            if self._screen.how is not None:
                kit.gap(8)  # what was taken as theirs is news to them
                tell_facts(kit, Facts(rows=given))
                kit.gap(10)
                dpg.add_separator()
                given = ()
            kit.gap(4)
            kit.text(words.wait_text, ink="muted", wrap=True)
            kit.gap(20)
            self._count = Count(kit, words.ready_of)
            if given:
                kit.gap(10)
                dpg.add_separator()
                kit.gap(0)
                tell_facts(kit, Facts(rows=given))
            kit.gap(4)
        self.update(self._screen)

    def _title(self) -> str:
        words, how = self.kit.words, self._screen.how
        asked = self._screen.stage.form is not None
        if how is None:
            return words.recorded if asked else words.ready
        return (words.answered_for if asked else words.went_on_for)[how]

    def _given(self) -> tuple[Fact, ...]:
        form = self._screen.stage.form
        answer: Answer = self._screen.answer or {}
        if form is None or not answer:
            return ()
        titles = {
            (field.name, option.value): option.title
            for field in form.fields
            if field.type == "choice"
            for option in field.options
        }
        return tuple(
            Fact(
                label=field.title,
                text=titles.get((field.name, str(answer[field.name])))
                or say(answer[field.name], self.kit.words),
            )
            for field in form.fields
            if field.name in answer
        )

    def update(self, screen: Screen) -> None:
        """Count anew."""
        assert isinstance(screen, Waiting)
        self._count.show(screen.arrived, screen.expected)
        self.draw()

    def draw(self) -> None:
        """Draw bar and dots."""
        if self.inner:
            self._count.draw(self.inner)


class QuietPage(CentredPage):
    """Something to know, and nothing to do."""

    def __init__(self, kit: Kit, name: str, *key: object, title: str, text: str) -> None:
        super().__init__(kit, (name, *key))
        self.name = name
        self._title = title
        self._text = text

    def build(self) -> None:
        """Build the card."""
        kit = self.kit
        with self.card():
            kit.gap(8)
            kit.text(self._title, role="title", wrap=True)
            kit.gap(4)
            tell_paragraphs(kit, self._text)
            kit.gap(8)


def between(kit: Kit, screen: Waiting) -> QuietPage:
    """Return the page of who waits for others to finish, or for a stage on its way."""
    title, text = kit.words.others_title, kit.words.others_text
    where = (screen.stage.scope, screen.stage.generation)
    return QuietPage(kit, "between", *where, title=title, text=text)


def awaited(kit: Kit, stage: Stage) -> QuietPage:
    """Return the page of a stage whose screen is on its way."""
    title, text = stage.title or kit.words.awaited_title, kit.words.awaited_text
    where = (stage.scope, stage.generation)
    return QuietPage(kit, "awaited", *where, title=title, text=text)


def excluded(kit: Kit) -> QuietPage:
    """Return the page of a seat without which the others go on."""
    title, text = kit.words.excluded_title, kit.words.excluded_text
    return QuietPage(kit, "excluded", title=title, text=text)


def moved(kit: Kit) -> QuietPage:
    """Return the page of a seat that is open on another computer: nothing of it stays here."""
    title, text = kit.words.moved_title, kit.words.notices["moved"]
    return QuietPage(kit, "moved", title=title, text=text)


class EndedPage(CentredPage):
    """The session is over: how it ended, and the last data."""

    name = "ended"

    def __init__(self, kit: Kit, screen: Ended) -> None:
        super().__init__(kit, ("ended", screen.outcome, screen.reason))
        self._screen = screen

    def build(self) -> None:
        """Build the card."""
        kit, screen = self.kit, self._screen
        title, text = kit.words.ended[screen.outcome]
        if kit.locked:
            text = kit.words.stay  # no window can be left that does not close
        with self.card():
            kit.gap(8)
            kit.text(title, role="title", wrap=True)
            kit.gap(4)
            tell_paragraphs(kit, text)
            # a failure's reason is for the operator
            if screen.reason and screen.outcome == "closed":
                tell_paragraphs(kit, screen.reason)
            facts = arrange(screen.stage.data, kit.words) if screen.stage else None
            if facts:
                kit.gap(14)
                tell_facts(kit, facts)
            kit.gap(8)

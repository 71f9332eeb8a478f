"""The desk: the window of a participant. It shows views and hands back answers, no more.

It knows no link: views come in by a queue, what it has to say goes out by its errands. A frozen or
minimised desk delays nobody, and loses nothing but pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from queue import SimpleQueue
from time import monotonic

import dearpygui.dearpygui as dpg

from palier.client.controllers import Controllers, NoControllers
from palier.client.errands import Errands
from palier.client.screens.asking import AskingPage
from palier.client.screens.author_strip import AuthorStrip
from palier.client.screens.chrome import STATUS, Banner, StatusBar, Stepper, Strip, TopBar
from palier.client.screens.dialogs import call_for_help, unlock
from palier.client.screens.draft import Draft, begin
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit, is_measured
from palier.client.screens.live_forms import LiveForms
from palier.client.screens.lock import Lock
from palier.client.screens.look import Look
from palier.client.screens.loop import Loop
from palier.client.screens.modal import Modal
from palier.client.screens.onset import Extent, Onset
from palier.client.screens.opening import Around, Openings
from palier.client.screens.pace import Pace
from palier.client.screens.page import Page
from palier.client.screens.pages import (
    EndedPage,
    LobbyPage,
    WaitingPage,
    awaited,
    between,
    excluded,
    moved,
)
from palier.client.screens.port import open_port
from palier.client.screens.remaining import until_next
from palier.client.screens.screen_page import ScreenPage
from palier.client.screens.scroll import Scroll
from palier.client.screens.toast import Toast
from palier.client.screens.window import (
    inner_size,
    show,
    watch_close,
    watch_enter,
    watch_input,
    watch_keys,
    watch_unlock,
    window,
)
from palier.client.screens.words import Words
from palier.client.state import (
    Asking,
    Connectivity,
    Ended,
    Excluded,
    Lobby,
    Note,
    Screen,
    View,
    Waiting,
)
from palier.schemas.events import Stage
from palier.schemas.forms import FormSpec

SIZE = (1280, 800)


class Desk:
    """The tree of items; needs a context, but no window. Main thread only.

    ``clock`` is the one that deadlines are told by: seconds, and never set.
    """

    def __init__(
        self,
        kit: Kit,
        *,
        title: str,
        errands: Errands,
        controllers: Controllers | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._kit = kit
        self._clock = clock
        self._errands = errands
        self._told: tuple[tuple[str, int], Draft] | None = None
        self.view: View | None = None
        self._next: View | None = None
        self._page: Page | None = None
        self._drafts: dict[tuple[str, int], Draft] = {}
        self._size = (0, 0)
        with dpg.window(no_scrollbar=True) as self.root:
            kit.themes.bind(self.root, "root")
            self._bar = TopBar(kit, title=title, call=self.offer_help)
            self._strip = Strip(kit)
            self._banner = Banner(kit)
            self._author = AuthorStrip(kit)
            self._stepper = Stepper(kit)
            with kit.panel(
                "page",
                width=-1,
                height=-kit.px(STATUS) - 1,
                no_scrollbar=False,
                no_scroll_with_mouse=False,
            ) as self._body:
                pass
            self._status = StatusBar(kit)
        self._scroll = Scroll(self._body)
        self.toast = Toast(kit)
        self.modal = Modal(kit, openers=("help",))
        self._parts = (self._bar, self._strip, self._banner, self._author, self._stepper)
        self.openings = Openings(
            kit,
            errands=errands,
            controllers=controllers or NoControllers(),
            around=Around(
                clock=clock,
                toast=self.toast.show,
                failed=lambda: self.toast.show(kit.words.mishap, tone="bad"),
            ),
        )

    @property
    def screen(self) -> str:
        """Which page is shown."""
        return self._page.name if self._page else ""

    @property
    def words(self) -> Words:
        """The sentences of its language."""
        return self._kit.words

    @property
    def session(self) -> str:
        """Which session is shown."""
        return self.view.session if self.view else ""

    @property
    def stage(self) -> Stage | None:
        """The open stage, if its page is shown."""
        screen = self.view.screen if self.view else None
        shown = self._page is not None and self._page.asks
        return screen.stage if shown and isinstance(screen, Asking) else None

    def extent(self) -> Extent:
        """Return how large the parts of the page are, as of the last frame."""
        parts: list[Item] = dpg.get_item_children(self._body, 1)
        return tuple(map(_size, parts))

    def take(self, view: View) -> bool:
        """Note a view for the next frame, unless a newer one comes before; False if it is old."""
        if view == (self._next or self.view):
            return False
        self._next = view
        return True

    def recall(self, stage: Stage, draft: Draft) -> None:
        """Take up a draft of a stage that is not shown yet."""
        known = self._draft(stage)
        known.update(draft)
        self._told = (_key(stage), dict(known))

    def tick(self, now: datetime, width: int, height: int) -> bool:
        """Bring the items up to date before a frame; returns whether the page has changed."""
        # the first frame loads the fonts; what is placed before it is placed by a guess
        if self._next is not None and is_measured(self._kit):
            view, self._next = self._next, None
            self.show(view)
        if (width, height) != self._size:
            self._size = (width, height)
            self._bar.lay_out(width)
            self._stepper.lay_out(width)
            if self._page is not None:
                self._page.lay_out(width)
        self.openings.loop.step()
        moved = self._page.tick() if self._page is not None else False
        self._scroll.tick()
        self._bar.tick(self._clock())
        self._status.tick(now)
        self.toast.tick(width, height)
        self.modal.tick(width, height)
        self._tell_draft()
        return moved

    def show(self, view: View) -> None:
        """Show a view; the same generation keeps its page, its inputs and the keyboard."""
        former = self.view
        if former is not None and view.session != former.session:
            self._leave()
            self._drafts = {}
        if former is not None and view.called and not former.called:
            self.toast.show(self._kit.words.help_sent, tone="ok")
        for part in (*self._parts, self._status):
            part.show(view)
        self.view = view
        screen = view.screen
        if isinstance(screen, Asking) and view.connectivity is Connectivity.REFUSED:
            screen = replace(screen, locked=True)
            view = replace(view, screen=screen)
        if isinstance(screen, Asking) and view.draft and _key(screen.stage) not in self._drafts:
            self.recall(screen.stage, dict(view.draft))
        before = self._page
        if isinstance(before, ScreenPage) and before.shows(view) and not _is_moved(view):
            before.follow(view)
            return
        page = self._make(view, screen)
        if before is not None and page.key == before.key:
            before.follow(view)
        elif isinstance(before, ScreenPage) and isinstance(page, ScreenPage):
            self._turn_over(before, page)
        else:
            self._turn_to(page)

    def until_next(self) -> float | None:
        """Return the seconds until something changes by itself; None where nothing will."""
        shown = until_next(self.view.countdown if self.view else None, self._clock())
        due = [one for one in (shown, self.openings.loop.until_next()) if one is not None]
        return min(due, default=None)

    def close(self) -> None:
        """Let the controller go; the items stay."""
        self._leave()
        self.openings.loop.close()

    def enter(self) -> None:
        """Take a press of Enter: for the dialog, the button that has the keyboard, or the page."""
        if not self.modal.enter() and self._page is not None and not self._bar.has_keyboard():
            self._page.enter()

    def escape(self) -> None:
        """Take a press of Escape."""
        self.modal.escape()

    def offer_help(self) -> None:
        """Ask whether the operator shall come; nothing where nobody can."""
        if not self._bar.offers_help:
            return
        self.modal.ask(call_for_help(self._kit.words, errands=self._errands))

    def offer_unlocking(self, lock: Lock, *, opened: Callable[[], None]) -> None:
        """Ask for the code of a locked window; ``opened`` is called when it is right."""
        self.modal.ask(unlock(self._kit.words, lock=lock, opened=opened))

    def _leave(self) -> None:
        if self._page is not None:
            self._page.close()
        self._page = None

    def _turn_over(self, before: ScreenPage, page: ScreenPage) -> None:
        """Turn to another screen; one that was edited stays where it is, with the keyboard."""
        if not before.continues(page.scene.view):
            self._turn_to(page)
            return
        where, name = dpg.get_y_scroll(self._body), before.keyboard()
        self._turn_to(page)
        self._scroll.to(where)
        if name is not None:
            page.return_to(name)

    def _turn_to(self, page: Page) -> None:
        self._leave()
        if isinstance(page, ScreenPage) and self._size[0]:
            page.lay_out(self._size[0])  # what is built for its width need not be moved
        try:
            self._build(page)
        except Exception as error:
            if not isinstance(page, ScreenPage):
                raise
            page.close()
            page = self.openings.unbuilt(page, error)
            self._build(page)
        dpg.set_y_scroll(self._body, 0)
        self._page = page
        page.opened()
        if self._size[0]:
            page.lay_out(self._size[0])
        if self.modal.open:
            self.modal.return_to(page.focus)
        else:
            page.focus()

    def _build(self, page: Page) -> None:
        self._kit.forget(self._body)
        dpg.push_container_stack(self._body)
        try:
            page.build()
        finally:
            dpg.pop_container_stack()

    def _make(self, view: View, screen: Screen) -> Page:
        if _is_moved(view):
            return moved(self._kit)
        match screen:
            case Lobby():
                return LobbyPage(self._kit, screen)
            case Asking():
                return self._make_asking(view, screen)
            case Waiting(released=True):
                return between(self._kit, screen)
            case Waiting():
                return WaitingPage(self._kit, screen)
            case Excluded():
                return excluded(self._kit)
            case Ended():
                return EndedPage(self._kit, screen)

    def _make_asking(self, view: View, screen: Asking) -> Page:
        """Return the page of an open stage: its own screen, or one made from its form."""
        if view.shown.spec is None and view.shown.awaited:
            return awaited(self._kit, screen.stage)
        draft = self._draft(screen.stage)
        if view.shown.spec is not None:
            untouched = self._told == (_key(screen.stage), draft)
            page = self.openings.open(view, view.shown.spec, draft=draft, before=self._page)
            if untouched:
                # what local values are at first is not typed
                self._told = (_key(screen.stage), dict(draft))
            return page
        return AskingPage(
            self._kit,
            screen,
            draft=draft,
            submit=self._errands.submit,
            live=self._live(screen.stage),
            steps=tuple(name for name, _ in view.steps),
        )

    def _live(self, stage: Stage) -> LiveForms | None:
        """Return what can be done in a live stage, as small forms."""
        if not stage.actions:
            return None
        return LiveForms(self._kit, stage, act=self._errands.act, toast=self.toast.show)

    def _draft(self, stage: Stage) -> Draft:
        key = _key(stage)
        if key not in self._drafts:
            form = stage.form or FormSpec(fields=())
            self._drafts = {key: begin(form, self._kit.words.numerals)}
            self._told = (key, dict(self._drafts[key]))
        return self._drafts[key]

    def _tell_draft(self) -> None:
        """Tell what is typed, if it has changed since it was told."""
        screen = self.view.screen if self.view else None
        if not isinstance(screen, Asking) or screen.sending:
            return
        key = _key(screen.stage)
        draft = self._drafts.get(key)
        if draft is not None and (key, draft) != self._told:
            self._told = (key, dict(draft))
            self._errands.draft(screen.stage, dict(draft))


def _is_moved(view: View) -> bool:
    return view.notice is not None and view.notice.note is Note.MOVED


def _size(item: Item) -> tuple[float, ...]:
    # a spacer has none
    return tuple(dpg.get_item_state(item).get("rect_size", ()))


def _key(stage: Stage) -> tuple[str, int]:
    return stage.scope, stage.generation


def run_desk(
    *,
    inbox: SimpleQueue[View],
    errands: Errands,
    controllers: Controllers | None = None,
    title: str = "Palier",
    look: Look | None = None,
    begun: Callable[[Desk], None] = lambda _: None,
) -> None:
    """Show the desk until its window is closed; blocking, in the main thread.

    ``begun`` gets the desk before its first frame.

    Raises `NoDisplay`, `NoSuchLanguage`, `BadWords`.
    """
    look = look or Look()
    with window(title=title, look=look, size=SIZE) as kit:
        desk = Desk(kit, title=title, errands=errands, controllers=controllers)
        onset = Onset(painted=errands.painted)
        with open_port(kit, screen=lambda: desk.screen) as port:

            def after() -> bool:
                port.answer()
                return onset.after(desk.session, desk.stage, extent=desk.extent)

            loop = Loop(
                inbox,
                take=desk.take,
                tick=lambda: desk.tick(datetime.now(), *inner_size()),  # noqa: DTZ005 - wall clock
                after=after,
                failed=lambda _: desk.toast.show(kit.words.mishap, tone="bad"),
                pace=Pace.from_environment(),
                until_next=desk.until_next,
            )
            watch_input(loop.wake)
            watch_enter(desk.enter)
            watch_keys({dpg.mvKey_Escape: desk.escape, dpg.mvKey_F1: desk.offer_help})
            if look.unlock_code:
                lock = Lock(look.unlock_code, clock=monotonic)
                watch_unlock(lambda: desk.offer_unlocking(lock, opened=dpg.stop_dearpygui))
                watch_close(lambda: desk.toast.show(kit.words.locked))
            desk.openings.nudge = loop.nudge
            begun(desk)
            show(desk.root)
            try:
                loop.run()
            finally:
                desk.close()

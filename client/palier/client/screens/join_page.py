"""The page on which a computer that knows no seat asks for one: an address, and a code.

It has a window, and so a process, of its own: a process opens one window.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

import dearpygui.dearpygui as dpg

from palier.broker.errors import InvalidAddress, LoginRefused, Unreachable
from palier.client.errors import BadOption, NoAnswer, NotSeated, Rejected
from palier.client.screens.chrome import BAR
from palier.client.screens.draft import Draft
from palier.client.screens.drawings import draw_mark
from palier.client.screens.kit import Kit, is_measured
from palier.client.screens.look import Look
from palier.client.screens.loop import Loop
from palier.client.screens.pace import Pace
from palier.client.screens.page import CentredPage
from palier.client.screens.port import open_port
from palier.client.screens.text_face import TextFace
from palier.client.screens.window import inner_size, show, watch_input, window
from palier.client.screens.words import Words
from palier.schemas.errors import PalierError
from palier.schemas.forms import TextField

#: Takes an address and a code, and seats somebody or raises a `PalierError`; may block.
Attempt = Callable[[str, str], None]

_SIZE = (1280, 800)

#: How an address is written.
EXAMPLE = "amqp://room:password@10.0.0.5:5672/palier"

#: Letters that an address may have, and a code.
_ADDRESS, _CODE = 160, 24


class JoinPage(CentredPage):
    """The card with its two fields, or with the code alone where the server is known."""

    name = "join"

    def __init__(self, kit: Kit, *, server: str | None, code: str, attempt: Attempt) -> None:
        super().__init__(kit, ("join",))
        words = kit.words
        self._attempt = attempt
        self._trying = False
        self._server = server
        self._draft: Draft = {"server": "", "code": code}
        specs = [_asked("code", words.join_code, words.join_code_help, longest=_CODE)]
        if server is None:
            specs.insert(
                0,
                _asked(
                    "server",
                    words.join_server,
                    words.join_server_help.format(example=EXAMPLE),
                    longest=_ADDRESS,
                ),
            )
        self._faces = {one.name: TextFace(kit, one, self._draft, enter=self.go) for one in specs}

    def build(self) -> None:
        """Build the card."""
        kit, words = self.kit, self.kit.words
        with self.card():
            kit.gap(8)
            kit.text(words.join_title, role="title", wrap=True)
            kit.gap(4)
            kit.text(words.join_text, ink="muted", wrap=True)
            kit.gap(14)
            for face in self._faces.values():
                face.build()
                kit.gap(8)
            # where it is about a field that is not there
            self._problem = kit.name("problem", kit.text("", ink="bad", wrap=True, show=False))
            kit.gap(2)
            self._do = kit.button(words.join_do, press=self.go, kind="primary")
            kit.name("submit", self._do)
            if self._server is not None:
                kit.gap(2)
                kit.text(self._server, role="small", ink="muted", wrap=True)
            kit.gap(4)

    def draw(self) -> None:
        """Fit the fields."""
        for face in self._faces.values():
            face.lay_out(self.inner)

    def focus(self) -> None:
        """Go to the first field."""
        next(iter(self._faces.values())).focus()

    def go(self) -> None:
        """Try, unless something lacks."""
        given = {name: str(self._draft[name] or "").strip() for name in self._faces}
        lacking = [name for name, text in given.items() if not text]
        for name in lacking:
            self._faces[name].say("required")
        if lacking:
            self._faces[lacking[0]].focus()
        elif not self._trying:
            self._show(trying=True)
            self._say("")
            self._attempt(self._server or given["server"], given["code"])

    def refuse(self, error: PalierError) -> None:
        """Say in words why it did not succeed."""
        self._show(trying=False)
        name, _ = problem(error)
        said = said_of(error, self.kit.words)
        if name in self._faces:
            self._faces[name].say(said)
            self._faces[name].focus()
        else:
            self._say(said)

    def _say(self, text: str) -> None:
        dpg.set_value(self._problem, text)
        dpg.configure_item(self._problem, show=bool(text))

    def _show(self, *, trying: bool) -> None:
        words = self.kit.words
        self._trying = trying
        dpg.configure_item(
            self._do, label=words.join_trying if trying else words.join_do, enabled=not trying
        )
        for face in self._faces.values():
            face.enable(on=not trying)


def problem(error: PalierError) -> tuple[str, str]:
    """Return which field an error is about, and its name among the words; "" where it has none."""
    match error:
        case InvalidAddress() | BadOption() | NotSeated(what="server"):
            return "server", "address"
        case LoginRefused() | NotSeated(what="password"):
            return "server", "password"
        case Unreachable():
            return "server", "unreachable"
        case NoAnswer():
            return "server", "no-answer"
        case NotSeated():
            return "code", "code"
        case Rejected(code=code):
            return "code", code
        case _:
            return "code", ""


def said_of(error: PalierError, words: Words) -> str:
    """Return an error as a participant reads it; one without words of its own says itself."""
    known = words.join_problems.get(problem(error)[1])
    return str(error) if known is None else known.format(example=EXAMPLE)


def _asked(name: str, title: str, help_: str, *, longest: int) -> TextField:
    return TextField(name=name, title=title, help=help_, min_length=1, max_length=longest)


class _Joining:
    """The page in its window, and the attempts behind it; main thread only."""

    def __init__(self, kit: Kit, attempt: Attempt, *, server: str | None, code: str) -> None:
        self._kit = kit
        self._attempt = attempt
        self._prepared = bool(code)
        self._size = (0, 0)
        self._begun = self.seated = False
        self.inbox: SimpleQueue[Exception | None] = SimpleQueue()
        self.page = JoinPage(kit, server=server, code=code, attempt=self._try)
        with dpg.window(no_scrollbar=True) as self.root:
            kit.themes.bind(self.root, "root")
            with kit.panel("bar", height=kit.px(BAR), width=-1), kit.across(spacing=12):
                draw_mark(kit)
                with kit.lowered(8):
                    kit.text("Palier", role="section")
            kit.hairline()
            with kit.panel("page", width=-1, height=-1, no_scrollbar=False):
                self.page.build()

    def take(self, result: Exception | None) -> bool:
        """Take what became of an attempt."""
        if result is None:
            self.seated = True
            dpg.stop_dearpygui()
        else:
            self.fail(result)
        return True

    def fail(self, error: Exception) -> None:
        """Say in words what went wrong."""
        if not isinstance(error, PalierError):
            error = PalierError(f"A mistake of ours: {error!r}")
        self.page.refuse(error)

    def tick(self) -> bool:
        """Fit the window; begin once the fonts are there."""
        if (size := inner_size()) != self._size:
            self._size = size
            self.page.lay_out(size[0])
        if self._begun or not is_measured(self._kit):
            return False
        self._begun = True
        self.page.focus()
        if self._prepared:
            self.page.go()
        return True

    def _try(self, server: str, code: str) -> None:
        def work() -> None:
            try:
                self._attempt(server, code)
            except Exception as error:  # noqa: BLE001 - whatever it is, the page says it
                self.inbox.put(error)
            else:
                self.inbox.put(None)

        threading.Thread(target=work, daemon=True).start()


def run_join(attempt: Attempt, *, server: str | None, code: str, look: Look) -> bool:
    """Show the page until somebody is seated (True) or closes it; blocking, in the main thread.

    ``attempt`` is called in a thread of its own. ``server`` is shown where it need not be asked
    for; a ``code`` that was prepared is tried at once. Raises `NoDisplay`.
    """
    with window(title="Palier", look=look, size=_SIZE) as kit:
        joining = _Joining(kit, attempt, server=server, code=code)
        with open_port(kit, screen=lambda: joining.page.name) as port:
            loop = Loop(
                joining.inbox,
                take=joining.take,
                tick=joining.tick,
                after=port.answer,
                failed=joining.fail,
                pace=Pace.from_environment(),
            )
            watch_input(loop.wake)
            show(joining.root)
            loop.run()
        return joining.seated

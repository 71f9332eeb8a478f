"""The real desk under Xvfb, used by keyboard and mouse; one process a test."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import pytest

from palier.broker.node import PrivateNode
from palier.client.credentials import Credentials
from palier.client.journal import Journal
from palier.client.thread import LoopThread
from tests.brokers import Private
from tests.databases import Sqlite
from tests.laboratory import Laboratory, answers

PROCESS = Path(__file__).with_name("desk_process.py")
LINKED = PROCESS.with_name("linked_process.py")
DEADLINE = 20.0

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """An X server of our own, on a number that is free."""
    missing = [name for name in ("Xvfb", "xdotool", "openbox") if shutil.which(name) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"CI must have {' and '.join(missing)}")
    if missing:
        pytest.skip(f"no {' and '.join(missing)} here")
    reader, writer = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(writer),
        # without it the server begins anew when its last client leaves, deaf to who comes then
        "-noreset",
        "-screen",
        "0",
        "1600x1000x24",
        "-nolisten",
        "tcp",
    ]
    with subprocess.Popen(command, pass_fds=(writer,), stderr=subprocess.DEVNULL) as server:
        os.close(writer)
        with os.fdopen(reader) as told:
            number = told.readline().strip()
        yield f":{number}"
        server.terminate()


@pytest.fixture
def desktop(display: str) -> Iterator[None]:
    """A window manager, for what windows do on a desktop: close, minimise."""
    environment = {**os.environ, "DISPLAY": display}
    with subprocess.Popen(["openbox", "--sm-disable"], env=environment) as manager:
        yield
        manager.terminate()


def until(condition: Callable[[], Any], *, what: str) -> Any:
    """Return what the condition returns once it is true; the port answers frame by frame."""
    deadline = monotonic() + DEADLINE
    while monotonic() < deadline:
        if result := condition():
            return result
    raise AssertionError(f"not within {DEADLINE:.0f} s: {what}")


class DeskProcess:
    """A running desk: views in, events out, mouse and keyboard."""

    def __init__(self, process: subprocess.Popen[str], port: Path, display: str) -> None:
        self.process = process
        self._display = display
        self._events: SimpleQueue[dict[str, Any]] = SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        until(lambda: port.exists() or process.poll() is not None, what="the port opens")
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(port))
        self._lines = self._socket.makefile("rw", encoding="utf-8")

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._events.put(json.loads(line))

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def show(self, view: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{view}\n")
        self.process.stdin.flush()

    def ask(self, *words: str) -> Any:
        self._lines.write(" ".join(words) + "\n")
        self._lines.flush()
        reply = json.loads(self._lines.readline())
        assert not isinstance(reply, dict), reply["error"]
        return reply

    def event(self) -> dict[str, Any]:
        try:
            return self._events.get(timeout=DEADLINE)
        except Empty:
            raise AssertionError("the desk said nothing") from None

    def quiet(self) -> bool:
        return self._events.empty()

    def expect(self, *request: str, reply: object) -> None:
        until(lambda: self.ask(*request) == reply, what=f"{' '.join(request)} is {reply!r}")

    def shows(self, name: str) -> list[float]:
        found: list[float] = until(lambda: self.ask("rect", name), what=f"{name} is visible")
        return found

    def tool(self, *arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments],
            env={**os.environ, "DISPLAY": self._display},
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=True,
        )
        return done.stdout.strip()

    def window(self) -> str:
        found = self.tool("search", "--sync", "--onlyvisible", "--name", "^Palier(:| test$)")
        return found.split()[0]

    def origin(self) -> int:
        geometry = self.tool("getwindowgeometry", "--shell", self.window())
        return int(dict(line.split("=") for line in geometry.splitlines())["X"])

    def take_keyboard(self) -> None:
        self.tool("windowfocus", "--sync", self.window())

    def keys(self, *keys: str) -> None:
        self.tool("key", "--delay", "40", *keys)

    def click(self, name: str) -> None:
        left, top, width, height = self.shows(name)
        self.click_at(left + width / 2, top + height / 2)

    def click_at(self, x: float, y: float) -> None:
        point = (str(round(x)), str(round(y)))
        self.tool("mousemove", *point, "mousedown", "1", "sleep", "0.1", "mouseup", "1")


@pytest.fixture
def open_desk(display: str, tmp_path: Path) -> Iterator[Callable[..., DeskProcess]]:
    with ExitStack() as stack:

        def opened(*arguments: str, script: Path = PROCESS) -> DeskProcess:
            port = tmp_path / "port"
            environment = {
                **os.environ,
                "DISPLAY": display,
                "PALIER_TEST": "1",
                "PALIER_TEST_SOCKET": str(port),
                "PALIER_FPS_IDLE": "30",
            }
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, str(script), *arguments],
                    env=environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(process.kill)
            desk = DeskProcess(process, port, display)
            stack.callback(desk.close)
            return desk

        yield opened


def test_a_form_filled_by_keyboard_is_handed_in_with_enter(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("form")
    assert desk.event()["painted"] == "contribute"
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("1", "2", "Tab")
    desk.expect("value", "field.amount", reply="12")
    for name in ("field.amount.more", "field.amount.slider"):
        desk.expect("focus", reply=name)
        desk.keys("Tab")
    desk.expect("focus", reply="field.guess")
    desk.keys("9", "period", "5")
    desk.expect("value", "field.guess", reply="9.5")
    desk.keys("Return")
    assert desk.event() == {"submitted": {"amount": 12, "guess": 9.5}}
    desk.expect("value", "submit", reply="Sending…")


def test_enter_goes_on_from_a_page_that_asks_for_nothing_once_for_each_press(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("results")
    desk.take_keyboard()
    desk.shows("submit")
    desk.keys("Return")
    assert desk.event()["painted"] == "results"
    assert desk.event() == {"submitted": None}
    desk.show("form")
    assert desk.event()["painted"] == "contribute"


def test_a_french_desk_takes_a_decimal_comma(open_desk: Callable[..., DeskProcess]) -> None:
    desk = open_desk("--language", "fr")
    desk.show("form")
    desk.event()
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("3")
    desk.expect("value", "field.amount", reply="3")
    desk.click("field.guess")
    desk.expect("focus", reply="field.guess")
    desk.keys("2", "comma", "5")
    desk.expect("value", "field.guess", reply="2,5")
    desk.click("submit")
    assert desk.event() == {"submitted": {"amount": 3, "guess": 2.5}}


def test_what_is_out_of_range_is_said_beside_its_field(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("form")
    desk.event()
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("2", "1", "Return")
    desk.expect("value", "problem.amount", reply="Enter a number between 0 and 20.")
    field, said = desk.shows("field.amount"), desk.shows("problem.amount")
    assert said[0] > field[0] + field[2]
    assert abs((said[1] + said[3] / 2) - (field[1] + field[3] / 2)) < 12
    assert desk.quiet()
    desk.keys("BackSpace")
    until(lambda: desk.ask("rect", "problem.amount") is None, what="editing clears the problem")


def test_an_option_is_chosen_by_a_click_on_its_words(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("survey")
    desk.event()
    left, top, width, height = desk.shows("field.mood.1")
    desk.click_at(left + 3 * width, top + height / 2)
    desk.expect("value", "field.mood.1", reply=True)
    desk.click("field.mood.2")
    desk.expect("value", "field.mood.2", reply=True)
    assert desk.ask("value", "field.mood.1") is False


def test_a_view_of_the_same_stage_keeps_what_is_being_typed(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("form")
    desk.event()
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("1")
    desk.expect("value", "field.amount", reply="1")
    desk.show("reconnecting")
    desk.shows("strip")
    assert desk.ask("focus") == "field.amount"
    desk.keys("7")
    desk.expect("value", "field.amount", reply="17")


def test_a_countdown_runs_by_itself_to_its_end_and_the_form_stays_usable(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("form 9")
    desk.event()
    assert desk.ask("value", "countdown") in {f"0:0{second}" for second in range(1, 10)}
    desk.shows("countdown.drawn")
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("1", "2")
    desk.expect("value", "countdown", reply="Time is up")
    assert desk.ask("focus") == "field.amount"
    desk.click("field.guess")
    desk.expect("focus", reply="field.guess")
    desk.keys("9", "Return")
    assert desk.event() == {"submitted": {"amount": 12, "guess": 9}}


def test_a_paused_desk_can_be_typed_in_but_hands_nothing_in_until_it_goes_on(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("form")
    desk.event()
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("1")
    desk.show("paused")
    desk.shows("held.reason")
    desk.expect("value", "countdown", reply="1:24")
    assert desk.ask("focus") == "field.amount"
    desk.keys("2")
    desk.expect("value", "field.amount", reply="12")
    desk.click("field.guess")
    desk.expect("focus", reply="field.guess")
    desk.keys("9", "Return")
    desk.expect("value", "field.guess", reply="9")
    desk.click("submit")
    desk.show("form")
    until(lambda: desk.ask("rect", "held") is None, what="the banner goes")
    assert desk.quiet(), "nothing was handed in"
    desk.click("submit")
    assert desk.event() == {"submitted": {"amount": 12, "guess": 9}}


def test_a_seat_that_is_left_out_and_let_in_again_finds_what_it_had_typed(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("form")
    desk.event()
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("7")
    desk.expect("value", "field.amount", reply="7")
    desk.show("excluded")
    desk.expect("screen", reply="excluded")
    desk.show("form")
    desk.expect("value", "field.amount", reply="7")


def test_the_desk_follows_the_views(open_desk: Callable[..., DeskProcess], tmp_path: Path) -> None:
    desk = open_desk()
    for view, screen in (
        ("lobby", "lobby"),
        ("form", "asking"),
        ("waiting", "waiting"),
        ("between", "between"),
        ("answered-for", "waiting"),
        ("excluded", "excluded"),
        ("results", "asking"),
        ("end", "ended"),
        ("moved", "moved"),
    ):
        desk.show(view)
        desk.expect("screen", reply=screen)
    picture = tmp_path / "end.png"
    desk.ask("shot", str(picture))
    until(lambda: picture.exists() and picture.stat().st_size > 0, what="the picture is written")


def test_the_window_can_be_small_or_large(open_desk: Callable[..., DeskProcess]) -> None:
    desk = open_desk()
    desk.show("form")
    desk.event()
    for width, height in ((1024, 640), (1600, 1000)):
        desk.tool("windowsize", desk.window(), str(width), str(height))
        until(partial(_ends_at, desk, width), what=f"the top bar ends at {width}")
        left, _, wide, _ = desk.shows("field.amount.slider")
        assert left + wide - desk.origin() < width


def _ends_at(desk: DeskProcess, width: int) -> bool:
    left, _, wide, _ = desk.shows("connectivity")
    return abs(left + wide - desk.origin() - width) < 60


def test_a_failing_callback_is_told_and_ends_nothing(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("form")
    desk.event()
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("1", "3")
    desk.click("field.guess")
    desk.expect("focus", reply="field.guess")
    desk.keys("1", "Return")
    assert desk.event()["submitted"] == {"amount": 13, "guess": 1}
    desk.shows("toast")
    desk.expect("value", "submit", reply="Confirm my decision")
    desk.show("results")
    assert desk.event()["painted"] == "results"


def test_an_operator_starts_a_session_and_closes_it_after_one_more_question(
    open_desk: Callable[..., DeskProcess],
) -> None:
    overview = open_desk(script=PROCESS.with_name("overview_process.py"))
    overview.expect("value", "status", reply="Not started")
    overview.click("start")
    assert overview.event() == {"pressed": "start"}
    overview.expect("value", "status", reply="Running")
    until(lambda: overview.ask("rect", "start") is None, what="a running session has no start")
    overview.click("close")
    overview.click("close.yes")
    assert overview.event() == {"pressed": "close"}
    overview.expect("value", "toast", reply="Somebody else has closed it.")


def test_closing_the_window_ends_the_desk(
    desktop: None, open_desk: Callable[..., DeskProcess]
) -> None:
    desk = open_desk()
    desk.show("results")
    desk.event()
    desk.tool("windowactivate", "--sync", desk.window(), "key", "alt+F4")
    assert desk.event() == {"closed": True}
    assert desk.process.wait(timeout=DEADLINE) == 0


def test_a_minimised_desk_shows_the_newest_view_when_it_comes_back(
    desktop: None, open_desk: Callable[..., DeskProcess]
) -> None:
    desk = open_desk()
    desk.show("form")
    desk.event()
    window = desk.window()
    desk.tool("windowminimize", "--sync", window)
    for view in ("waiting", "between", "results"):
        desk.show(view)
    desk.tool("windowactivate", window)
    assert desk.event()["painted"] == "results"


def test_the_first_stage_is_painted_soon(
    open_desk: Callable[..., DeskProcess], record_property: Callable[[str, object], None]
) -> None:
    desk = open_desk()
    desk.show("form")
    seconds = desk.event()["seconds"]
    record_property("first_frame_seconds", seconds)
    sys.stdout.write(f"first frame of a stage after {seconds:.2f} s, imports included\n")
    assert seconds < DEADLINE


# -- a desk that is killed ----------------------------------------------------------------------


@pytest.fixture
def seated(node: PrivateNode, tmp_path: Path) -> Iterator[tuple[Laboratory, Credentials]]:
    """A seat of a session that has begun, with a worker in the background."""
    database = Sqlite(tmp_path / "palier.db")
    laboratory = Laboratory(Private(node), database, seats=2)

    async def begin(stack: AsyncExitStack) -> Credentials:
        await stack.enter_async_context(laboratory.working())
        async with laboratory.operator() as operator:
            mine, _ = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
        return mine

    with LoopThread("worker") as loop:
        stack = AsyncExitStack()
        yield laboratory, loop.run(begin(stack)).result(timeout=DEADLINE)
        loop.run(stack.aclose()).result(timeout=DEADLINE)
    database.close()


@pytest.mark.rabbitmq
def test_what_was_typed_is_there_again_after_the_desk_was_killed(
    open_desk: Callable[..., DeskProcess],
    seated: tuple[Laboratory, Credentials],
    tmp_path: Path,
) -> None:
    laboratory, credentials = seated
    assert isinstance(laboratory.server, Private)
    path = tmp_path / "p.journal"
    arguments = (str(laboratory.server.address), json.dumps(asdict(credentials)), str(path))
    desk = open_desk(*arguments, script=LINKED)
    desk.expect("screen", reply="asking")
    desk.shows("field.value")
    desk.take_keyboard()
    desk.expect("focus", reply="field.value")
    desk.keys("7")
    desk.expect("value", "field.value", reply="7")
    until(lambda: _draft(path) == {"value": "7"}, what="what was typed is on disk")
    desk.process.kill()
    desk.process.wait(timeout=DEADLINE)

    (tmp_path / "port").unlink()
    desk = open_desk(*arguments, script=LINKED)
    desk.expect("screen", reply="asking")
    desk.shows("field.value")
    desk.expect("value", "field.value", reply="7")
    desk.click("submit")
    desk.expect("screen", reply="waiting")
    until(lambda: _draft(path) is None, what="what was handed in is no draft any more")
    (answer,) = answers(laboratory.database, laboratory.session)["all", 1].values()
    assert answer == {"value": 7}


def _draft(path: Path) -> dict[str, Any] | None:
    """Return the draft that a killed desk would leave: what is in its files now."""
    with TemporaryDirectory() as folder:
        for one in path.parent.glob(f"{path.name}*"):
            shutil.copy(one, folder)
        with Journal(Path(folder, path.name)) as journal:
            return next((dict(one.fields) for one in journal.drafts()), None)


def test_without_a_display_a_sentence_says_what_to_do() -> None:
    environment = {key: one for key, one in os.environ.items() if key != "DISPLAY"}
    done = subprocess.run(
        [sys.executable, str(PROCESS)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 3
    assert "DISPLAY is not set" in done.stderr
    assert "palier bots" in done.stderr

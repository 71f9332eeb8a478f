"""The command's windows on a display of their own: a person at a desk, among bots."""

from __future__ import annotations

import csv
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from time import monotonic

import pytest

from tests.conftest import need_rabbitmq
from tests.e2e.desktops import DeskProcess
from tests.e2e.palier_command import (
    PALIER,
    Done,
    environment,
    nothing_is_left_of,
    palier_here,
    processes_of,
    running,
    until,
)

pytestmark = [pytest.mark.rabbitmq, pytest.mark.gui, pytest.mark.timeout(120)]


_SCREEN = ["-screen", "0", "1600x1000x24", "-nolisten", "tcp"]


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """An X server of our own, on a number that is free."""
    missing = [name for name in ("Xvfb", "xdotool") if shutil.which(name) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"CI must have {' and '.join(missing)}")
    if missing:
        pytest.skip(f"no {' and '.join(missing)} here")
    need_rabbitmq()
    reader, writer = os.pipe()
    with subprocess.Popen(
        # without -noreset it begins anew when its last client leaves, deaf to whoever comes then
        ["Xvfb", "-displayfd", str(writer), "-noreset", *_SCREEN],
        pass_fds=(writer,),
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(writer)
        with os.fdopen(reader) as told:
            number = told.readline().strip()
        yield f":{number}"
        server.terminate()


# -- a demo with a person in it -----------------------------------------------------------------


class Person:
    """Sits at the desk of a demo; knows how far they are from the database alone."""

    def __init__(self, runs: Path, *, display: str) -> None:
        self._runs = runs
        self._environment = {**os.environ, "DISPLAY": display}

    def tool(self, *arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,  # a window that is not there yet
        )
        return done.stdout.strip()

    def windows(self) -> dict[str, str]:
        """Return the windows that are open, by their titles."""
        found = self.tool("search", "--onlyvisible", "--name", "^Palier: ").split()
        return {self.tool("getwindowname", one): one for one in found}

    def done(self, stage: str) -> bool:
        """Tell whether seat p1 has arrived at a stage."""
        (folder,) = self._runs.iterdir()
        with closing(sqlite3.connect(folder / "palier.db", timeout=10)) as db:
            query = (
                "SELECT count(*) FROM arrival JOIN stage_run USING (session, scope, generation)"
                " WHERE seat = 'p1' AND stage = ?"
            )
            return bool(db.execute(query, [stage]).fetchone()[0])

    def answers(self, stage: str, *keys: str) -> None:
        """Press these keys until the answer is committed: the form may still be on its way."""

        def pressed() -> bool:
            window = self.windows().get("Palier: p1")
            if window:
                self.tool("windowfocus", "--sync", window, "key", "--delay", "40", *keys)
            end = monotonic() + 1.5
            while not (arrived := self.done(stage)) and monotonic() < end:
                pass
            return arrived

        until(pressed, what=f"the answer to {stage} is committed")


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Path]:
    """Runs of which, however they end, no process may be left."""
    yield tmp_path / "runs"
    nothing_is_left_of(tmp_path)


def table(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.slow
def test_a_person_plays_a_demo_at_a_desk_beside_an_overview(display: str, runs: Path) -> None:
    arguments = ["demo", "--seats", 4, "--bots", 3, "--rounds", 1, "--pause", 0, "--runs", runs]
    with running(*arguments, DISPLAY=display) as demo:
        demo.says("Management console")
        person = Person(runs, display=display)
        until(
            lambda: set(person.windows()) == {"Palier: p1", "Palier: demo"},
            what="a desk and an overview are open",
        )
        person.answers("instructions", "space", "Tab", "space")
        person.answers("contribute", "ctrl+a", "7", "Return")
        person.answers("results", "space", "Tab", "space")
        person.answers("goodbye", "space", "Tab", "space")
        done = demo.wait()

    assert done.code == 0, done
    (folder,) = runs.iterdir()
    given = {
        one["seat"]: one["amount"]
        for one in table(folder / "export" / "answers.csv")
        if one["amount"]
    }
    assert given["p1"] == "7"
    assert set(given) == {"p1", "p2", "p3", "p4"}
    assert processes_of(runs) == {}
    assert person.windows() == {}


@pytest.mark.slow
def test_a_demo_whose_windows_are_all_closed_ends_in_a_sentence(display: str, runs: Path) -> None:
    with running("demo", "--bots", 3, "--runs", runs, DISPLAY=display) as demo:
        demo.says("Management console")
        person = Person(runs, display=display)
        until(lambda: len(person.windows()) == 2, what="a desk and an overview are open")
        for window in person.windows().values():
            person.tool("windowkill", window)
        done = demo.wait()

    assert done.code == 1, done
    assert "palier: Every window was closed before the session was over." in done.err
    assert "Traceback" not in done.err
    assert processes_of(runs) == {}


@pytest.mark.slow
def test_a_desk_that_was_closed_is_opened_again_by_the_command_that_is_told(
    display: str, runs: Path
) -> None:
    with running("demo", "--bots", 3, "--runs", runs, DISPLAY=display) as demo:
        demo.says("Management console")
        person = Person(runs, display=display)
        until(lambda: len(person.windows()) == 2, what="a desk and an overview are open")
        person.answers("instructions", "space", "Tab", "space")
        person.tool("windowkill", person.windows()["Palier: p1"])
        demo.says("The window desk-p1 has closed; to go on there: palier desk --seat p1")
        (told,) = re.findall("to go on there: palier (.*)", demo.err)

        with running(*shlex.split(told), DISPLAY=display):
            until(lambda: "Palier: p1" in person.windows(), what="the desk is open again")
            person.answers("contribute", "ctrl+a", "7", "Return")

    assert processes_of(runs) == {}


@pytest.mark.slow
def test_windows_close_when_their_demo_is_killed(display: str, runs: Path) -> None:
    with running("demo", "--bots", 3, "--runs", runs, DISPLAY=display) as demo:
        demo.says("Management console")
        person = Person(runs, display=display)
        until(lambda: len(person.windows()) == 2, what="a desk and an overview are open")
        demo.process.kill()
        demo.process.wait()

        nothing_is_left_of(runs, deadline=25)
        assert person.windows() == {}


# -- a desk of its own --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data(display: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a server that runs."""
    data = tmp_path_factory.mktemp("up") / "data"
    with running("up", "--data", data) as up:
        up.says("Palier is up")
        yield data
    nothing_is_left_of(data.parent)


class Desk(DeskProcess):
    """`palier desk`, used by mouse and keyboard; its pages come when the worker says so."""

    def where(self, name: str) -> list[float] | None:
        """Return where an item is; None if it is not on this page, or not visible."""
        try:
            found: list[float] | None = self.ask("rect", name)
        except AssertionError:
            return None
        return found

    def shows(self, name: str) -> list[float]:
        return until(lambda: self.where(name), what=f"{name} is there") or []

    def reads(self) -> None:
        """Go on from a page that asks for nothing, if there is one now."""
        button = self.where("submit")
        if button and not self.where("field.amount"):
            left, top, width, height = button
            self.click_at(left + width / 2, top + height / 2)

    def contributes(self, amount: str) -> None:
        """Contribute to the pot."""
        self.click("field.amount")
        self.expect("focus", reply="field.amount")
        self.keys("ctrl+a", *amount)
        self.expect("value", "field.amount", reply=amount)
        self.click("submit")


OpenDesk = Callable[..., Desk]


@pytest.fixture
def open_desk(display: str, data: Path, tmp_path: Path) -> Iterator[OpenDesk]:
    with ExitStack() as stack:

        def opened(*arguments: object) -> Desk:
            port = tmp_path / f"port-{monotonic()}"
            process = stack.enter_context(
                subprocess.Popen(
                    [*PALIER, "desk", "--data", str(data), *map(str, arguments)],
                    env=environment(
                        DISPLAY=display,
                        XDG_STATE_HOME=str(tmp_path / "state"),
                        PALIER_TEST="1",
                        PALIER_TEST_SOCKET=str(port),
                        PALIER_FPS_IDLE="30",
                    ),
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(process.kill)
            desk = Desk(process, port, display)
            stack.callback(desk.close)
            return desk

        yield opened


def said(data: Path, display: str, state: Path, *arguments: str) -> Done:
    """Run a command that ends before it opens a window."""
    return palier_here(*arguments, "--data", data, DISPLAY=display, XDG_STATE_HOME=str(state))


def opened(data: Path, name: str, seats: str, *more: str) -> dict[str, str]:
    """Open a session; return its codes."""
    done = palier_here(
        *("session", "open", "public-goods", "--name", name, "--seats", seats, "--json"),
        *("--data", data, *more),
    )
    codes: dict[str, str] = done.json()["codes"]
    return codes


def goes_on(desk: Desk, data: Path, *, stages: int) -> None:
    """Read on until seat g1 has gone through so many stages in all."""

    def gone() -> bool:
        with closing(sqlite3.connect(data / "palier.db", timeout=10)) as db:
            query = "SELECT count(*) FROM arrival WHERE seat = 'g1'"
            arrived: int = db.execute(query).fetchone()[0]
        if arrived < stages:
            desk.reads()
        return arrived >= stages

    until(gone, what=f"{stages} stages are over")


@pytest.mark.slow
def test_a_desk_that_is_killed_goes_on_where_it_was(
    data: Path, open_desk: OpenDesk, tmp_path: Path
) -> None:
    seats = "g1,g2,g3,g4"
    codes = opened(data, "cut", seats, "--auto-start", "--set", "rounds=2")
    with running("bots", "cut", "--seats", "g2,g3,g4", "--pause", 0, "--data", data) as bots:
        desk = open_desk("--join", codes["g1"])
        goes_on(desk, data, stages=1)
        desk.contributes("6")
        goes_on(desk, data, stages=3)
        desk.shows("field.amount")
        desk.process.kill()
        desk.process.wait()

        again = open_desk("--seat", "g1")
        again.contributes("8")
        goes_on(again, data, stages=6)
        assert bots.wait().out == "3 × finished\n"

    paths = palier_here("session", "export", "cut", "--to", tmp_path, "--json", "--data", data)
    given = [
        (one["visit"], one["amount"])
        for one in table(Path(paths.json()["answers.csv"]))
        if one["seat"] == "g1" and one["amount"]
    ]
    assert given == [("1", "6"), ("2", "8")]


@pytest.mark.slow
def test_a_desk_needs_a_code_that_somebody_issued(data: Path, display: str, tmp_path: Path) -> None:
    done = said(data, display, tmp_path, "desk", "--join", "ZZZZ-ZZZZ")

    assert done.sentence == "No seat has this code: ask the operator for one."


@pytest.mark.slow
def test_a_code_that_is_too_short_is_refused_in_a_sentence(
    data: Path, display: str, tmp_path: Path
) -> None:
    done = said(data, display, tmp_path, "desk", "--join", "Z")

    assert done.sentence == (
        "'Z' is no code: a code has eight letters and digits, such as 7KQ2-M9XD. "
        "Ask the operator for one."
    )


@pytest.mark.slow
def test_a_code_seats_one_person_and_no_other(
    data: Path, display: str, open_desk: OpenDesk, tmp_path: Path
) -> None:
    codes = opened(data, "once", "h1,h2,h3,h4")
    open_desk("--join", codes["h1"])

    done = said(data, display, tmp_path / "elsewhere", "desk", "--join", codes["h1"])

    assert done.sentence == "This code has been used: ask the operator for a new one."


@pytest.mark.slow
def test_a_seat_that_nobody_joined_from_here_asks_for_a_code(
    data: Path, display: str, tmp_path: Path
) -> None:
    done = said(data, display, tmp_path, "desk", "--seat", "nobody")

    assert done.sentence == (
        "Seat nobody was never joined from this computer: ask the operator for a code, "
        "then `palier desk --join CODE`."
    )


@pytest.mark.slow
def test_a_desk_that_is_not_told_its_seat_asks_for_it(
    data: Path, display: str, tmp_path: Path
) -> None:
    done = said(data, display, tmp_path, "desk")

    assert done.sentence == "Say which seat: --join CODE, or --seat NAME."


@pytest.mark.slow
def test_a_display_that_does_not_answer_is_named(data: Path, tmp_path: Path) -> None:
    done = said(data, ":987", tmp_path, "desk", "--join", "ZZZZ-ZZZZ")

    assert "the display ':987' does not answer" in done.sentence

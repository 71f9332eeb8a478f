"""Windows with their links, a worker and a RabbitMQ behind them, as the command opens them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from palier.client.journal import Journal
from tests.e2e.desktops import DEADLINE, OVERSEEN, DeskProcess, until
from tests.e2e.sittings import Sitting
from tests.laboratory import SECRETS, answers

pytestmark = [pytest.mark.gui, pytest.mark.rabbitmq]


@pytest.fixture
def open_overseen(open_desk: Callable[..., DeskProcess]) -> Callable[[Sitting], DeskProcess]:
    """Open the overview of a session, beside its desk."""

    def opened(sitting: Sitting) -> DeskProcess:
        name = sitting.laboratory.session
        overview = open_desk(sitting.address, name, SECRETS.operator, script=OVERSEEN)
        # until its window is there, it would take the keyboard
        overview.expect("value", "status", reply="Running")
        return overview

    return opened


def test_what_was_typed_is_there_again_after_the_desk_was_killed(
    sit: Callable[[str], Sitting],
    open_linked: Callable[[Sitting], DeskProcess],
    tmp_path: Path,
) -> None:
    sitting, path = sit("steps"), tmp_path / "p.journal"
    desk = open_linked(sitting)
    desk.expect("screen", reply="asking")
    desk.shows("field.value")
    desk.take_keyboard()
    desk.expect("focus", reply="field.value")
    desk.keys("7")
    desk.expect("value", "field.value", reply="7")
    until(lambda: _draft(path) == {"value": "7"}, what="what was typed is on disk")
    desk.process.kill()
    desk.process.wait(timeout=DEADLINE)

    desk = open_linked(sitting)
    desk.expect("screen", reply="asking")
    desk.shows("field.value")
    desk.expect("value", "field.value", reply="7")
    desk.click("submit")
    desk.expect("screen", reply="waiting")
    until(lambda: _draft(path) is None, what="what was handed in is no draft any more")
    laboratory = sitting.laboratory
    (answer,) = answers(laboratory.database, laboratory.session)["all", 1].values()
    assert answer == {"value": 7}


def test_an_operator_pauses_a_session_gives_more_time_and_answers_for_a_seat(
    sit: Callable[[str], Sitting],
    open_linked: Callable[[Sitting], DeskProcess],
    open_overseen: Callable[[Sitting], DeskProcess],
) -> None:
    sitting = sit("timed")
    desk, overview = open_linked(sitting), open_overseen(sitting)
    seat = sitting.mine.seat
    desk.expect("screen", reply="asking")
    desk.shows("field.value")
    until(lambda: desk.ask("value", "countdown").startswith("14:"), what="the time counts down")
    until(lambda: overview.ask("value", f"left.{seat}").startswith("14:"), what="there too")
    desk.take_keyboard()
    desk.expect("focus", reply="field.value")
    desk.keys("7")
    desk.expect("value", "field.value", reply="7")

    overview.click("pause")
    _say_why(overview, "Fire drill")
    overview.expect("value", "status", reply="Paused")
    desk.expect("value", "held.reason", reply="Fire drill")
    stands = desk.ask("value", "countdown")
    desk.click("submit")
    assert desk.ask("value", "field.value") == "7"
    overview.expect("value", "feed.0", reply="The session was paused (Fire drill)")
    assert desk.ask("value", "countdown") == stands

    overview.click("resume")
    desk.expect("value", "held", reply="")
    overview.click("extend")
    until(lambda: desk.ask("value", "countdown").startswith("15:"), what="there is more time")
    overview.expect("value", "feed.0", reply="+60 s on the clock")
    assert desk.ask("value", "field.value") == "7"

    _press_for(overview, seat, "advance", reason="ill")
    # the stage declares nothing for who is missing: the operator is told what it needs
    until(lambda: "give one (value)" in overview.ask("value", "toast"), what="it is refused")
    overview.shows(f"choose.{seat}")


def test_a_seat_is_excluded_and_let_in_again_under_the_eyes_of_its_participant(
    sit: Callable[[str], Sitting],
    open_linked: Callable[[Sitting], DeskProcess],
    open_overseen: Callable[[Sitting], DeskProcess],
) -> None:
    sitting = sit("timed")
    desk, overview = open_linked(sitting), open_overseen(sitting)
    seat = sitting.mine.seat
    desk.expect("screen", reply="asking")
    desk.shows("field.value")
    desk.take_keyboard()
    desk.expect("focus", reply="field.value")
    desk.keys("4")
    desk.expect("value", "field.value", reply="4")

    _press_for(overview, seat, "exclude", reason="left")
    desk.expect("screen", reply="excluded")
    overview.expect("value", f"seat.{seat}", reply="Excluded")
    overview.expect("value", "feed.0", reply=f"{seat}: excluded (left)")

    _press_for(overview, seat, "readmit", reason="back")
    desk.expect("screen", reply="asking")
    desk.expect("value", "field.value", reply="4")
    # a page that has just come gives its first field the keyboard, and takes it from a button
    desk.expect("focus", reply="field.value")
    desk.click("submit")
    desk.expect("screen", reply="waiting")


def test_a_program_that_fails_is_shown_with_its_traceback_and_the_desk_says_it_was_told(
    sit: Callable[[str], Sitting],
    open_linked: Callable[[Sitting], DeskProcess],
    open_overseen: Callable[[Sitting], DeskProcess],
) -> None:
    sitting = sit("broken")
    desk, overview = open_linked(sitting), open_overseen(sitting)
    desk.expect("screen", reply="asking")
    sitting.submit(sitting.other, 3)
    desk.shows("field.value")
    desk.take_keyboard()
    desk.expect("focus", reply="field.value")
    desk.keys("7", "Return")

    overview.expect("value", "status", reply="Stopped")
    overview.shows("traceback")
    assert "divided by nothing" in overview.ask("value", "traceback")
    until(lambda: "divided by nothing" in overview.ask("value", "feed.0"), what="it is told")
    desk.expect("screen", reply="waiting")
    until(
        lambda: desk.ask("value", "held").startswith("The session is stopped"),
        what="the desk says that it is told",
    )
    overview.click("retry")
    until(lambda: overview.ask("value", "toast") != "", what="what became of it is told")


def test_what_a_seat_is_refused_is_told_to_the_operator(
    sit: Callable[[str], Sitting], open_overseen: Callable[[Sitting], DeskProcess]
) -> None:
    sitting = sit("timed")
    overview = open_overseen(sitting)

    async def nonsense() -> None:
        async with sitting.laboratory.by_hand(sitting.other) as hand:
            await hand.send(*(hand.submit(99, 1) for _ in range(3)))

    sitting.loop.run(nonsense()).result(timeout=DEADLINE)
    said = f"{sitting.other.seat}: refused 3×, unknown-generation"
    overview.expect("value", "feed.0", reply=said)


def test_a_participant_calls_and_the_operator_sees_who_and_why_until_it_is_attended_to(
    sit: Callable[[str], Sitting],
    open_linked: Callable[[Sitting], DeskProcess],
    open_overseen: Callable[[Sitting], DeskProcess],
) -> None:
    sitting = sit("timed")
    desk, overview = open_linked(sitting), open_overseen(sitting)
    seat = sitting.mine.seat
    desk.expect("screen", reply="asking")
    desk.shows("field.value")
    desk.take_keyboard()
    desk.keys("F1")
    desk.expect("focus", reply="dialog.entry")
    desk.type("no sound")
    desk.expect("value", "dialog.entry", reply="no sound")
    desk.keys("Return")
    desk.expect("value", "help", reply="Help is on its way")
    overview.expect("value", f"call.{seat}", reply=f"{seat} calls for help: no sound")
    overview.expect("value", "feed.0", reply=f"{seat}: calls for help (no sound)")

    overview.click(f"attend.{seat}")
    desk.expect("value", "help", reply="Help")
    until(lambda: overview.ask("rect", f"call.{seat}") is None, what="the call is over")
    overview.expect("value", "feed.0", reply=f"{seat}: was helped")


def _press_for(overview: DeskProcess, seat: str, what: str, *, reason: str) -> None:
    """Do something to a seat, as an operator does."""
    left, top, _, height = overview.stands(f"seat.{seat}")
    overview.click_at(left, top + height / 2)
    overview.expect("value", "chosen", reply=seat)
    overview.click(what)
    _say_why(overview, reason)


def _say_why(overview: DeskProcess, reason: str) -> None:
    overview.take_keyboard()
    overview.expect("focus", reply="question.reason")
    overview.type(reason)
    overview.expect("value", "question.reason", reply=reason)
    overview.click("question.yes")


def _draft(path: Path) -> dict[str, Any] | None:
    """Return the draft that a killed desk would leave: what is in its files now."""
    with TemporaryDirectory() as folder:
        for one in path.parent.glob(f"{path.name}*"):
            shutil.copy(one, folder)
        with Journal(Path(folder, path.name)) as journal:
            return next((dict(one.fields) for one in journal.drafts()), None)

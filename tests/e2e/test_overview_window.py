"""The real overview under Xvfb, used by keyboard and mouse; one process a test."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.e2e.desktops import DeskProcess, until

pytestmark = pytest.mark.gui


def ordered(what: str, *seats: str, reason: str = "") -> dict[str, Any]:
    return {"what": what, "seats": list(seats), "reason": reason}


def test_an_operator_starts_a_session_and_closes_it_after_one_more_question(
    open_overview: Callable[[str], DeskProcess],
) -> None:
    overview = open_overview("lobby")
    overview.expect("value", "status", reply="Not started")
    overview.click("start")
    assert overview.event() == ordered("start")
    overview.expect("value", "status", reply="Running")
    until(lambda: overview.ask("rect", "start") is None, what="a running session has no start")
    overview.click("close")
    overview.click("question.yes")
    assert overview.event() == ordered("close")
    overview.expect("value", "toast", reply="Somebody else has done it: close.")


def test_an_operator_pauses_with_a_word_to_all_and_goes_on(
    open_overview: Callable[[str], DeskProcess],
) -> None:
    overview = open_overview("running")
    overview.expect("value", "status", reply="Running")
    overview.click("pause")
    overview.take_keyboard()
    overview.expect("focus", reply="question.reason")
    overview.type("Fire drill")
    overview.expect("value", "question.reason", reply="Fire drill")
    overview.keys("Return")
    assert overview.event() == ordered("pause", reason="Fire drill")
    overview.expect("value", "status", reply="Paused")
    overview.shows("reason")
    overview.click("resume")
    assert overview.event() == ordered("resume")
    overview.expect("value", "status", reply="Running")


def test_an_operator_clicks_on_seats_and_excludes_them_with_a_reason(
    open_overview: Callable[[str], DeskProcess],
) -> None:
    overview = open_overview("running")
    overview.expect("value", "status", reply="Running")
    for seat in ("s02", "s04"):
        left, top, _, height = overview.stands(f"seat.{seat}")
        overview.click_at(left, top + height / 2)
    overview.expect("value", "chosen", reply="s02 and s04")
    overview.click("exclude")
    overview.expect("value", "question", reply="Go on without s02 and s04?")
    overview.click("question.yes")
    assert overview.quiet(), "without a reason nothing is done"
    overview.click("question.reason")
    overview.take_keyboard()
    overview.expect("focus", reply="question.reason")
    overview.type("left")
    overview.expect("value", "question.reason", reply="left")
    overview.click("question.yes")
    assert overview.event() == ordered("exclude", "s02", "s04", reason="left")
    overview.expect("value", "chosen", reply="Click on seats to act for them.")


def test_a_stopped_session_shows_its_traceback_and_is_tried_again(
    open_overview: Callable[[str], DeskProcess],
) -> None:
    overview = open_overview("stopped")
    overview.expect("value", "status", reply="Stopped")
    overview.shows("traceback")
    assert "ZeroDivisionError" in overview.ask("value", "traceback")
    assert overview.ask("value", "retry.command") == "palier session retry tuesday-1"
    assert overview.ask("value", "feed.0") == "s11: refused 37×, too-fast"
    overview.click("retry")
    assert overview.event() == ordered("retry")
    until(lambda: overview.ask("rect", "traceback") is None, what="the traceback goes")


def test_the_command_and_the_traceback_can_be_copied(
    open_overview: Callable[[str], DeskProcess],
) -> None:
    overview = open_overview("stopped")
    overview.expect("value", "status", reply="Stopped")
    for copied, text in (("command", "palier session retry tuesday-1"), ("all", "Traceback")):
        overview.click(f"copy.{copied}")
        overview.expect("focus", reply=f"copy.{copied}")
        overview.click("close")
        overview.take_keyboard()
        overview.expect("focus", reply="question.reason")
        overview.chord("ctrl", "v")
        pasted = partial(_begins, overview, text)
        until(pasted, what=f"{text} is pasted")
        overview.click("question.no")
        until(lambda: overview.ask("rect", "question.no") is None, what="nothing is asked")


def _begins(overview: DeskProcess, text: str) -> bool:
    value: str = overview.ask("value", "question.reason")
    return value.startswith(text)

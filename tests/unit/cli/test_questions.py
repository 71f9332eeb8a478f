"""Which sentences answer a question about a session's course."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone
from typing import Any

import pytest

from palier.cli.errors import CommandError
from palier.cli.questions import Answer, Question, TimeOfDay, answer
from tests.unit.cli.told import (
    GAME,
    OPENED,
    STARTED,
    Told,
    arrived,
    at,
    entries,
    explained,
    opening,
    released,
)

STEPS = ("welcome", "ask", "end")

#: Two groups that go on by themselves, and the end for all.
GROUPS: tuple[Told, ...] = (
    OPENED,
    STARTED,
    (10, "scope-formed", "palier", {"scope": "g1", "seats": ["p1", "p2"]}),
    (10, "scope-formed", "palier", {"scope": "g2", "seats": ["p3", "p4"]}),
    (10, "stage-opened", "palier", {"scope": "g1", **opening(1, "ask", parties=2)}),
    (10, "stage-opened", "palier", {"scope": "g2", **opening(1, "ask", parties=2)}),
    (20, "released", "p2", released("g1", 1, "ask", None, **arrived(("p1", 15), ("p2", 20)))),
    (25, "presence-changed", "palier", {"seat": "p3", "present": False}),
    (30, "released", "p4", released("g2", 1, "ask", None, **arrived(("p3", 24), ("p4", 30)))),
    (30, "stage-opened", "palier", {"scope": "all", **opening(1, "end", asks=False)}),
)


def asked(*told: Told, **question: Any) -> Answer:
    if "at" in question:
        question["at"] = TimeOfDay.parse(question["at"])
    explainer, lines = explained(entries(*told))
    return answer(Question(**question), lines, explainer.course, steps=STEPS, zone=UTC)


def versions(found: Answer) -> list[int]:
    """Return which entries an answer tells of."""
    return [one.version for one in found.lines]


def test_without_a_question_it_is_what_led_to_where_the_session_stands() -> None:
    found = asked(*GAME)

    # how the stage before began, who was answered for there, and what that opened
    assert versions(found) == [8, 9, 10]
    assert found.pending


def test_a_stage_is_explained_by_what_led_to_each_of_its_openings() -> None:
    found = asked(*GAME, stage="ask")

    # from the stage before on, and with the pause in between
    assert versions(found) == [4, 5, 6, 7, 8, 9, 10]
    assert not found.pending


def test_a_generation_is_explained_by_the_release_before_it() -> None:
    found = asked(*GAME, generation=2)

    assert 5 in versions(found)
    assert "when p3 arrived as the last of 4" in found.lines[versions(found).index(5)].text


@pytest.mark.parametrize("time", ["14:03:20", "14:03"])
def test_a_time_is_explained_by_what_happened_then_and_what_led_to_it(time: str) -> None:
    found = asked(*GAME, at=time)

    assert versions(found) == [8, 9, 10]
    assert found.note == ""


def test_a_time_at_which_nothing_happened_names_what_did_before() -> None:
    found = asked(*GAME, at="14:01:30")

    assert found.note == "Nothing happened at 14:01:30; the last before it:"
    assert versions(found) == [6]


def test_a_time_before_everything_says_so() -> None:
    found = asked(*GAME, at="13:59")

    assert (found.note, found.lines) == ("Nothing had happened by 13:59.", ())


def test_a_time_is_meant_by_the_clock_that_is_looked_at() -> None:
    explainer, lines = explained(entries(*GAME))
    zone = timezone(timedelta(hours=2))

    found = answer(
        Question(at=TimeOfDay.parse("16:03:20")), lines, explainer.course, steps=STEPS, zone=zone
    )

    assert versions(found) == [8, 9, 10]


def test_a_time_before_midnight_is_yesterdays_once_it_is_past_midnight() -> None:
    late = timedelta(hours=9, minutes=58).total_seconds()
    night: tuple[Told, ...] = (
        (late, "session-opened", "operator", {"program": "game", "seats": ["p1"]}),
        (late + 30, "started", "operator", {}),
        (late + 300, "status-changed", "operator", {"status": "paused"}),
    )

    assert versions(asked(*night, at="23:58:30")) == [2]
    assert versions(asked(*night, at="00:03")) == [3]


def test_a_seat_is_told_what_concerns_it_and_everyone() -> None:
    found = asked(*GROUPS, seat="p1")

    assert versions(found) == [1, 2, 3, 5, 7, 10]
    assert 8 in versions(asked(*GROUPS, seat="p3"))


def test_a_group_is_told_of_itself() -> None:
    found = asked(*GROUPS, stage="ask", scope="g2")

    assert versions(found) == [2, 6, 9, 10]


def test_what_opens_for_all_is_explained_by_the_last_group() -> None:
    found = asked(*GROUPS, stage="end")

    assert versions(found) == [6, 9, 10]


def test_a_stage_to_come_has_not_opened_and_the_rest_says_why() -> None:
    found = asked(*GAME[:4], stage="end")

    assert found == Answer(note="Stage end has not opened yet.", pending=True)
    assert asked(*GAME[:4], generation=7).note == "Generation 7 has not opened yet."


def test_what_is_still_open_is_explained_with_where_it_stands() -> None:
    assert asked(*GAME, stage="end").pending
    assert not asked(*GAME, stage="welcome").pending


def test_after_the_end_the_last_opening_is_explained() -> None:
    over: Told = (300, "session-finished", "palier", {"outcome": "finished", "reason": ""})

    found = asked(*GAME, over)

    assert versions(found)[-1] == 11


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ({"stage": "fourth"}, "No stage fourth: there are welcome, ask and end."),
        ({"seat": "p9"}, "No seat p9: there are p1, p2, p3 and p4."),
        ({"scope": "g9"}, "No scope g9: there are all."),
        ({"at": "25:00"}, "--at 25:00: write the time as 14:03 or 14:03:22."),
        ({"at": "noon"}, "--at noon: write the time as 14:03 or 14:03:22."),
    ],
)
def test_a_question_about_what_is_not_there_is_answered_in_a_sentence(
    question: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CommandError) as error:
        asked(*GAME, **question)

    assert str(error.value) == sentence


def test_a_time_reads_as_it_was_written() -> None:
    assert [str(TimeOfDay.parse(one)) for one in ("9:05", "14:03:22")] == ["09:05", "14:03:22"]
    assert TimeOfDay.parse("14:03").window(at(0), at(600), UTC) == (at(180), at(240))

"""A log in plain sentences."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import pytest

from palier.cli.explaining import Explainer, gathered
from tests.unit.cli.told import (
    GAME,
    OPENED,
    STARTED,
    WELCOME,
    Told,
    arrived,
    at,
    entries,
    explained,
    opening,
    released,
)


def said(*told: Told) -> str:
    """Return the last sentence of a log."""
    return explained(entries(*told))[1][-1].text


def after_welcome(kind: str, author: str, body: dict[str, Any]) -> str:
    """Return what is said of an entry while the first stage is open."""
    return said(OPENED, STARTED, WELCOME, (30, kind, author, body))


def test_a_game_is_told_from_its_opening_on() -> None:
    _, lines = explained(entries(*GAME))

    assert [one.text for one in lines] == [
        "The operator opened the session: game, 4 seats.",
        "p3 was there.",
        "Every seat was present, and the session started.",
        "welcome opened, generation 1, for 4 seats.",
        (
            "welcome was released when p3 arrived as the last of 4 (before: p1 at 14:00:20, p2 at "
            "14:00:31, p4 at 14:00:33). ask opened, generation 2, for 4 seats."
        ),
        "The operator paused the session (a fire drill): no barrier opens, clocks stand still.",
        "The session goes on, it was paused for 1:00.",
        (
            "ask was released when p1 arrived as the last of 4 (before: p2 at 14:02:15). "
            "ask (visit 2) opened, generation 3, for 4 seats, until 14:03:20; then the declared "
            "answer is taken for whoever is missing."
        ),
        (
            "p4 was answered for at ask (visit 2) with amount=0: its deadline had come, and this "
            "is what the stage declares."
        ),
        (
            "ask (visit 2) was released when p4 was answered for as the last of 4 (before: p1 at "
            "14:02:30). end opened, generation 4, for 4 seats."
        ),
    ]


def test_times_are_told_in_the_zone_that_is_asked_for() -> None:
    explainer = Explainer(timezone(timedelta(hours=2)))
    *_, last = [explainer.tell(one) for one in entries(*GAME[:5])]

    assert "p1 at 16:00:20" in last.text


def test_a_group_says_which_it_is() -> None:
    formed: Told = (10, "scope-formed", "palier", {"scope": "g1", "seats": ["p1", "p2"]})
    asked: Told = (10, "stage-opened", "palier", {"scope": "g1", **opening(1, "ask", parties=2)})

    assert said(OPENED, STARTED, formed) == "p1 and p2 became g1."
    assert said(OPENED, STARTED, formed, asked) == "ask in g1 opened, generation 1, for 2 seats."


def test_what_nothing_follows_says_so() -> None:
    end = released("all", 1, "welcome", None, **arrived(("p1", 20)), arrived=1)

    assert after_welcome("released", "p1", end) == ("welcome was released when p1 arrived.")


def test_of_many_names_some_are_told() -> None:
    seats = [f"p{number}" for number in range(1, 21)]

    assert after_welcome("advanced", "operator", {"seats": seats, "reason": "late"}) == (
        "The operator let p1, p2, p3, p4, p5, p6, p7, p8 and 12 more arrive (late)."
    )


# -- who does not take part ---------------------------------------------------------------------


def excluded(**more: Any) -> dict[str, Any]:
    return {"seat": "p4", "withdrawn": [["all", 1]], **more}


def test_an_exclusion_says_by_whom_why_and_what_it_opened() -> None:
    log: tuple[Told, ...] = (
        OPENED,
        STARTED,
        WELCOME,
        (50, "excluded", "operator", excluded(because="operator", reason="left the room")),
        (
            50,
            "released",
            "operator",
            released(
                *("all", 1, "welcome", None),
                because="operator",
                reason="left the room",
                arrived=3,
                latest=[["p1", at(20).isoformat()]],
            ),
        ),
    )

    _, lines = explained(entries(*log))

    assert [one.text for one in lines[-2:]] == [
        "The operator excluded p4, who was missing at welcome (left the room).",
        (
            "welcome was released when p4 was excluded: nobody else was missing (before: p1 at "
            "14:00:20)."
        ),
    ]


@pytest.mark.parametrize(
    ("kind", "author", "body", "sentence"),
    [
        ("excluded", "palier", {"because": "deadline"}, "p4 was excluded at the deadline of X."),
        (
            "bot-stands-in",
            "palier",
            {"because": "deadline", "withdrawn": []},
            "A bot stands in for p4, who was missing at a deadline.",
        ),
        (
            "bot-stands-in",
            "operator",
            {"because": "operator", "reason": "late", "withdrawn": []},
            "The operator let a bot stand in for p4 (late).",
        ),
        (
            "readmitted",
            "p4",
            {"because": "arrival", "withdrawn": []},
            "p4 was back to answer, and no bot stands in any more.",
        ),
        (
            "readmitted",
            "operator",
            {"because": "operator"},
            "The operator let p4 take part again, at X still.",
        ),
    ],
)
def test_what_becomes_of_a_seat_is_said(
    kind: str, author: str, body: dict[str, Any], sentence: str
) -> None:
    assert after_welcome(kind, author, excluded(**body)) == sentence.replace("X", "welcome")


@pytest.mark.parametrize(
    ("how", "because", "words"),
    [
        ("default", "deadline", "its deadline had come, and this is what the stage declares"),
        ("bot", "bot", "a bot stands in"),
        ("operator", "operator", "the operator advanced it"),
    ],
)
def test_an_answer_that_was_given_for_a_seat_says_how(how: str, because: str, words: str) -> None:
    body = {"scope": "all", "generation": 1, "because": because, "seat": "p4", "how": how}

    assert after_welcome("answered-for", "palier", {**body, "answer": {"x": 1, "y": "z"}}) == (
        f"p4 was answered for at welcome with x=1, y=z: {words}."
    )
    assert after_welcome("answered-for", "palier", {**body, "answer": None}) == (
        f"p4 was answered for at welcome: {words}."
    )


def test_who_goes_on_because_a_live_stage_has_ended_was_not_answered_for() -> None:
    body = {"scope": "all", "generation": 1, "because": "ended", "of": "p2", "seat": "p4"}

    assert after_welcome("answered-for", "palier", {**body, "how": "default", "answer": None}) == (
        "p4 went on from welcome: what p2 did ended the stage for all."
    )


def test_the_same_of_many_seats_is_said_once() -> None:
    given = {"scope": "all", "generation": 1, "because": "operator", "how": "operator"}
    answers = {"p1": 1, "p2": 1, "p3": 2}
    _, lines = explained(
        entries(
            OPENED,
            STARTED,
            WELCOME,
            *(
                (30, "answered-for", "operator", {**given, "seat": seat, "answer": {"x": one}})
                for seat, one in answers.items()
            ),
        )
    )

    assert [one.text for one in gathered(lines[3:])] == [
        "p1 and p2 were answered for at welcome with x=1: the operator advanced it.",
        "p3 was answered for at welcome with x=2: the operator advanced it.",
    ]
    assert gathered(lines[:3]) == lines[:3]


# -- holding and mending ------------------------------------------------------------------------


def test_a_failure_is_said_with_what_was_done_about_it() -> None:
    log: tuple[Told, ...] = (
        OPENED,
        STARTED,
        WELCOME,
        (40, "program-failed", "palier", {"reason": "KeyError: 'p9'", "traceback": "…"}),
        (40, "status-changed", "palier", {"status": "stopped", "because": "failed"}),
        (100, "retried", "operator", {"because": "operator", "reason": "mended"}),
        (100, "status-changed", "operator", {"status": "running", "because": "operator"}),
        (
            100,
            "released",
            "operator",
            released("all", 1, "welcome", opening(2, "ask"), because="operator"),
        ),
    )

    _, lines = explained(entries(*log))

    assert [one.text for one in lines[3:]] == [
        "The program failed: KeyError: 'p9'.",
        "The session is stopped: what arrives is kept, no barrier opens.",
        "The operator had the program read anew, to try again (mended).",
        "The session goes on, it was stopped for 1:00.",
        (
            "welcome was released when the session went on: all had arrived meanwhile. "
            "ask opened, generation 2, for 4 seats."
        ),
    ]


def test_what_was_set_aside_is_named() -> None:
    rewound = {
        "since": 5,
        "again": "released",
        "scope": "all",
        "generation": 1,
        "stage": "ask",
        "void": [["all", 2], ["all", 3], ["all", 4]],
        "reopened": [],
        "excluded": [],
        "because": "rewound",
        "reason": "a wrong text",
    }

    explainer, lines = explained(
        entries(
            *GAME,
            (300, "rewound", "operator", rewound),
            (
                300,
                "status-changed",
                "operator",
                {"status": "running", "because": "rewound", "reason": "a wrong text"},
            ),
        )
    )

    assert lines[-2].text == (
        "The operator had the session go on from ask once more (a wrong text), "
        "set aside: ask, ask (visit 2) and end."
    )
    assert lines[-1].text == "The session goes on."
    assert explainer.course.open() == []


# -- clocks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "body", "sentence"),
    [
        ("extend", {"seconds": 90}, "The operator gave 1:30 more (a question)."),
        ("extend", {"seconds": -30}, "The operator took 0:30 away (a question)."),
        ("pause", {}, "The operator stopped the clock (a question)."),
        ("resume", {}, "The operator started the clock again (a question)."),
    ],
)
def test_a_clock_that_was_set_says_by_whom(kind: str, body: dict[str, Any], sentence: str) -> None:
    given = {"scopes": ["all"], "reason": "a question", **body}

    assert after_welcome(f"clock-{kind}", "operator", given) == sentence


@pytest.mark.parametrize(
    ("clock", "sentence"),
    [
        ({"deadline_at": at(90).isoformat(), "left": None}, "welcome has until 14:01:30."),
        ({"deadline_at": None, "left": 12.4}, "The clock of welcome stands, with 0:12 left."),
    ],
)
def test_a_clock_that_changed_says_what_it_shows(clock: dict[str, Any], sentence: str) -> None:
    body = {"scope": "all", "generation": 1, "clock": clock}

    assert after_welcome("clock-changed", "palier", body) == sentence


# -- the rest -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "author", "body", "sentence"),
    [
        ("started", "operator", {}, "The operator started the session."),
        ("presence-changed", "palier", {"seat": "p2", "present": False}, "p2 was gone."),
        ("seat-replaced", "operator", {"seat": "p2"}, "The operator gave p2 a new code."),
        (
            "abandoned",
            "palier",
            {"scope": "all", "generation": 1},
            "welcome was left: nobody takes part there any more.",
        ),
        (
            "bot-at-a-loss",
            "palier",
            {"seat": "p2", "scope": "all", "stage": "ask"},
            "The bot of p2 found no answer that ask takes: p2 is still waited for.",
        ),
        (
            "action-failed",
            "palier",
            {"seat": "p2", "scope": "all", "stage": "market", "action": "bid", "traceback": "…"},
            "The program failed when p2 did bid in market, which was not done.",
        ),
        ("help-called", "p2", {"seat": "p2", "text": ""}, "p2 called for help."),
        (
            "help-called",
            "p2",
            {"seat": "p2", "text": "My screen is dark."},
            "p2 called for help (My screen is dark.).",
        ),
        (
            "attended",
            "operator",
            {"seat": "p2", "because": "operator", "reason": "was there"},
            "The operator answered p2, who had called for help (was there).",
        ),
        (
            "side-effect",
            "palier",
            {"scope": "g1", "name": "sensor", "visit": 1, "value": 21.5},
            "The program noted sensor in g1: 21.5.",
        ),
        (
            "session-finished",
            "palier",
            {"outcome": "finished", "reason": ""},
            "The program came to its end.",
        ),
        (
            "session-finished",
            "operator",
            {"outcome": "closed", "reason": "a fire"},
            "The operator closed the session (a fire).",
        ),
        ("novelty", "operator", {"a": 1}, "The operator: novelty (a=1)."),
    ],
)
def test_everything_else_is_said_too(
    kind: str, author: str, body: dict[str, Any], sentence: str
) -> None:
    assert after_welcome(kind, author, body) == sentence


def test_a_log_that_is_older_than_its_particulars_is_told_all_the_same() -> None:
    _, lines = explained(
        entries(
            OPENED,
            (10, "started", "operator", {}),
            (10, "stage-opened", "palier", {"scope": "all", "generation": 1, "stage": "welcome"}),
            (
                20,
                "released",
                "p2",
                {
                    "scope": "all",
                    "generation": 1,
                    "stage": "welcome",
                    "next": "ask",
                    "because": "arrival",
                    "of": "p2",
                },
            ),
        )
    )

    assert [one.text for one in lines[2:]] == [
        "welcome opened, generation 1.",
        "welcome was released when p2 arrived as the last. ask opened, generation 2.",
    ]

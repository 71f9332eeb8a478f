"""What an operator types: what is missing or mistyped is said before anything is asked."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest

from palier.cli.errors import CommandError
from palier.cli.interventions import set_aside, target_of
from palier.cli.operating import confirmed, named_seats, needed_reason, values
from tests.e2e.palier_command import palier_here
from tests.unit.cli.told import GAME, Told, entries, explained, opening, overview, released, row

NOWHERE = "amqp://127.0.0.1:1/palier"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            "advance s1 --reason x",
            "Name the seats to advance, or say --all: one of the two.",
        ),
        (
            "advance s1 p1 --all --reason x",
            "Name the seats to advance, or say --all: one of the two.",
        ),
        ("advance s1 p1", "Say with --reason why you answer for others: it is kept with the data."),
        ("advance s1 p1 --answer five --reason x", "--answer five: write it as name=value."),
        ("exclude s1 p1", "Say with --reason why you exclude somebody: it is kept with the data."),
        ("exclude s1 p1,p1 --reason x", "p1,p1: each seat once, please."),
        ("stand-in s1 p1", "Say with --reason why you let bots answer: it is kept with the data."),
        (
            "clock s1 extend",
            "Say --seconds with extend, and only there: clock … extend --seconds 60",
        ),
        (
            "clock s1 pause --seconds 5",
            "Say --seconds with extend, and only there: clock … extend --seconds 60",
        ),
        ("resume s1 --yes", "--visit, --scope and --yes go with --from."),
        (
            "resume s1 --from ask",
            "Say with --reason why you set decisions aside: it is kept with the data.",
        ),
        ("explain s1 --at noon", "--at noon: write the time as 14:03 or 14:03:22."),
        (
            "readmit s1 P1",
            "'P1' cannot be a name: use 1 to 32 lower-case letters, digits and hyphens.",
        ),
    ],
)
def test_what_is_missing_or_mistyped_is_said_at_once(arguments: str, sentence: str) -> None:
    done = palier_here("session", *arguments.split(), PALIER_SERVER=NOWHERE)

    assert done.sentence == sentence


def test_a_change_of_the_clock_that_there_is_not_offers_those_there_are() -> None:
    done = palier_here("session", "clock", "s1", "stop", PALIER_SERVER=NOWHERE)

    assert done.code == 2
    assert "'extend'" in done.err


def test_a_reason_of_blanks_is_none() -> None:
    with pytest.raises(CommandError, match="why you exclude"):
        needed_reason("  ", "exclude somebody")

    assert needed_reason(" left ", "exclude somebody") == "left"


# -- at a terminal ------------------------------------------------------------------------------


class Terminal(StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


def test_at_a_terminal_a_reason_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("left the room\n"))

    assert needed_reason(None, "exclude somebody") == "left the room"


@pytest.mark.parametrize(("typed", "agreed"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_at_a_terminal_what_is_set_aside_is_asked_about(
    monkeypatch: pytest.MonkeyPatch, typed: str, *, agreed: bool
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))

    if agreed:
        confirmed("Set them aside?", yes=False)
    else:
        with pytest.raises(CommandError, match="Nothing was done"):
            confirmed("Set them aside?", yes=False)


def test_a_script_says_yes_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO())

    confirmed("Set them aside?", yes=True)
    with pytest.raises(CommandError, match="--yes does it"):
        confirmed("Set them aside?", yes=False)


# -- what is typed ------------------------------------------------------------------------------


def test_seats_are_named_one_by_one_or_with_commas() -> None:
    assert named_seats(["p1", "p2,p3"]) == ("p1", "p2", "p3")


def test_values_are_json_or_text_without_quotes() -> None:
    given = values("--answer", ["amount=5", "why=because", 'name="5"', "sure=true"])

    assert given == {"amount": 5, "why": "because", "name": "5", "sure": True}


# -- what is set aside --------------------------------------------------------------------------


def shown(*told: Told, submitted: int = 0, **wanted: Any) -> str:
    """Return what is said before a session goes on from a stage."""
    explainer, _ = explained(entries(*told))
    course = explainer.course
    current = course.open()[-1]
    seen = overview(
        *(
            row(
                f"p{number}",
                scope=current.scope,
                generation=current.generation,
                state="submitted" if number <= submitted else "working",
            )
            for number in range(1, 5)
        ),
        now=300,
    )
    wanted = {"visit": None, "scope": None, **wanted}
    return set_aside(course, seen, target_of(course, seen, **wanted))


def test_what_will_be_set_aside_is_counted_with_what_was_decided_in_it() -> None:
    # four for each visit, and nobody decides at the end
    assert shown(*GAME, submitted=3, stage="ask", visit=1) == (
        "To go on from ask, 3 openings and 8 decisions are set aside: ask, ask (visit 2) and end."
    )
    assert shown(*GAME, stage="ask") == (
        "To go on from ask (visit 2), 2 openings and 4 decisions are set aside: "
        "ask (visit 2) and end."
    )


def test_decisions_of_a_stage_that_is_open_count_as_well() -> None:
    assert shown(*GAME[:5], submitted=3, stage="ask") == (
        "To go on from ask, 1 opening and 3 decisions are set aside: ask."
    )


def test_what_other_groups_did_since_is_set_aside_or_waited_for_again() -> None:
    log: tuple[Told, ...] = (
        *GAME[:3],
        (10, "scope-formed", "palier", {"scope": "g1", "seats": ["p1", "p2"]}),
        (10, "scope-formed", "palier", {"scope": "g2", "seats": ["p3", "p4"]}),
        (10, "stage-opened", "palier", {"scope": "g1", **opening(1, "ask")}),
        (10, "stage-opened", "palier", {"scope": "g2", **opening(1, "ask")}),
        (20, "released", "p2", released("g1", 1, "ask", opening(2, "ask", visit=2), arrived=2)),
        (30, "released", "p4", released("g2", 1, "ask", opening(2, "ask", visit=2), arrived=2)),
    )

    assert shown(*log, stage="ask") == (
        "To go on from ask (visit 2) in g1, 2 openings and 0 decisions are set aside: ask "
        "(visit 2) in g1 and ask (visit 2) in g2. Open again, with who has arrived there: "
        "ask in g2."
    )
    assert shown(*log, stage="ask", scope="g2") == (
        "To go on from ask (visit 2) in g2, 1 opening and 0 decisions are set aside: "
        "ask (visit 2) in g2."
    )


@pytest.mark.parametrize("wanted", [{"stage": "fourth"}, {"stage": "ask", "visit": 3}])
def test_an_opening_that_there_was_not_is_answered_with_those_there_were(
    wanted: dict[str, Any],
) -> None:
    with pytest.raises(CommandError, match=r"no such opening of .*: welcome, ask, ask \(visit 2\)"):
        shown(*GAME, **wanted)

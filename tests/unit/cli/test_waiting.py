"""Why a session has not gone on."""

from __future__ import annotations

from palier.cli.waiting import waiting
from palier.schemas.events import Clock
from palier.schemas.replies import Overview
from tests.unit.cli.told import (
    GAME,
    OPENED,
    STARTED,
    WELCOME,
    Told,
    at,
    entries,
    explained,
    opening,
    overview,
    released,
    row,
)


def now(*told: Told, seen: Overview, **asked: str) -> list[str]:
    explainer, _ = explained(entries(*told))
    return waiting(explainer, seen, **asked)


def test_who_is_missing_is_named_with_whether_they_are_there() -> None:
    seen = overview(
        row("p1", generation=1, state="submitted"),
        row("p2", generation=1),
        row("p3", generation=1, present=False),
        row("p4", generation=1, present=False),
        now=130,
    )

    said = now(
        OPENED,
        (2, "presence-changed", "palier", {"seat": "p2", "present": True}),
        (5, "presence-changed", "palier", {"seat": "p3", "present": True}),
        STARTED,
        WELCOME,
        (70, "presence-changed", "palier", {"seat": "p3", "present": False}),
        (80, "presence-changed", "palier", {"seat": "p2", "present": False}),
        (90, "presence-changed", "palier", {"seat": "p2", "present": True}),
        seen=seen,
    )

    assert said == [
        (
            "welcome is open since 14:00:10, for 2:00, and waits for p2 (there again since "
            "14:01:30), p3 (gone since 14:01:10) and p4 (never came). It has no deadline."
        )
    ]


def test_the_clock_says_when_it_goes_on_and_how() -> None:
    seen = overview(
        row("p1", generation=3, clock=Clock(deadline_at=at(200))),
        row("p2", generation=3, state="submitted"),
        now=165,
    )

    (said,) = now(*GAME[:8], seen=seen)

    assert said.endswith(
        "Its deadline is 14:03:20, in 0:35; then the declared answer is taken for whoever is "
        "missing."
    )


def test_a_deadline_that_has_passed_says_what_it_changes() -> None:
    patient: Told = (
        10,
        "stage-opened",
        "palier",
        {"scope": "all", **opening(1, "ask", deadline_at=at(20).isoformat())},
    )
    seen = overview(row("p1", generation=1, clock=Clock(deadline_at=at(20))), now=60)

    (said,) = now(OPENED, STARTED, patient, seen=seen)

    assert said.endswith(
        "Its deadline was 14:00:20: whoever is missing is waited for all the same."
    )


def test_a_paused_session_says_since_when_by_whom_and_why() -> None:
    seen = overview(
        row("p1", generation=2, state="submitted", clock=Clock(left=31)), status="paused", now=100
    )

    said = now(*GAME[:6], seen=seen)

    assert said == [
        (
            "The session is paused since 14:01:10, by the operator (a fire drill): no barrier "
            "opens until `palier session resume s1`."
        ),
        (
            "ask is open since 14:01:02, for 0:38; all have arrived, it is released once the "
            "session goes on. Its clock stands, with 0:31 left; at its deadline whoever is "
            "missing is waited for all the same."
        ),
    ]


def test_a_stopped_session_says_what_to_mend() -> None:
    failed: tuple[Told, ...] = (
        (40, "program-failed", "palier", {"reason": "KeyError: 'p9'", "traceback": "…"}),
        (40, "status-changed", "palier", {"status": "stopped", "because": "failed"}),
    )
    seen = overview(
        row("p1", generation=1, state="submitted"),
        status="stopped",
        reason="KeyError: 'p9'.",
        now=100,
    )

    first, _ = now(OPENED, STARTED, WELCOME, *failed, seen=seen)

    assert first == (
        "The session is stopped since 14:00:40, its program failed: KeyError: 'p9'. "
        "Once that is mended, `palier session retry s1` goes on."
    )


def test_who_is_excluded_is_not_waited_for() -> None:
    out: Told = (
        50,
        "excluded",
        "operator",
        {"seat": "p4", "withdrawn": [["all", 1]], "reason": "left the room"},
    )
    seen = overview(
        row("p1", generation=1),
        row("p3", generation=1, standing="bot"),
        row("p4", generation=1, state="excluded", standing="excluded"),
        now=60,
    )

    (said,) = now(OPENED, STARTED, WELCOME, out, seen=seen)

    assert "waits for p1 (there) and p3 (a bot stands in)." in said
    assert "Excluded: p4, since 14:00:50 (left the room)." in said


def test_a_group_that_is_through_waits_for_the_others() -> None:
    log: tuple[Told, ...] = (
        OPENED,
        STARTED,
        (10, "scope-formed", "palier", {"scope": "g1", "seats": ["p1", "p2"]}),
        (10, "scope-formed", "palier", {"scope": "g2", "seats": ["p3", "p4"]}),
        (10, "stage-opened", "palier", {"scope": "g1", **opening(1, "ask")}),
        (10, "stage-opened", "palier", {"scope": "g2", **opening(1, "ask")}),
        (20, "released", "p2", released("g1", 1, "ask", None, because="arrival", of="p2")),
    )
    seen = overview(
        row("p1", scope="g1", generation=1), row("p3", scope="g2", generation=1), now=40
    )

    both = now(*log, seen=seen)

    assert both == [
        "ask in g2 is open since 14:00:10, for 0:30, and waits for p3 (there). It has no deadline.",
        "g1 is through since 14:00:20 and waits for g2.",
    ]
    assert now(*log, seen=seen, scope="g2") == both[:1]
    assert now(*log, seen=seen, seat="p3") == both[:1]


def test_a_lobby_says_who_is_not_there_yet() -> None:
    seen = overview(
        row("p1", state="lobby"), row("p2", state="lobby", present=False), status="lobby", now=5
    )

    assert now(OPENED, seen=seen) == [
        "The session waits in its lobby, p2 not there yet: `palier session start s1` starts it."
    ]


def test_what_is_over_says_since_when() -> None:
    over: Told = (300, "session-finished", "operator", {"outcome": "closed", "reason": "a fire"})

    assert now(
        *GAME, over, seen=overview(row("p1"), status="closed", reason="a fire", now=400)
    ) == ["The session is closed since 14:05:00 (a fire)."]

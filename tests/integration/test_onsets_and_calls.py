"""When desks had painted a stage, and who calls for help."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from palier.program import Session as ProgramSession
from palier.schemas.addresses import DEAD_LETTERS
from palier.schemas.commands import Attend, CallForHelp, Close, Painted, Pause
from palier.schemas.events import HelpCalled, Intervened, SeatChanged
from palier.schemas.replies import Done, HelpNoted, Refused
from palier.workers.persistence import tables
from palier.workers.persistence.export import export
from tests.databases import Database
from tests.rehearsal import NOON, SESSION, Quick, Rehearsal, answer, quick_database, rehearse, said

SEATS = ("p1", "p2", "p3")


@pytest.fixture
def quick() -> Iterator[Quick]:
    with quick_database() as database:
        yield database


async def two_stages(session: ProgramSession) -> None:
    await session.stage("first")
    await session.stage("second")


def paint(
    rehearsal: Rehearsal,
    seat: str,
    seconds: float,
    *,
    generation: int = 1,
    off_by: float = 0.004,
    worker: int = 0,
) -> None:
    """Have a desk report when it had painted a generation, in seconds after noon."""
    asked = rehearsal.command(
        Painted(
            session=SESSION,
            scope="all",
            generation=generation,
            at=NOON + timedelta(seconds=seconds),
            off_by=off_by,
        ),
        seat,
    )
    handled = rehearsal.handle(asked, worker=worker)
    assert answer(handled, asked) is None, "a report has no reply"


def painted(rehearsal: Rehearsal) -> list[float | None]:
    return [one.painted for one in rehearsal.overview().seats]


def onsets(rehearsal: Rehearsal) -> list[tuple[int, str, float]]:
    rows = rehearsal.database.ask(
        select(tables.onset).order_by(tables.onset.c.generation, tables.onset.c.seat)
    )
    return [(one.generation, one.seat, (one.painted_at - NOON).total_seconds()) for one in rows]


# -- onsets


def test_the_first_report_of_a_desk_counts(database: Database) -> None:
    rehearsal = rehearse(database, two_stages, seats=SEATS)
    paint(rehearsal, "p1", 0.04)
    paint(rehearsal, "p2", 0.06, worker=1)
    paint(rehearsal, "p1", 7.0)
    paint(rehearsal, "p1", 8.0, worker=1)

    assert painted(rehearsal) == [0.04, 0.06, None]
    assert onsets(rehearsal) == [(1, "p1", 0.04), (1, "p2", 0.06)]
    rehearsal.consistent()
    rehearsal.restart()
    assert painted(rehearsal) == [0.04, 0.06, None]


def test_a_report_of_a_stage_that_is_over_is_kept(database: Database) -> None:
    rehearsal = rehearse(database, two_stages, seats=SEATS)
    paint(rehearsal, "p1", 0.04)
    rehearsal.arrive()
    paint(rehearsal, "p2", 0.05)
    paint(rehearsal, "p1", 9.0)
    paint(rehearsal, "p2", 1.0, generation=2)

    assert onsets(rehearsal) == [(1, "p1", 0.04), (1, "p2", 0.05), (2, "p2", 1.0)]
    assert painted(rehearsal) == [None, 1.0, None]  # of the stage that is open
    rehearsal.consistent()


def test_reports_of_nobodys_desk_and_of_no_stage_change_nothing(database: Database) -> None:
    rehearsal = rehearse(database, two_stages, seats=SEATS)
    before = rehearsal.rows()

    paint(rehearsal, "p9", 0.04)
    paint(rehearsal, "p1", 0.04, generation=2)
    paint(rehearsal, "p1", -100_000)
    paint(rehearsal, "p1", 100_000)
    assert rehearsal.rows() == before

    rehearsal.arrive()
    paint(rehearsal, "p9", 0.04)
    assert onsets(rehearsal) == []


def test_a_desk_is_never_ahead_of_the_opening(quick: Quick) -> None:
    rehearsal = rehearse(quick, two_stages, seats=SEATS)
    paint(rehearsal, "p1", -0.02)

    assert painted(rehearsal)[0] == 0.0
    assert onsets(rehearsal) == [(1, "p1", -0.02)]  # as it was reported


def test_a_time_without_its_zone_is_no_time(quick: Quick) -> None:
    rehearsal = rehearse(quick, two_stages, seats=SEATS)
    report = Painted(session=SESSION, scope="all", generation=1, at=NOON, off_by=0)
    body = report.encode()
    assert b"12:00:00Z" in body
    naive = rehearsal.postman.asked(report, "p1", body=body.replace(b"Z", b""))

    handled = rehearsal.workers[0].handle([naive])

    letter, answered = (one for each in handled for one in each.replies)
    assert (letter.exchange, answered.routing_key) == (DEAD_LETTERS, "seat.p1")
    assert letter.properties.headers["palier-code"] == "malformed"
    assert onsets(rehearsal) == []


def test_onsets_are_exported_with_their_stages(database: Database) -> None:
    rehearsal = rehearse(database, two_stages, seats=SEATS)
    paint(rehearsal, "p1", -0.5, off_by=0.6)
    paint(rehearsal, "p2", 0.25)

    with rehearsal.postman.engine.begin() as db:
        table = {one.name: one for one in export(db, SESSION)}["onset"]

    assert table.columns == (
        *("session", "scope", "generation", "stage", "visit", "seat"),
        *("opened_at", "painted_at", "seconds", "off_by"),
    )
    first = (SESSION, "all", 1, "first", 1)
    assert table.rows == (
        (*first, "p1", NOON, NOON - timedelta(seconds=0.5), 0.0, 0.6),
        (*first, "p2", NOON, NOON + timedelta(seconds=0.25), 0.25, 0.004),
    )


# -- calls


def call(rehearsal: Rehearsal, seat: str, text: str = "") -> object:
    return rehearsal.ask(CallForHelp(session=SESSION, text=text), seat)


def attend(rehearsal: Rehearsal, *seats: str) -> object:
    return rehearsal.ask(Attend(session=SESSION, seats=seats, reason="was there"))


def calls(rehearsal: Rehearsal) -> dict[str, str]:
    """Return who calls, by the operator's overview, which each seat's own snapshot bears out."""
    found = {one.seat: one.call for one in rehearsal.overview().seats if one.called_at is not None}
    assert {one for one in SEATS if rehearsal.snapshot(one).called} == set(found)
    return found


def test_a_call_is_told_to_the_operator_until_it_is_answered(database: Database) -> None:
    rehearsal = rehearse(database, two_stages, seats=SEATS)
    asked = rehearsal.command(CallForHelp(session=SESSION, text="My screen is dark."), "p2")
    told = said(rehearsal.handle(asked))

    assert HelpCalled(session=SESSION, seat="p2", at=NOON, text="My screen is dark.") in told
    assert HelpNoted(session=SESSION) in told
    assert calls(rehearsal) == {"p2": "My screen is dark."}
    (row,) = (one for one in rehearsal.overview().seats if one.seat == "p2")
    assert row.called_at == NOON
    rehearsal.consistent()
    rehearsal.restart()
    assert calls(rehearsal) == {"p2": "My screen is dark."}

    order = rehearsal.command(Attend(session=SESSION, seats=("p2",), reason="was there"))
    told = said(rehearsal.handle(order))
    assert SeatChanged(session=SESSION, seat="p2") in told
    assert [one.what for one in told if isinstance(one, Intervened)] == ["attended"]
    assert calls(rehearsal) == {}
    rehearsal.consistent()
    rehearsal.restart()
    assert calls(rehearsal) == {}
    noted = [(one.kind, one.author, one.body) for one in rehearsal.log("help-called", "attended")]
    assert noted == [
        ("help-called", "p2", {"seat": "p2", "text": "My screen is dark."}),
        ("attended", "operator", {"seat": "p2", "because": "operator", "reason": "was there"}),
    ]


def test_a_repeated_call_is_the_same_call(quick: Quick) -> None:
    rehearsal = rehearse(quick, two_stages, seats=SEATS)
    call(rehearsal, "p1", "first")
    rehearsal.later(5)

    again = rehearsal.command(CallForHelp(session=SESSION, text="second"), "p1")
    told = said(rehearsal.handle(again))

    assert told == [HelpNoted(session=SESSION)]
    assert calls(rehearsal) == {"p1": "first"}
    assert len(rehearsal.log("help-called")) == 1
    attend(rehearsal, "p1")
    call(rehearsal, "p1", "third")
    assert calls(rehearsal) == {"p1": "third"}


def test_help_is_called_for_in_the_lobby_and_while_it_is_held(quick: Quick) -> None:
    rehearsal = rehearse(quick, two_stages, seats=SEATS, start=False)
    assert call(rehearsal, "p1") == HelpNoted(session=SESSION)
    assert isinstance(attend(rehearsal, "p1"), Done)
    rehearsal.arrive()

    rehearsal = rehearse(quick, two_stages, seats=SEATS)
    rehearsal.ask(Pause(session=SESSION))
    assert call(rehearsal, "p1") == HelpNoted(session=SESSION)
    assert isinstance(attend(rehearsal, "p1"), Done)


def test_when_a_session_is_over_nobody_is_called(quick: Quick) -> None:
    rehearsal = rehearse(quick, two_stages, seats=SEATS)
    call(rehearsal, "p1")
    rehearsal.ask(Close(session=SESSION))

    for found in (call(rehearsal, "p2"), attend(rehearsal, "p1")):
        assert isinstance(found, Refused)
        assert found.code == "over"


def test_only_calls_that_there_are_can_be_answered(quick: Quick) -> None:
    rehearsal = rehearse(quick, two_stages, seats=SEATS)
    call(rehearsal, "p1")

    for seats, code in ((("p1", "p9"), "unknown-seat"), (("p1", "p2"), "nothing-to-do")):
        found = attend(rehearsal, *seats)
        assert isinstance(found, Refused)
        assert found.code == code
    assert calls(rehearsal) == {"p1": ""}
    call(rehearsal, "p3")
    done = attend(rehearsal, "p1", "p3", "p1")
    assert isinstance(done, Done)
    assert done.effect == "The call of p1 and p3 is answered."


def test_a_stranger_calls_in_vain(quick: Quick) -> None:
    rehearsal = rehearse(quick, two_stages, seats=SEATS)

    found = call(rehearsal, "p9")

    assert isinstance(found, Refused)
    assert found.code == "not-a-party"


def test_words_that_no_database_keeps_do_no_harm(database: Database) -> None:
    rehearsal = rehearse(database, two_stages, seats=SEATS)
    call(rehearsal, "p1", "a\0b \u200e\U0001f198")

    assert calls(rehearsal) == {"p1": "ab \u200e\U0001f198"}

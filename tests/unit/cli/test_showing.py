"""What commands show, in as many columns as a terminal has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from palier.cli.server import Server
from palier.cli.showing import (
    codes_table,
    first_look,
    line_for_a_pc,
    notes,
    out,
    overview_table,
    rows_table,
    status_text,
    stopped_by,
)
from palier.schemas.events import Clock
from palier.schemas.replies import Overview, SeatRow
from palier.workers.persistence.export import Export

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)

FIXED = (
    *("session", "seat", "group", "scope", "stage", "visit", "generation"),
    *("opened_at", "arrived_at", "how", "set_aside"),
)


def shown(renderable: object, *, width: int = 80) -> list[str]:
    """Return the lines as they stand on a terminal."""
    file = StringIO()
    console = Console(file=file, width=width, highlight=False, markup=False, emoji=False)
    console.print(renderable)
    return [line.rstrip() for line in file.getvalue().splitlines()]


def answers(*given: dict[str, Any], fields: tuple[str, ...] = ("amount",)) -> Export:
    """Return exported answers of seat p1, one stage visit each, 2.5 s after it opened."""
    rows = tuple(
        (
            *("s1", "p1", "g1", "g1", "contribute", number, number),
            NOON,
            NOON + timedelta(seconds=2.5),
            "submitted",
            False,
            *(one.get(field) for field in fields),
        )
        for number, one in enumerate(given, start=1)
    )
    return Export("answers", (*FIXED, *fields), rows, sum(map(bool, given)))


def overview(*seats: SeatRow, status: Any = "running", **more: Any) -> Overview:
    return Overview(
        session="s1",
        program="Public goods",
        steps=(("read", "Read"), ("choose", "Choose"), ("end", "The end")),
        status=status,
        opened_at=NOON,
        now=NOON,
        seats=seats,
        **more,
    )


def seat(name: str, **more: Any) -> SeatRow:
    return SeatRow(**{"seat": name, "present": True, "state": "working", **more})


# -- a first look -------------------------------------------------------------------------------


def test_a_first_look_at_answers_leaves_out_what_asks_for_nothing() -> None:
    lines = shown(first_look(answers({}, {"amount": 12}, {})))

    assert lines[0] == "Answers"
    assert lines[2] == "┃ seat ┃ group ┃ stage      ┃ visit ┃ took  ┃ amount ┃"
    assert lines[4:-1] == ["│ p1   │ g1    │ contribute │ 2     │ 2.5 s │ 12     │"]


def test_an_answer_of_zero_is_an_answer() -> None:
    lines = shown(first_look(answers({"amount": 0}, {"amount": False})))

    assert len(lines[4:-1]) == 2


def test_a_first_look_says_how_much_it_leaves_out() -> None:
    lines = shown(first_look(answers(*({"amount": one} for one in range(30)))))

    assert lines[0] == "Answers: the first 8 of 30"
    assert len(lines[4:-1]) == 8


def test_a_first_look_before_the_first_answer_says_so() -> None:
    assert shown(first_look(answers()))[0] == "Answers: none"


def test_a_form_of_many_fields_still_fits_a_terminal() -> None:
    fields = tuple(f"question_{number}" for number in range(12))
    export = answers(dict.fromkeys(fields, 3), fields=fields)

    lines = shown(first_look(export))

    assert lines[2].endswith("┃ took  ┃ question_0 ┃ question_1 ┃ … ┃")
    assert max(len(line) for line in lines) <= 80
    assert len(lines[4:-1]) == 1


def test_a_long_answer_is_cut_and_not_spread_over_many_lines() -> None:
    lines = shown(first_look(answers({"amount": "well, " * 100})))

    assert len(lines[4:-1]) == 1
    assert lines[4].endswith("… │")


def test_a_first_look_at_payoffs_does_not_repeat_the_session() -> None:
    export = Export("payoffs", ("session", "seat", "payoff"), (("s1", "p1", Decimal("44.5")),), 1)

    assert shown(first_look(export))[2:5:2] == ["┃ seat ┃ payoff ┃", "│ p1   │ 44.5   │"]


# -- seats and stages ---------------------------------------------------------------------------


def test_a_seat_has_its_past_ticked_off_and_its_future_open() -> None:
    (line,) = [
        one for one in shown(overview_table(overview(seat("p1", stage="choose")))) if "p1" in one
    ]

    assert [cell.strip() for cell in line.split("│")[1:5]] == ["● p1", "✓", "working", ""]


def test_a_second_visit_is_counted() -> None:
    lines = shown(overview_table(overview(seat("p1", stage="choose", visit=2, state="submitted"))))

    assert any("submitted (2)" in one for one in lines)


def test_how_long_a_seat_is_there_counts_minutes() -> None:
    row = seat("p1", stage="read", since=NOON)

    lines = shown(overview_table(overview(row), now=NOON + timedelta(seconds=75)))

    assert any("1:15" in one for one in lines)


@pytest.mark.parametrize(
    ("status", "seats", "said"),
    [
        ("lobby", (seat("p1", state="lobby", present=False),), "Not here yet: p1."),
        ("lobby", (seat("p1", state="lobby"),), "Everyone is here."),
        (
            "running",
            (seat("p1", stage="read"), seat("p2", stage="read", state="submitted")),
            "Waiting for p1.",
        ),
    ],
)
def test_a_table_says_whom_everyone_waits_for(
    status: str, seats: tuple[SeatRow, ...], said: str
) -> None:
    assert shown(overview_table(overview(*seats, status=status)))[-1] == said


def test_how_a_seat_stands_has_a_column_once_there_is_something_to_say() -> None:
    everyone = (seat("p1", stage="read"), seat("p2", stage="read"))
    some = (
        seat("p1", stage="read", state="excluded", standing="excluded"),
        seat("p2", stage="read", standing="bot"),
        seat("p3", stage="read", state="submitted"),
    )

    assert "standing" not in "".join(shown(overview_table(overview(*everyone))))
    lines = shown(overview_table(overview(*some)))
    assert [cell.strip() for cell in cells(lines, "p1")[1:3]] == ["excluded", "excluded"]
    assert [cell.strip() for cell in cells(lines, "p2")[1:3]] == ["bot", "working"]
    assert lines[-1] == "Waiting for p2."


def cells(lines: list[str], seat: str) -> list[str]:
    """Return a seat's line, cell by cell."""
    (line,) = [one for one in lines if f"● {seat} " in one]
    return line.split("│")[1:-1]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("submitted", "submitted"),
        ("default", "default taken"),
        ("bot", "bot answered"),
        ("operator", "operator answered"),
    ],
)
def test_an_answer_says_from_whom_it_came(how: Any, words: str) -> None:
    lines = shown(overview_table(overview(seat("p1", stage="read", state="submitted", how=how))))

    assert words in cells(lines, "p1")[1]


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        (Clock(deadline_at=NOON + timedelta(seconds=75)), "1:15"),
        (Clock(deadline_at=NOON - timedelta(seconds=1)), "0:00"),
        (Clock(left=30), "0:30 stands"),
        (None, ""),
    ],
    ids=["runs", "has run out", "stands", "none"],
)
def test_time_that_is_left_counts_by_the_workers_clock(clock: Clock | None, words: str) -> None:
    other = seat("p2", stage="read", clock=Clock(left=9))
    lines = shown(overview_table(overview(seat("p1", stage="read", clock=clock), other)))

    assert cells(lines, "p1")[4].strip() == words


def test_without_any_deadline_there_is_no_countdown() -> None:
    assert "left" not in "".join(shown(overview_table(overview(seat("p1", stage="read")))))


def test_a_paused_session_says_why_and_how_it_goes_on() -> None:
    lines = shown(
        overview_table(overview(seat("p1", stage="read"), status="paused", reason="a fire drill"))
    )

    assert lines[0] == "Public goods, session s1: paused (a fire drill)"
    assert lines[-1] == "Nobody goes on until: palier session resume s1"


def test_a_stopped_session_shows_where_its_program_raised_and_what_to_do() -> None:
    frames = "".join(f'  File "program.py", line {number}\n' for number in range(1, 30))
    raised = f"Traceback (most recent call last):\n{frames}ZeroDivisionError: by nothing\n"

    lines = stopped_by(
        overview(seat("p1"), status="stopped", reason="ZeroDivisionError", traceback=raised)
    )

    assert lines[0] == "The program failed: ZeroDivisionError"
    assert lines[-2] == "  ZeroDivisionError: by nothing"
    assert len(lines) == 8
    assert lines[-1].endswith("palier session retry s1")
    assert stopped_by(overview(seat("p1"))) == []


def test_a_status_has_a_colour_of_its_own() -> None:
    styles = [
        str(status_text(one).style) for one in ("lobby", "running", "paused", "stopped", "finished")
    ]

    assert len(set(styles)) == len(styles)
    assert status_text("stopped").plain == "stopped"


def test_a_code_is_shown_as_what_one_types() -> None:
    lines = shown(codes_table("Session s1", {"p3": "ABCD-EFGH"}))

    assert lines[4] == "│ p3   │ palier desk --join ABCD-EFGH │"


# -- what people typed --------------------------------------------------------------------------


def test_what_people_typed_is_shown_as_they_typed_it() -> None:
    with out.capture() as captured:
        out.print(rows_table("[red]Title", ("word",), [["[bold]:smile:[/bold]"]]))

    assert "[red]Title" in captured.get()
    assert "[bold]:smile:[/bold]" in captured.get()


# -- below the table ----------------------------------------------------------------------------


def in_stage(name: str, painted: float | None, **more: Any) -> SeatRow:
    return seat(
        name, **{"scope": "all", "stage": "choose", "generation": 2, **more}, painted=painted
    )


def test_how_evenly_an_open_stage_was_shown_is_said() -> None:
    rows = (in_stage("p1", 0.021), in_stage("p2", 0.0555), in_stage("p3", None))

    assert notes(overview(*rows)) == ["choose was painted on 2 desks within 34 ms."]


def test_each_group_is_shown_by_itself_while_its_stage_is_open() -> None:
    rows = (
        in_stage("p1", 0.02, scope="g1"),
        in_stage("p2", 0.12, scope="g1", state="submitted"),
        in_stage("p3", 0.02, scope="g2"),
        in_stage("p4", 0.5, scope="g3", state="waiting"),
        in_stage("p5", 0.9, scope="g3", state="waiting"),
    )

    assert notes(overview(*rows)) == ["choose in g1 was painted on 2 desks within 100 ms."]


def test_who_calls_for_help_is_said_with_what_ends_it() -> None:
    rows = (
        seat("p1", called_at=NOON - timedelta(seconds=5)),
        seat("p2", called_at=NOON - timedelta(seconds=65), call="My screen is dark."),
    )

    assert notes(overview(*rows)) == [
        "p2 calls for help since 1:05 (My screen is dark.): palier session attend s1 p2",
        "p1 calls for help since 0:05: palier session attend s1 p1",
    ]


@pytest.mark.parametrize(
    ("server", "line"),
    [
        (
            Server(amqp="amqp://10.0.0.5:5672/palier", room_password="a b"),
            "At a PC:\npalier-client --server amqp://room:a%20b@10.0.0.5:5672/palier --join CODE",
        ),
        (
            Server(amqp="amqps://127.0.0.1:5671/palier"),
            (
                "At a PC, on this computer alone:\npalier-client --server "
                "amqps://room:PASSWORD@127.0.0.1:5671/palier --join CODE"
            ),
        ),
    ],
)
def test_what_one_types_at_a_pc_is_told(server: Server, line: str) -> None:
    assert line_for_a_pc(server) == line

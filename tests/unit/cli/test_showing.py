"""What commands show, in as many columns as a terminal has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from palier.cli.showing import first_look, out, overview_table, rows_table
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
            NOON.isoformat(),
            (NOON + timedelta(seconds=2.5)).isoformat(),
            "submitted",
            *(one.get(field, "") for field in fields),
        )
        for number, one in enumerate(given, start=1)
    )
    return Export("answers", (*FIXED, *fields), rows)


def overview(*seats: SeatRow, status: Any = "running") -> Overview:
    return Overview(
        session="s1",
        program="Public goods",
        steps=(("read", "Read"), ("choose", "Choose"), ("end", "The end")),
        status=status,
        opened_at=NOON,
        seats=seats,
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
    assert shown(first_look(answers()))[0] == "Answers: none yet"


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
    export = Export("payoffs", ("session", "seat", "payoff"), (("s1", "p1", "44.5"),))

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


# -- what people typed --------------------------------------------------------------------------


def test_what_people_typed_is_shown_as_they_typed_it() -> None:
    with out.capture() as captured:
        out.print(rows_table("[red]Title", ("word",), [["[bold]:smile:[/bold]"]]))

    assert "[red]Title" in captured.get()
    assert "[bold]:smile:[/bold]" in captured.get()

"""How evenly a stage was shown: from what each desk reports."""

from __future__ import annotations

import pytest

from palier.client.screens.english import ENGLISH
from palier.client.screens.french import FRENCH
from palier.client.screens.onsets import late, span, spreads
from palier.schemas.replies import SeatRow


def row(seat: str, painted: float | None, *, scope: str = "all", title: str = "Ask") -> SeatRow:
    return SeatRow(
        seat=seat,
        present=True,
        state="working",
        scope=scope,
        stage="ask",
        title=title,
        generation=1,
        painted=painted,
    )


def test_a_stage_was_shown_within_the_time_between_the_first_desk_and_the_last() -> None:
    rows = [row("a", 0.02), row("b", 0.05), row("c", None)]
    assert spreads(rows)["Ask"] == pytest.approx(0.03)
    assert late(rows) == {}


def test_groups_are_compared_each_with_itself_and_the_worst_is_told() -> None:
    rows = [
        row("a", 0.1, scope="g1"),
        row("b", 0.2, scope="g1"),
        row("c", 5.0, scope="g2"),
        row("d", 5.3, scope="g2"),
    ]
    assert spreads(rows)["Ask"] == pytest.approx(0.3)


def test_one_report_is_no_spread_and_none_is_nothing() -> None:
    assert spreads([row("a", 0.1)]) == {}
    assert spreads([row("a", None), row("b", None)]) == {}
    assert late([row("a", None)]) == {}


def test_a_desk_is_late_behind_the_middle_one_not_behind_the_first() -> None:
    rows = [row("a", 0.0), row("b", 0.4), row("c", 0.41), row("d", 1.2)]
    behind = late(rows)
    assert set(behind) == {"d"}
    assert behind["d"] == pytest.approx(0.795)


def test_a_short_time_is_said_in_milliseconds_and_a_long_one_in_seconds() -> None:
    assert span(0.0123, ENGLISH) == "12\u00a0ms"
    assert span(1.25, ENGLISH) == "1.2\u00a0s"
    assert span(1.25, FRENCH) == "1,2\u00a0s"

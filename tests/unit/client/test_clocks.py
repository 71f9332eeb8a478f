"""A countdown is the worker's, whatever the clock of this computer says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.client.clocks import WorkersClock
from palier.client.view import Countdown
from palier.schemas.events import Clock

NOW = datetime(2026, 5, 12, 14, 30, tzinfo=UTC)
MINUTE = Clock(deadline_at=NOW + timedelta(seconds=60))

#: What a client's own clock reads when the worker's says NOW: since this computer was started, or
#: since 1970 by a clock that is an hour wrong.
READINGS = (0.0, 98765.4, NOW.timestamp() - 3600, NOW.timestamp() + 3600)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("reading", READINGS)
def test_a_countdown_ends_with_the_workers_deadline_whatever_our_clock_says(
    reading: float,
) -> None:
    countdown = WorkersClock().heard(NOW, at=reading).countdown(MINUTE)

    assert countdown is not None
    assert not countdown.stands
    assert countdown.remaining(reading) == pytest.approx(60, abs=1e-3)
    assert countdown.remaining(reading + 45) == pytest.approx(15, abs=1e-3)
    assert countdown.remaining(reading + 61) == 0


def test_what_is_retold_late_does_not_lengthen_a_countdown() -> None:
    clock = WorkersClock().heard(NOW, at=1000.0)

    assert clock.heard(NOW, at=1900.0) == clock


def test_what_came_faster_than_all_before_is_nearer_to_the_truth() -> None:
    clock = (
        WorkersClock().heard(NOW, at=1000.8).heard(after(5), at=1005.1).heard(after(6), at=1006.4)
    )

    countdown = clock.countdown(MINUTE)
    assert countdown is not None
    assert countdown.deadline == pytest.approx(1060.1, abs=1e-3)


def test_another_worker_is_followed_whether_its_clock_is_ahead_or_behind() -> None:
    clock = WorkersClock().heard(NOW, at=1000.0)

    for ahead in (-2.0, 2.0):
        other = clock.heard(after(100 + ahead), at=1100.01, asked=1100.0)
        countdown = other.countdown(MINUTE)
        assert countdown is not None
        assert countdown.deadline == pytest.approx(1060 - ahead, abs=0.02)


def test_a_clock_that_is_set_back_is_followed_with_the_next_answer() -> None:
    clock = WorkersClock().heard(NOW, at=1000.0)

    asked = clock.heard(after(97), at=1100.2, asked=1100.0)
    assert asked.behind is not None
    assert clock.behind is not None
    assert asked.behind - clock.behind == pytest.approx(3.0, abs=0.01)


def test_a_clock_that_stands_needs_no_time() -> None:
    stands = WorkersClock().countdown(Clock(left=42.0))

    assert stands == Countdown(left=42.0)
    assert stands is not None
    assert stands.stands
    assert stands.remaining(0.0) == stands.remaining(9999.0) == 42.0


def test_a_deadline_means_nothing_to_who_knows_no_time() -> None:
    assert WorkersClock().countdown(MINUTE) is None
    assert WorkersClock().heard(NOW, at=0.0).countdown(None) is None
    assert WorkersClock().heard(NOW, at=0.0).countdown(Clock()) is None


@given(
    st.floats(min_value=-1e9, max_value=1e9),
    st.lists(
        st.tuples(st.floats(min_value=0, max_value=3600), st.floats(min_value=0, max_value=600)),
        min_size=1,
    ),
)
def test_it_is_wrong_by_the_shortest_delay_and_never_early(
    ahead: float, messages: list[tuple[float, float]]
) -> None:
    """``ahead`` is our clock before the worker's; a message is said at a time, and takes some."""
    clock = WorkersClock()
    for said, delay in messages:
        clock = clock.heard(after(said), at=NOW.timestamp() + said + ahead + delay)

    countdown = clock.countdown(MINUTE)
    assert countdown is not None
    assert countdown.deadline is not None
    late = countdown.deadline - (NOW.timestamp() + 60 + ahead)
    assert late == pytest.approx(min(delay for _, delay in messages), abs=1e-3)

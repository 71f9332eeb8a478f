"""When a window draws its next frame, told by a clock of the test's own."""

from __future__ import annotations

import pytest

from palier.client.screens.pace import Pace, Rhythm

#: What a frame takes where nothing else runs.
QUICK = 0.01


def rhythm(*, active: float = 60, idle: float = 5, blind: bool = False) -> Rhythm:
    """Return a rhythm that has drawn a frame at 0, long after anything has happened."""
    made = Rhythm(Pace(active=active, idle=idle), blind=blind)
    made.drawn(0.0, QUICK)
    return made


def frames(made: Rhythm, *, until: float) -> list[float]:
    """Return when frames are drawn from 0 on, if nobody says anything."""
    began, drawn = 0.0, []
    while began < until:
        drawn.append(began)
        made.drawn(began, began + QUICK)
        began = made.latest
    return drawn


def test_the_pace_comes_from_the_environment_within_reason() -> None:
    pace = Pace.from_environment({"PALIER_FPS_ACTIVE": "30", "PALIER_FPS_IDLE": "zero"})
    assert (pace.active, pace.idle) == (30, 5)
    assert Pace.from_environment({"PALIER_FPS_IDLE": "-4"}).idle == 1


def test_a_window_in_which_nothing_happens_draws_at_its_idle_rate() -> None:
    assert rhythm().latest == pytest.approx(0.2)


def test_after_a_touch_it_draws_at_full_speed_for_a_moment() -> None:
    made = rhythm()
    made.touch(0.0)
    drawn = frames(made, until=2.0)
    assert len([one for one in drawn if one < 0.6]) == pytest.approx(36, abs=1)
    assert len([one for one in drawn if one > 0.65]) == pytest.approx(1.35 * 5, abs=1)


def test_after_a_change_it_draws_until_heights_have_followed_and_no_longer() -> None:
    made = rhythm()
    made.change()
    drawn = frames(made, until=1.0)
    assert [one for one in drawn if one < 0.06] == pytest.approx([0, 1 / 60, 2 / 60, 3 / 60])
    assert len(drawn) == 4 + 4


def test_what_goes_on_changing_is_drawn_at_full_speed() -> None:
    made = rhythm()
    for number in range(20):
        made.change()
        made.drawn(number / 60, number / 60 + QUICK)
        assert made.latest == pytest.approx((number + 1) / 60)


def test_a_touch_is_seen_at_full_speed_however_seldom_it_draws() -> None:
    assert rhythm(active=60, idle=1).soonest == pytest.approx(1 / 60)


def test_a_window_that_cannot_see_its_input_looks_more_often_for_a_while() -> None:
    made = rhythm(blind=True)
    made.touch(0.0)
    drawn = frames(made, until=4.0)
    assert len([one for one in drawn if 0.7 < one < 1.9]) == pytest.approx(12, abs=1)
    assert len([one for one in drawn if 2.2 < one < 3.9]) == pytest.approx(8, abs=1)
    slow = rhythm(active=5, idle=5, blind=True)
    slow.touch(0.0)
    assert slow.latest == pytest.approx(0.2)


def test_where_frames_take_long_whoever_has_something_to_show_comes_first() -> None:
    made = rhythm(active=10, idle=5)
    made.touch(0.0)
    made.drawn(0.0, 0.09)
    assert made.latest == pytest.approx(0.18)
    assert made.soonest == pytest.approx(0.1)  # input is still taken at once


def test_waiting_for_the_screen_to_turn_is_no_long_frame() -> None:
    made = rhythm(active=60)
    made.touch(0.0)
    made.drawn(0.0, 0.0165)  # vertical synchronisation
    assert made.latest == pytest.approx(1 / 60)

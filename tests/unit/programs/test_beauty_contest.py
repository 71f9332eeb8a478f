"""Guessing a part of the mean: the prize, and how guesses fall."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from palier.program.testing import by_seat, load, load_bots, play

FOLDER = Path(__file__).parents[3] / "programs" / "beauty_contest"
BeautyContest = load(FOLDER)


@pytest.mark.parametrize(
    ("guesses", "p", "expected"),
    [
        # the mean of 30, 60 and 90 is 60, two thirds of it are 40
        ((30, 60, 90), 2 / 3, (20, 0, 0)),
        # half of 40 is 20: 10 and 30 are equally close
        ((10, 30, 80), 0.5, (10, 10, 0)),
        # all the same: all share
        ((50, 50, 50), 0.5, ("6.666666667", "6.666666667", "6.666666667")),
    ],
)
def test_the_closest_win_and_share_the_prize(
    guesses: tuple[int, ...], p: float, expected: tuple[object, ...]
) -> None:
    said = by_seat({f"p{at}": {"number": one} for at, one in enumerate(guesses, start=1)})

    result = play(BeautyContest, seats=3, settings={"rounds": 1, "p": p}, answers={"guess": said})

    assert list(result.payoffs.values()) == [Decimal(str(one)) for one in expected]


def test_guesses_fall_towards_zero_as_people_think_ahead() -> None:
    bots = load_bots(FOLDER)
    levels = [bots[one] for one in ("level", "level-one", "level-two", "level-three")]
    playing = {f"p{at}": levels[at % 4] for at in range(1, 13)}

    result = play(BeautyContest, seats=12, settings={"rounds": 10}, bots=playing)

    means = [one["mean"] for one in result.data("result")[-1]["history"]]
    # a quarter each of 50, 33.3, 22.2 and 14.8 at first; then each time so much of it
    falls = (1 + 2 / 3 + 4 / 9 + 8 / 27) / 4
    assert means[0] == pytest.approx(50 * falls)
    assert [later / earlier for earlier, later in pairwise(means)] == pytest.approx([falls] * 9)
    assert means[-1] < 1


def test_a_room_of_one_level_is_beaten_by_the_next() -> None:
    bots = load_bots(FOLDER)
    playing = dict.fromkeys((f"p{at}" for at in range(1, 11)), bots["level-one"])
    result = play(
        BeautyContest, seats=10, settings={"rounds": 1}, bots={**playing, "p4": bots["level-two"]}
    )
    assert [seat for seat, one in result.payoffs.items() if one] == ["p4"]

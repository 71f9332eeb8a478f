"""Ten choices: who switches where, and what is paid."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from palier.program.testing import BadAnswer, load, load_bots, play

FOLDER = Path(__file__).parents[3] / "programs" / "holt_laury"
HoltLaury = load(FOLDER)
BOTS = load_bots(FOLDER)


def menu(choices: str) -> dict[str, str]:
    """Return the answer that is written as ten letters."""
    return {f"row{number}": one for number, one in enumerate(choices, start=1)}


@pytest.mark.parametrize(
    # relative risk aversion in the middle of each class of the paper, and its safe choices
    ("aversion", "safe"),
    [(-0.7, 2), (-0.3, 3), (0.0, 4), (0.28, 5), (0.55, 6), (0.82, 7), (1.2, 8), (1.5, 9)],
)
def test_people_make_as_many_safe_choices_as_the_paper_says(aversion: float, safe: int) -> None:
    bot = type("Someone", (BOTS["neutral"],), {"r": aversion})

    (answer,) = play(HoltLaury, seats=1, bots=bot).answers("choices")

    assert [answer[f"row{row}"] for row in range(1, 11)] == ["A"] * safe + ["B"] * (10 - safe)


def test_one_row_is_played_out_and_paid_in_euros() -> None:
    # A pays 2.00 or 1.60, B pays 3.85 or 0.10
    for choices, possible in (("A" * 10, {"2", "1.6"}), ("B" * 10, {"3.85", "0.1"})):
        result = play(HoltLaury, seats=40, answers={"choices": menu(choices)})
        assert set(result.payoffs.values()) == set(map(Decimal, possible))
        for row in result.data("result"):
            won = Decimal(3.85 if choices[0] == "B" else 2).quantize(Decimal("0.01"))
            assert (Decimal(str(row["prize"])) == won) == (row["ball"] <= row["choice"])


def test_prizes_are_scaled_and_the_show_up_fee_is_not() -> None:
    result = play(HoltLaury, seats=1, settings={"scale": 20}, answers={"choices": menu("A" * 10)})
    assert result.payments["p1"].amount in {Decimal(45), Decimal(37)}


def test_each_has_a_row_of_their_own_drawn() -> None:
    result = play(HoltLaury, seats=60)
    assert {one["choice"] for one in result.data("result")} == set(range(1, 11))


def test_going_back_is_found_and_refused_where_that_is_wanted() -> None:
    back = menu("AAABABBBBB")
    assert play(HoltLaury, seats=1, answers={"choices": back}).answers("choices")
    with pytest.raises(BadAnswer, match="went from B back to A"):
        play(HoltLaury, seats=1, settings={"one_switch": True}, answers={"choices": back})

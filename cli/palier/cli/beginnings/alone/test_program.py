"""The payoffs are those worked out by hand: python -m pytest my_experiment."""

from pathlib import Path

from palier.program.testing import by_seat, load, play

MyExperiment = load(Path(__file__).parent)


def test_what_is_certain_is_paid_in_each_round() -> None:
    """Ten points, three times."""
    result = play(MyExperiment, seats=2, answers={"decide": {"choice": "certain"}})

    assert result.payoffs == {"p1": 30, "p2": 30}


def test_a_lottery_that_is_always_won_pays_its_prize() -> None:
    """The one takes what is certain, the other the lottery."""
    result = play(
        MyExperiment,
        seats=2,
        settings={"rounds": 1, "chance": 1},
        answers={"decide": by_seat({"p1": {"choice": "certain"}, "p2": {"choice": "lottery"}})},
    )

    assert result.payoffs == {"p1": 10, "p2": 25}

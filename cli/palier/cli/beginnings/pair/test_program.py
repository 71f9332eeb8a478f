"""The payoffs are those worked out by hand: python -m pytest my_experiment."""

from pathlib import Path

from palier.program.testing import load, play

MyExperiment = load(Path(__file__).parent)


def test_what_is_sent_is_multiplied_and_a_part_of_it_comes_back() -> None:
    """Of 10 points 6 are sent, which are 18; half of them, 9, come back."""
    result = play(
        MyExperiment,
        seats=2,
        settings={"rounds": 1},
        answers={"send": {"amount": 6}, "send-back": {"percent": 50}},
    )

    paid = {one.role: one.payoff for one in result.participants}
    assert paid == {"sender": 10 - 6 + 9, "receiver": 18 - 9}


def test_who_sends_nothing_keeps_everything() -> None:
    """There is nothing to send back."""
    result = play(MyExperiment, seats=4, settings={"rounds": 1}, answers={"send": {"amount": 0}})

    assert sorted(result.payoffs.values()) == [0, 0, 10, 10]

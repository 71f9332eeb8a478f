"""A schedule is made by its seed alone, and leaves no kind to chance."""

from __future__ import annotations

from collections import Counter

from tests.chaos.kinds import KINDS, weights
from tests.chaos.ledger import Entry
from tests.chaos.schedule import Fault, drawn
from tests.chaos.strike import Strike, Strikes


def test_the_same_seed_gives_the_same_faults_and_another_one_does_not() -> None:
    chosen = weights(server=True, standby=True)
    first = drawn(3, faults=50, weights=chosen)
    assert first == drawn(3, faults=50, weights=chosen)
    assert first != drawn(4, faults=50, weights=chosen)
    assert [one.number for one in first] == list(range(1, 51))


def test_kinds_are_struck_in_proportion_to_their_weights() -> None:
    counts = Counter(one.kind for one in drawn(1, faults=9, weights={"a": 2.0, "b": 1.0}))
    assert counts == {"a": 6, "b": 3}


def test_a_long_campaign_strikes_with_every_kind() -> None:
    chosen = weights(server=True, standby=True)
    assert set(chosen) == set(KINDS)
    assert {one.kind for one in drawn(1, faults=250, weights=chosen)} == set(KINDS)


def test_what_a_backend_has_not_is_not_struck() -> None:
    assert "database-killed" not in weights(server=False, standby=True)
    assert "worker-stopped-long" not in weights(server=True, standby=False)


# -- when play goes on after a fault


def fault() -> Fault:
    return Fault(number=1, kind="worker-killed", choice=0.0, share=0.0, pause=0.0)


def entered(client: str, *, at: float, opened: float) -> Entry:
    return Entry(client, at, "entered", {"opened": opened})


def struck(*concerned: str) -> tuple[Strikes, Strike]:
    strikes = Strikes()
    strike = strikes.add(fault())
    strike.now(*concerned)
    strike.at = 100.0
    return strikes, strike


def test_what_opened_before_a_fault_and_is_shown_after_it_says_nothing() -> None:
    strikes, strike = struck()
    strikes.take(entered("x", at=100.2, opened=99.9))
    assert strikes.open == [strike]
    strikes.take(entered("x", at=102.5, opened=102.0))
    assert strikes.open == []
    assert strike.seconds == 2.5


def test_play_goes_on_for_those_who_are_concerned() -> None:
    strikes, strike = struck("x")
    strikes.take(entered("y", at=101.5, opened=101.0))
    assert strike.seconds is None
    assert strikes.troubled() == {"x"}
    strikes.take(entered("x", at=103.0, opened=102.0))
    assert strike.seconds == 3.0
    assert not strikes.troubled()


def test_when_their_session_is_over_there_is_nothing_to_wait_for() -> None:
    strikes, strike = struck("x")
    strikes.take(Entry("x", 101.0, "over"))
    assert strikes.open == []
    assert strike.seconds is None

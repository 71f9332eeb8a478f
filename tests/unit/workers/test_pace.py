"""The pace: whatever comes, no more than so much is let through, and the honest get through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.workers.runtime import pace
from palier.workers.runtime.pace import Bucket, Limits, Pace, Rate, Sender, Verdict, seat_limits

SEAT = Sender("p1", seat_limits())

MIB = 1024 * 1024


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Judged:
    """A pace with its clock, and who it had shut out."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.floods: list[str] = []
        self.pace = Pace(on_flood=self.floods.append, clock=self.clock)

    def flood(self, sender: Sender, count: int, *, size: int = 0) -> list[Verdict]:
        """Return what becomes of so many messages that come at once."""
        return [self.pace.judge(sender, size=size) for _ in range(count)]


@pytest.fixture
def judged() -> Judged:
    """A pace that has judged nobody."""
    return Judged()


# -- a bucket

waits = st.floats(min_value=-1, max_value=60, allow_nan=False)


@given(
    st.lists(st.tuples(waits, st.floats(min_value=0.1, max_value=30)), max_size=60),
    st.floats(min_value=1, max_value=50),
    st.floats(min_value=0, max_value=20),
)
def test_within_any_time_no_more_is_taken_than_the_rate_allows(
    steps: list[tuple[float, float]], at_once: float, a_second: float
) -> None:
    now, latest = 100.0, 100.0
    bucket = Bucket(Rate(at_once, a_second), now=now)
    taken: list[tuple[float, float]] = []
    for wait, cost in steps:
        # also a clock that goes back
        now += wait
        latest = max(latest, now)
        if bucket.take(cost, now=now):
            taken.append((latest, cost))

    for first in range(len(taken)):
        for last in range(first, len(taken)):
            within = taken[first : last + 1]
            time = within[-1][0] - within[0][0]
            debt = max(0.0, within[-1][1] - at_once)
            total = sum(cost for _, cost in within)
            assert total <= at_once + a_second * time + debt + 1e-6


@given(st.floats(min_value=1, max_value=50), st.floats(min_value=0.1, max_value=20))
def test_who_keeps_to_the_rate_is_never_refused(at_once: float, a_second: float) -> None:
    bucket = Bucket(Rate(at_once, a_second), now=0)
    assert all(bucket.take(now=number * 1.001 / a_second) for number in range(1, 200))


def test_what_is_larger_than_the_bucket_is_taken_when_it_is_full_and_paid_for_later() -> None:
    bucket = Bucket(Rate(10, 1), now=0)
    assert bucket.take(25, now=0)
    assert not bucket.take(1, now=15)
    assert bucket.take(1, now=16)
    assert not bucket.take(25, now=20)


def test_what_is_refused_takes_nothing() -> None:
    bucket = Bucket(Rate(2, 1), now=0)
    assert bucket.take(2, now=0)
    assert not any(bucket.take(2, now=1) for _ in range(100))
    assert bucket.take(1, now=1)


# -- an account


@given(st.lists(st.floats(min_value=0, max_value=0.2), max_size=1500))
def test_whatever_a_flood_is_like_it_ends_and_is_told_once(pauses: list[float]) -> None:
    judged = Judged()
    verdicts = []
    for pause in pauses:
        judged.clock.now += pause
        verdicts.append(judged.pace.judge(SEAT, size=0))

    spent = judged.clock.now - 1000
    assert verdicts.count(Verdict.WELCOME) <= 100 + 50 * spent + 1e-6
    assert verdicts.count(Verdict.TOO_FAST) <= 501 + 2 * spent + 1e-6
    first = verdicts.index(Verdict.SHUT_OUT) if Verdict.SHUT_OUT in verdicts else len(verdicts)
    assert set(verdicts[first:]) <= {Verdict.SHUT_OUT}
    if first < len(verdicts):
        assert judged.floods == ["p1"]


def test_a_flood_at_once_is_let_in_refused_and_shut_out_in_this_order(judged: Judged) -> None:
    verdicts = judged.flood(SEAT, 10_000)
    assert verdicts[:100] == [Verdict.WELCOME] * 100
    assert verdicts[100:601] == [Verdict.TOO_FAST] * 501
    assert verdicts[601:] == [Verdict.SHUT_OUT] * 9399
    assert judged.floods == ["p1"]


def test_of_huge_bodies_few_are_enough(judged: Judged) -> None:
    verdicts = judged.flood(SEAT, 20, size=MIB)
    assert verdicts.count(Verdict.WELCOME) == 1
    assert verdicts.count(Verdict.SHUT_OUT) >= 10
    assert judged.floods == ["p1"]


def test_one_large_answer_is_welcome_and_does_not_hold_up_the_next_for_long(
    judged: Judged,
) -> None:
    assert judged.flood(SEAT, 1, size=MIB - 1) == [Verdict.WELCOME]
    judged.clock.now += 1
    assert judged.flood(SEAT, 1) == [Verdict.WELCOME]


def test_whose_answers_are_accepted_may_be_as_fast_as_the_program(judged: Judged) -> None:
    for _ in range(10_000):
        judged.clock.now += 0.001
        assert judged.flood(SEAT, 1) == [Verdict.WELCOME]
        judged.pace.accepted("p1")


def test_what_is_put_back_is_never_more_than_there_was(judged: Judged) -> None:
    judged.flood(SEAT, 1)
    for _ in range(100):
        judged.pace.accepted("p1")
    judged.pace.accepted("a seat that nobody has heard of")
    assert judged.flood(SEAT, 110).count(Verdict.WELCOME) == 100


def test_who_is_shut_out_stays_out_until_forgiven(judged: Judged) -> None:
    judged.flood(SEAT, 1000)
    judged.clock.now += 3600
    assert judged.flood(SEAT, 1) == [Verdict.SHUT_OUT]

    judged.pace.forgive("p1")

    assert judged.flood(SEAT, 1) == [Verdict.WELCOME]
    judged.flood(SEAT, 1000)
    assert judged.floods == ["p1", "p1"]


def test_one_seats_flood_is_nobody_elses(judged: Judged) -> None:
    judged.flood(SEAT, 1000)
    assert judged.flood(Sender("p2", seat_limits()), 100) == [Verdict.WELCOME] * 100


def test_whoever_sends_rubbish_slowly_is_shut_out_in_the_end(judged: Judged) -> None:
    for _ in range(1000):
        judged.clock.now += 0.1
        if judged.pace.judge(SEAT, size=0) is Verdict.WELCOME:
            judged.pace.refused(SEAT)
    assert judged.floods == ["p1"]


def test_what_an_honest_client_said_again_while_the_worker_was_away_shuts_nobody_out(
    judged: Judged,
) -> None:
    # a command and a question each five seconds, for twenty minutes
    judged.flood(SEAT, 2 * 20 * 60 // 5)
    assert judged.floods == []


def test_an_operator_may_do_much_and_is_never_shut_out(judged: Judged) -> None:
    verdicts = judged.flood(Sender("operator", pace.OPERATOR), 10_000)
    assert verdicts[:2000] == [Verdict.WELCOME] * 2000
    assert verdicts[-1] is Verdict.TOO_FAST
    assert judged.floods == []


def test_the_workers_are_not_held_up(judged: Judged) -> None:
    sender = Sender("palier.worker", pace.WORKERS)
    assert set(judged.flood(sender, 50_000)) == {Verdict.WELCOME}
    assert all(judged.pace.opened(sender) for _ in range(50_000))


# -- the room


def joiner(address: str) -> Sender:
    """Return somebody who joins."""
    return Sender("room", pace.ROOM, joiner=address)


def test_one_who_asks_again_and_again_keeps_nobody_from_joining(judged: Judged) -> None:
    verdicts = judged.flood(joiner("a"), 300)
    assert verdicts.count(Verdict.WELCOME) == 10
    others = [judged.flood(joiner(f"other {number}"), 1)[0] for number in range(200)]
    assert others == [Verdict.WELCOME] * 200


def test_who_asks_from_many_addresses_is_held_up_all_the_same(judged: Judged) -> None:
    verdicts = [judged.flood(joiner(f"{number}"), 1)[0] for number in range(10_000)]
    assert verdicts.count(Verdict.WELCOME) == 500
    assert judged.floods == ["room"]


# -- what is kept, and what the broker refuses


def test_of_one_seats_rubbish_twenty_letters_a_minute_are_kept(judged: Judged) -> None:
    kept = [judged.pace.keeps_letter(SEAT, size=0) for _ in range(10_000)]
    assert kept == [True] * 20 + [False] * 9980
    judged.clock.now += 60
    assert [judged.pace.keeps_letter(SEAT, size=0) for _ in range(30)].count(True) == 20


def test_letters_of_a_mebibyte_are_few(judged: Judged) -> None:
    kept = 0
    for _ in range(600):
        judged.clock.now += 1
        kept += judged.pace.keeps_letter(SEAT, size=MIB)
    assert 1 <= kept <= 4


def test_an_honest_client_may_connect_again_and_again(judged: Judged) -> None:
    # a connection and four channels, every five seconds for an hour
    for _ in range(720):
        judged.clock.now += 5
        assert all(judged.pace.opened(SEAT) for _ in range(5))


def test_who_opens_channel_after_channel_is_shut_out(judged: Judged) -> None:
    opened = [judged.pace.opened(SEAT) for _ in range(200)]
    assert opened == [True] * 100 + [False] * 100
    assert judged.floods == ["p1"]
    assert judged.flood(SEAT, 1) == [Verdict.SHUT_OUT]


def test_what_is_kept_in_mind_does_not_grow_without_end(judged: Judged) -> None:
    limits = Limits(sends=Rate(1, 0), refusals=None, opens=Rate(1, 0))
    for number in range(pace._KEPT + 10):
        judged.pace.judge(Sender(f"s{number}", limits, joiner=f"j{number}"), size=0)
    assert len(judged.pace._accounts) == len(judged.pace._joiners) == pace._KEPT

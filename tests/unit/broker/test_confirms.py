"""Which publications the broker has taken."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.broker.amqp.confirms import Batch, Confirms
from palier.broker.errors import ConnectionLost
from palier.broker.transport import Outcome
from tests.brokers import message, run

TAKEN, LOST, REFUSED = Outcome.CONFIRMED, Outcome.UNROUTABLE, Outcome.REFUSED


def in_a_loop(test: Callable[[], None]) -> None:
    """Run what makes futures."""

    async def body() -> None:
        test()

    run(body())


def a_batch(count: int) -> Batch:
    """Return a batch of as many messages."""
    return Batch([message("x", "k") for _ in range(count)])


def test_confirms_one_by_one_in_any_order_settle_a_batch() -> None:
    def test() -> None:
        confirms, batch = Confirms(), a_batch(3)
        confirms.sent(batch, start=0, count=3)
        for tag in (2, 3):
            confirms.settle(tag, multiple=False, accepted=True)
            assert not batch.settled.done()
        confirms.settle(1, multiple=False, accepted=True)
        assert batch.settled.done()
        assert batch.outcomes == [TAKEN] * 3
        assert confirms.outstanding == 0

    in_a_loop(test)


def test_a_confirm_of_several_settles_across_batches() -> None:
    def test() -> None:
        confirms, first, second = Confirms(), a_batch(2), a_batch(3)
        confirms.sent(first, start=0, count=2)
        confirms.sent(second, start=0, count=3)
        confirms.settle(4, multiple=True, accepted=True)
        assert first.outcomes == [TAKEN, TAKEN]
        assert second.outcomes == [TAKEN, TAKEN, None]
        assert confirms.outstanding == 1

    in_a_loop(test)


def test_a_refusal_of_all_up_to_one_spares_what_was_taken_before() -> None:
    def test() -> None:
        confirms, batch = Confirms(), a_batch(3)
        confirms.sent(batch, start=0, count=3)
        confirms.settle(2, multiple=False, accepted=True)
        confirms.settle(3, multiple=True, accepted=False)
        assert batch.outcomes == [REFUSED, TAKEN, REFUSED]

    in_a_loop(test)


def test_a_batch_sent_in_parts_is_settled_as_one() -> None:
    def test() -> None:
        confirms, batch, other = Confirms(), a_batch(4), a_batch(1)
        confirms.sent(batch, start=0, count=2)
        confirms.sent(other, start=0, count=1)
        confirms.sent(batch, start=2, count=2)
        confirms.settle(3, multiple=True, accepted=True)
        assert other.settled.done()
        assert not batch.settled.done()
        confirms.settle(5, multiple=True, accepted=True)
        assert batch.settled.done()

    in_a_loop(test)


def test_a_returned_message_is_told_apart_by_its_identity() -> None:
    def test() -> None:
        confirms, batch = Confirms(), a_batch(3)
        confirms.sent(batch, start=0, count=3)
        middle = batch.publications[1]
        confirms.returned(message_id=middle.properties.message_id, exchange="x", routing_key="k")
        confirms.settle(3, multiple=True, accepted=True)
        assert batch.outcomes == [TAKEN, LOST, TAKEN]

    in_a_loop(test)


def test_a_return_of_a_stranger_is_nobodys() -> None:
    def test() -> None:
        confirms, batch = Confirms(), a_batch(1)
        confirms.sent(batch, start=0, count=1)
        confirms.returned(message_id="unknown", exchange="x", routing_key="k")
        confirms.settle(1, multiple=False, accepted=True)
        assert batch.outcomes == [TAKEN]

    in_a_loop(test)


def test_the_loss_of_a_channel_ends_every_wait() -> None:
    def test() -> None:
        confirms, first, second = Confirms(), a_batch(1), a_batch(1)
        confirms.sent(first, start=0, count=1)
        confirms.sent(second, start=0, count=1)
        confirms.fail(ConnectionLost("gone"))
        for batch in (first, second):
            with pytest.raises(ConnectionLost):
                batch.settled.result()
        assert confirms.outstanding == 0

    in_a_loop(test)


@given(
    sizes=st.lists(st.integers(1, 20), min_size=1, max_size=6),
    chance=st.randoms(use_true_random=False),
    unroutable=st.sets(st.integers(0, 119)),
)
def test_whatever_the_order_each_message_gets_its_own_outcome(
    sizes: list[int], chance: object, unroutable: set[int]
) -> None:
    import random

    assert isinstance(chance, random.Random)

    def test() -> None:
        confirms = Confirms()
        batches = [a_batch(size) for size in sizes]
        for batch in batches:
            confirms.sent(batch, start=0, count=len(batch.publications))
        everything = [one for batch in batches for one in batch.publications]
        expected: list[Outcome | None] = [None] * len(everything)
        for position in sorted(unroutable):
            if position < len(everything):
                mark = everything[position].properties.message_id
                confirms.returned(message_id=mark, exchange="x", routing_key="k")
        while None in expected:
            tag = chance.randint(1, len(everything))
            multiple, accepted = chance.random() < 0.3, chance.random() < 0.8
            for one in range(1 if multiple else tag, tag + 1):
                if expected[one - 1] is None:
                    taken = LOST if one - 1 in unroutable else TAKEN
                    expected[one - 1] = taken if accepted else REFUSED
            confirms.settle(tag, multiple=multiple, accepted=accepted)

        assert [one for batch in batches for one in batch.outcomes] == expected
        assert all(batch.settled.done() for batch in batches)
        assert confirms.outstanding == 0

    in_a_loop(test)

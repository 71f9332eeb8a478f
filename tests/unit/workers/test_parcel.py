"""A parcel is read as it was written, whatever is in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from palier.broker import topology
from palier.broker.topology import Binding, Exchange, Queue, Removal, Unbinding
from palier.broker.transport import Publication
from palier.schemas.envelope import Properties
from palier.workers.runtime.parcel import Grant, Item, decode, encode

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
maybe = st.none() | words
publications: st.SearchStrategy[Item] = st.builds(
    Publication,
    exchange=words,
    routing_key=words,
    body=words.map(str.encode),
    properties=st.builds(
        Properties,
        message_id=maybe,
        kind=maybe,
        user_id=maybe,
        correlation_id=maybe,
        reply_to=st.none(),
        timestamp=st.none() | st.integers(min_value=0, max_value=2**40),
        content_type=maybe,
        persistent=st.booleans(),
        headers=st.dictionaries(words, words | st.integers() | st.booleans(), max_size=3),
    ),
)
declarations: st.SearchStrategy[Item] = st.one_of(
    st.builds(Binding, words, words, words),
    st.builds(Unbinding, words, words, words),
    st.builds(Removal, words),
    st.builds(Exchange, words, st.sampled_from(["topic", "fanout"])),
    st.builds(Queue, words, st.dictionaries(words, words | st.integers(), max_size=3)),
)
grants: st.SearchStrategy[Item] = st.builds(
    Grant,
    seat=words,
    session=words,
    partition=st.integers(),
    reply_to=words,
    causation_id=words,
    correlation_id=words,
)


@given(st.lists(st.one_of(publications, declarations, grants), max_size=8))
def test_what_goes_in_comes_out_in_order(items: list[Item]) -> None:
    assert decode(encode(items)) == items


def test_a_seats_queue_keeps_its_arguments() -> None:
    (queue,) = decode(encode([topology.seat("p1")]))

    assert queue == topology.seat("p1")

"""The barrier: any order, any repetition, one release, to the right set."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from palier.workers.domain.barrier import Arrival, Barrier

SEATS = st.sets(st.text("abcdef", min_size=1, max_size=3), min_size=1, max_size=12)


@given(SEATS, st.data())
def test_any_order_with_any_repetition_releases_once_and_with_the_last(
    parties: set[str], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(sorted(parties)))
    repeats = data.draw(st.lists(st.sampled_from(sorted(parties))))
    arrivals = list(data.draw(st.permutations([*order, *repeats])))
    barrier, seen, releases = Barrier.of(parties), set[str](), 0

    for party in arrivals:
        barrier, arrival = barrier.arrive(party)
        if party in seen:
            assert arrival is Arrival.REPEATED
        else:
            seen.add(party)
            complete = seen == parties
            assert arrival is (Arrival.RELEASED if complete else Arrival.COUNTED)
            releases += complete

    assert releases == 1
    assert barrier.released
    assert barrier.missing == frozenset()


@given(SEATS, st.data())
def test_it_is_never_released_while_someone_is_missing(
    parties: set[str], data: st.DataObject
) -> None:
    someone = data.draw(st.sampled_from(sorted(parties)))
    others = data.draw(st.lists(st.sampled_from(sorted(parties - {someone}) or ["stranger"])))
    barrier = Barrier.of(parties)

    for party in others:
        barrier, arrival = barrier.arrive(party)
        assert arrival is not Arrival.RELEASED

    assert not barrier.released
    assert someone in barrier.missing


def test_a_stranger_changes_nothing() -> None:
    barrier = Barrier.of({"a"})

    after, arrival = barrier.arrive("b")

    assert arrival is Arrival.FOREIGN
    assert after == barrier


def test_the_empty_set_never_opens() -> None:
    assert not Barrier.of([]).released

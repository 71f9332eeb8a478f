"""What a client knows of a live stage: whatever comes late, twice or never, it is what was told."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from palier.client.live import LiveData
from palier.client.state import ClientState
from palier.schemas.events import LiveChanged, Released
from palier.schemas.live import ActionSpec, Change, LiveMark, as_do, change
from tests.unit.client.clerk import SEAT, SESSION, snapshot, stage

plain = st.none() | st.booleans() | st.integers(-1, 1) | st.sampled_from(["", "a"])
values = plain | st.lists(plain | st.lists(plain, max_size=2), max_size=4)
shown = st.dictionaries(st.sampled_from("abcd"), values, max_size=4)


def told(version: int, difference: Change, *, own: bool = False) -> LiveChanged:
    return LiveChanged(
        session=SESSION, scope="all", generation=1, version=version, own=own, change=difference
    )


@given(before=shown, after=shown)
def test_a_change_leads_from_what_was_shown_to_what_is(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    difference = change(before, after)

    assert repr(sorted(difference.applied(before).items())) == repr(sorted(after.items()))
    assert bool(difference) == (repr(sorted(before.items())) != repr(sorted(after.items())))


def test_of_a_list_that_grows_its_new_end_is_told() -> None:
    difference = change({"bids": [1, 2], "best": 2}, {"bids": [1, 2, 3], "best": 3})

    assert (difference.appended, difference.data) == ({"bids": [3]}, {"best": 3})


@given(
    history=st.lists(shown, min_size=1, max_size=8),
    disorder=st.randoms(use_true_random=False),
    lost=st.sets(st.integers(1, 8), max_size=3),
    at=st.integers(0, 8),
)
def test_whatever_is_lost_late_or_repeated_a_snapshot_brings_it_to_what_is_shown(
    history: list[dict[str, Any]], disorder: Any, lost: set[int], at: int
) -> None:
    states = [{}, *history]
    changes = [
        told(number, change(before, after))
        for number, (before, after) in enumerate(pairwise(states), start=1)
    ]
    heard = [one for one in changes if one.version not in lost]
    heard += heard[:2]
    disorder.shuffle(heard)

    data = LiveData(data={})
    for one in heard:
        data = data.heard(one)
        assert dict(data.data) == states[data.mark.version]
    at = min(at, len(history))
    data = data.synchronised(states[at], LiveMark(version=at))
    assert dict(data.data) == states[data.mark.version]
    data = data.synchronised(states[-1], LiveMark(version=len(history)))
    assert (dict(data.data), data.lacks) == (states[-1], False)


def test_what_all_see_and_what_one_sees_are_counted_apart() -> None:
    data = LiveData(data={"best": 1, "cash": 9})
    data = data.heard(told(1, Change(data={"cash": 5}), own=True))

    assert (data.data, data.mark) == ({"best": 1, "cash": 5}, LiveMark(version=0, own=1))
    assert data.heard(told(2, Change(data={"cash": 3}), own=False)).lacks


def test_a_state_shows_what_it_hears_and_asks_where_something_lacks() -> None:
    live = stage(1, actions=(ActionSpec(name="bid", title="Bid"),), data={"bids": []})
    state = ClientState(seat=SEAT).synchronised(snapshot(stage=live, live=LiveMark())).state
    step = state.heard(told(1, Change(data={"bids": [1]})))
    assert step.state.stage is not None
    assert (step.state.stage.data, step.ask) == ({"bids": [1]}, False)

    step = step.state.heard(told(3, Change(appended={"bids": [3]})))
    assert step.ask
    assert step.state.stage is not None
    assert step.state.stage.data == {"bids": [1]}
    later = live.model_copy(update={"data": {"bids": [1, 2]}})
    step = step.state.synchronised(snapshot(stage=later, live=LiveMark(version=2)))
    assert step.state.stage is not None
    assert (step.state.stage.data, step.ask) == ({"bids": [1, 2, 3]}, False)
    # a snapshot that was taken before does not take it back
    step = step.state.synchronised(snapshot(stage=live, live=LiveMark()))
    assert step.state.stage is not None
    assert step.state.stage.data == {"bids": [1, 2, 3]}


def test_the_next_stage_begins_anew_and_hears_nothing_of_the_last() -> None:
    live = stage(1, actions=(ActionSpec(name="bid", title="Bid"),), data={"bids": []})
    state = ClientState(seat=SEAT).synchronised(snapshot(stage=live, live=LiveMark())).state
    after = stage(2, data={"price": 4})
    state = state.heard(
        Released(session=SESSION, scope="all", generation=1, version=2, stage="x", next=after)
    ).state
    step = state.heard(told(1, Change(data={"bids": [1]})))

    assert step.state.stage is not None
    assert (step.state.stage.data, step.ask, step.state.live) == ({"price": 4}, False, None)


def test_a_strategy_says_what_to_do_in_few_words() -> None:
    assert as_do(None) is None
    assert as_do("sell") == as_do(("sell", None))
    done = as_do(("bid", {"price": 3}))
    assert done is not None
    assert (done.action, done.body) == ("bid", {"price": 3})

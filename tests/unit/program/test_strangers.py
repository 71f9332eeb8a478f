"""Perfect strangers: whatever is asked for, no two meet twice, and each plays once a round."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.program import strangers
from palier.program.fields import Ring
from palier.program.strangers import Round


def right(rounds: Sequence[Round], groups: int, size: int, *, roles: bool = False) -> None:
    """Check that these are rounds of perfect strangers."""
    met: set[tuple[int, int]] = set()
    for one in rounds:
        assert sorted(each for group in one for each in group) == list(range(groups * size))
        for group in one:
            assert len(group) == size
            if roles:
                assert [each // groups for each in group] == list(range(size))
            pairs = set(combinations(sorted(group), 2))
            assert not pairs & met
            met |= pairs


@given(groups=st.integers(1, 20))
def test_pairs_meet_everyone_once(groups: int) -> None:
    rounds = strangers.known(groups, 2)

    right(rounds, groups, 2)
    assert len(rounds) == strangers.bound(groups, 2) == 2 * groups - 1


@given(groups=st.integers(2, 13), size=st.integers(2, 6), roles=st.booleans())
def test_what_is_built_is_right_and_never_more_than_there_can_be(
    groups: int, size: int, *, roles: bool
) -> None:
    rounds = strangers.known(groups, size, roles=roles)

    right(rounds, groups, size, roles=roles)
    assert 1 <= len(rounds) <= strangers.bound(groups, size, roles=roles)


@pytest.mark.parametrize(
    ("size", "rounds"),
    # the affine planes of order 3, 4, 5 (a prime, a prime's power): all lines there are
    [(3, 4), (4, 5), (5, 6)],
)
def test_a_square_of_participants_meets_as_often_as_can_be(size: int, rounds: int) -> None:
    assert len(strangers.known(size, size)) == rounds == strangers.bound(size, size)


def test_nine_groups_of_three_meet_everyone_in_thirteen_rounds() -> None:
    rounds = strangers.known(9, 3)

    right(rounds, 9, 3)
    assert len(rounds) == 13 == 26 // 2


@pytest.mark.parametrize(("groups", "size", "wanted"), [(6, 3, 4), (6, 4, 3), (5, 3, 6)])
def test_where_nothing_is_built_rounds_are_looked_for(groups: int, size: int, wanted: int) -> None:
    rounds = strangers.rounds(groups, size, wanted)

    right(rounds, groups, size)
    assert len(rounds) == wanted > len(strangers.known(groups, size))


def test_what_is_looked_for_is_the_same_each_time() -> None:
    first = strangers.rounds(6, 3, 4)
    strangers.rounds.cache_clear()

    assert strangers.rounds(6, 3, 4) == first


def test_a_search_finds_no_more_than_there_can_be() -> None:
    assert len(strangers.rounds(3, 4, 5)) == 1


@pytest.mark.parametrize("order", [2, 3, 4, 5, 6, 8, 9, 12, 16, 25, 27])
def test_differences_of_units_can_be_divided_by(order: int) -> None:
    ring = Ring(order)
    elements = ring.elements()
    assert len(elements) == order
    minus = {
        one: next(each for each in elements if not any(ring.add(one, each))) for one in elements
    }
    for one, other in combinations(range(ring.units), 2):
        difference = ring.add(ring.unit(one), minus[ring.unit(other)])
        # what can be divided by takes no two elements to one
        assert len({ring.multiply(difference, each) for each in elements}) == order

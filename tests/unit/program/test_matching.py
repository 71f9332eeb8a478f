"""Who plays with whom: what can be, what cannot and why, and what is drawn."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.program import Matching, Participant, ProgramError
from palier.program.drawing import Drawing, Drawn
from palier.program.matching import parted


def people(count: int) -> list[Participant]:
    """Return so many participants."""
    return [Participant(seat=f"p{one}", number=one) for one in range(1, count + 1)]


def drawing(count: int, *, seed: int = 1, **rule: Any) -> Drawing:
    """Return what is drawn by a rule among so many."""
    return Drawing(Matching(**rule), people(count), random.Random(seed))


def numbers(drawn: Sequence[Drawn]) -> list[tuple[int, ...]]:
    """Return who is in the groups."""
    return [tuple(one.number for one in group.members) for group in drawn]


# -- what can be -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "participants", "told"),
    [
        ({"size": 3}, 4, "4 participants cannot form groups of 3: open the session with a mult"),
        ({"size": (3, 4)}, 5, "5 participants cannot form groups of 3 to 4"),
        (
            {"kind": "perfect-strangers", "size": 2, "rounds": 12},
            12,
            (
                "With 12 participants in groups of 2 at most 11 rounds are possible without two "
                "meeting twice; you ask for 12. What helps: ask for 11, open the session with 14 "
                "participants, or use 'strangers', who may meet again."
            ),
        ),
        (
            {"kind": "perfect-strangers", "size": 4, "rounds": 3},
            12,
            (
                "With 12 participants in groups of 4 at most 1 round is possible without two "
                "meeting twice; you ask for 3. What helps: ask for 1, open the session with 16 "
                "participants, or use 'strangers', who may meet again."
            ),
        ),
        (
            {"kind": "perfect-strangers", "size": 2, "rounds": 5, "roles": ("a", "b")},
            8,
            (
                "With 8 participants in groups of 2 at most 4 rounds are possible without two who "
                "keep their roles meeting twice; you ask for 5. What helps: ask for 4, open the "
                "session with 10 participants, let roles be given anew each time (keep=False), "
                "or use 'strangers', who may meet again."
            ),
        ),
        (
            # nobody knows of five rounds of four groups of three, though nothing forbids them
            {"kind": "perfect-strangers", "size": 3, "rounds": 5},
            12,
            (
                "With 12 participants in groups of 3 we know of 4 rounds without two meeting "
                "twice; you ask for 5, and they were looked for and not found (more than 5 cannot "
                "be)."
            ),
        ),
        ({"kind": "matrix", "matrix": [[[1, 2], [3]]]}, 4, "Period 1 of the matrix leaves out 4"),
        ({"kind": "matrix", "matrix": [[[1, 2], [2, 3, 4]]]}, 4, "names 2 more than once"),
        ({"kind": "matrix", "matrix": [[[1, 2], [3, 5]]]}, 4, "names 5 who is not there"),
        (
            {"kind": "matrix", "matrix": [[[1, 2]]], "rounds": 2},
            2,
            "The matrix has 1 of the 2 periods that are wanted",
        ),
    ],
)
def test_what_cannot_be_is_told_with_what_to_change(
    rule: dict[str, Any], participants: int, told: str
) -> None:
    with pytest.raises(ProgramError) as error:
        Matching(**rule).check(participants)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"kind": "friends", "size": 2}, "There is no matching 'friends'"),
        ({}, "A matching 'partners' needs size="),
        ({"size": 0}, "Groups cannot have size=0"),
        ({"size": (4, 2)}, "Groups cannot have size=(4, 2)"),
        (
            {"kind": "perfect-strangers", "size": (2, 3)},
            "Perfect strangers need groups of one size",
        ),
        ({"kind": "matrix"}, "needs matrix="),
        ({"size": 2, "matrix": [[[1, 2]]]}, "has no matrix="),
        ({"size": 2, "roles": ("a", "b", "c")}, "There are 3 roles (a, b, c) for groups of 2"),
        ({"size": 2, "roles": ("Der Geber", "b")}, "A role cannot be called 'Der Geber'"),
        ({"size": 2, "roles": ("a", "b"), "rest": "smaller"}, "without some of its roles"),
        ({"kind": "strangers", "size": 2, "rounds": 0}, "cannot have rounds=0"),
    ],
)
def test_a_rule_that_says_nothing_is_refused(rule: dict[str, Any], told: str) -> None:
    with pytest.raises(ProgramError) as error:
        Matching(**rule)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("rule", "participants"),
    [
        ({"size": 4}, 24),
        ({"size": (2, 4)}, 7),
        ({"size": 4, "rest": "sit-out"}, 10),
        ({"size": 4, "rest": "smaller"}, 10),
        ({"kind": "perfect-strangers", "size": 2, "rounds": 23}, 24),
        ({"kind": "perfect-strangers", "size": 2, "rounds": 12, "roles": ("a", "b")}, 24),
        ({"kind": "perfect-strangers", "size": 2, "rounds": 13, "rest": "sit-out"}, 13),
        ({"kind": "perfect-strangers", "size": 4, "rounds": 5}, 16),
        ({"kind": "matrix", "matrix": [[[1, 2], [3, 4]], [[1, 3, 4], [2]]]}, 4),
    ],
)
def test_what_can_be_is_let_pass(rule: dict[str, Any], participants: int) -> None:
    Matching(**rule).check(participants)


@given(
    count=st.integers(0, 60),
    least=st.integers(1, 5),
    more=st.integers(0, 3),
    rest=st.sampled_from([None, "sit-out", "smaller"]),
)
def test_groups_are_of_their_sizes_and_as_few_as_can_be_are_left_over(
    count: int, least: int, more: int, rest: Any
) -> None:
    most = least + more
    sizes = parted(count, Matching(size=(least, most), rest=rest))

    assert sum(sizes) <= count
    smaller = [one for one in sizes if one < least]
    assert all(one <= most for one in sizes)
    assert len(smaller) <= (rest == "smaller")
    assert all(one >= 2 for one in smaller)
    if rest != "smaller":
        assert count - sum(sizes) < least


# -- what is drawn ---------------------------------------------------------------------------------


def test_strangers_are_drawn_anew_and_everyone_plays() -> None:
    drawn = drawing(12, kind="strangers", size=3)
    periods = [numbers(drawn.next()) for _ in range(6)]

    assert all(
        sorted(one for group in each for one in group) == list(range(1, 13)) for each in periods
    )
    assert len({tuple(map(frozenset, each)) for each in periods}) > 1


@given(seed=st.integers(0, 50), roles=st.booleans())
def test_perfect_strangers_never_meet_twice(seed: int, *, roles: bool) -> None:
    rule: dict[str, Any] = {"roles": ("a", "b")} if roles else {}
    drawn = drawing(8, seed=seed, kind="perfect-strangers", size=2, rounds=4, **rule)
    met: Counter[tuple[int, ...]] = Counter()
    for _ in range(4):
        met.update(tuple(sorted(group)) for group in numbers(drawn.next()))

    assert len(met) == 16
    assert set(met.values()) == {1}


def test_more_periods_than_there_are_strangers_are_refused_with_what_to_do() -> None:
    drawn = drawing(4, kind="perfect-strangers", size=2)
    for _ in range(3):
        drawn.next()

    with pytest.raises(ProgramError, match=r"drawn 4 times.*had 3 rounds.*rounds=4"):
        drawn.next()


def test_a_matrix_is_played_as_it_stands_and_its_places_are_roles() -> None:
    drawn = drawing(4, kind="matrix", matrix=[[[2, 1], [3, 4]], [[1, 3], [4, 2]]], roles=("a", "b"))

    first, second = drawn.next(), drawn.next()

    assert numbers(first) == [(2, 1), (3, 4)]
    assert numbers(second) == [(1, 3), (4, 2)]
    assert {one.number: role for group in second for one, role in group.roles.items()} == {
        1: "a",
        3: "b",
        4: "a",
        2: "b",
    }
    with pytest.raises(ProgramError, match="The matrix has 2 periods, and period 3"):
        drawn.next()


@pytest.mark.parametrize("kind", ["strangers", "perfect-strangers", "partners"])
@pytest.mark.parametrize("by", ["chance", "position"])
def test_a_role_is_kept_and_each_group_has_one_of_each(kind: Any, by: Any) -> None:
    drawn = drawing(12, kind=kind, size=3, roles=("a", "b", "b"), by=by)
    had: dict[int, set[str]] = {}
    for _ in range(4 if kind != "perfect-strangers" else 1):
        for group in drawn.next():
            assert sorted(group.roles.values()) == ["a", "b", "b"]
            for one, role in group.roles.items():
                assert one.role == role
                had.setdefault(one.number, set()).add(role)

    assert all(len(one) == 1 for one in had.values())
    assert sum(one == {"a"} for one in had.values()) == 4
    if by == "position":
        assert {number for number, one in had.items() if one == {"a"}} == {1, 4, 7, 10}


@pytest.mark.parametrize("kind", ["partners", "strangers"])
def test_roles_that_are_given_anew_are_shared_out_evenly(kind: Any) -> None:
    drawn = drawing(6, kind=kind, size=2, roles=("a", "b"), keep=False)
    had: Counter[tuple[int, str]] = Counter()
    for _ in range(10):
        for group in drawn.next():
            had.update((one.number, role) for one, role in group.roles.items())

    least = 5 if kind == "partners" else 4
    assert min(had.values()) >= least


# -- who is not there ------------------------------------------------------------------------------


def test_whoever_an_exclusion_leaves_over_sits_out_in_turn() -> None:
    drawn = drawing(6, kind="strangers", size=2)
    drawn._everyone[0].excluded = True
    sat: Counter[int] = Counter()
    for _ in range(10):
        playing = {one for group in numbers(drawn.next()) for one in group}
        assert len(playing) == 4
        sat.update({2, 3, 4, 5, 6} - playing)

    assert sat == dict.fromkeys(range(2, 7), 2)


def test_who_is_readmitted_is_drawn_again() -> None:
    drawn = drawing(4, kind="strangers", size=2)
    everyone = drawn._everyone
    everyone[0].excluded = everyone[1].excluded = True
    assert [set(one) for one in numbers(drawn.next())] == [{3, 4}]
    everyone[0].excluded = everyone[1].excluded = False

    assert {one for group in numbers(drawn.next()) for one in group} == {1, 2, 3, 4}


def test_the_partner_of_who_is_excluded_sits_out_and_strangers_still_never_meet_twice() -> None:
    drawn = drawing(6, kind="perfect-strangers", size=2)
    drawn._everyone[2].excluded = True
    met: Counter[tuple[int, ...]] = Counter()
    for _ in range(5):
        groups = numbers(drawn.next())
        assert len(groups) == 2
        met.update(tuple(sorted(group)) for group in groups)

    assert set(met.values()) == {1}
    assert set(met) == set(combinations([1, 2, 4, 5, 6], 2))


def test_a_smaller_group_goes_on_where_the_rule_allows_it() -> None:
    drawn = drawing(8, kind="strangers", size=4, rest="smaller")
    drawn._everyone[0].excluded = True

    assert sorted(len(one) for one in numbers(drawn.next())) == [3, 4]


def test_nobody_is_a_group_alone() -> None:
    drawn = drawing(8, kind="strangers", size=4, rest="smaller")
    for one in drawn._everyone[:3]:
        one.excluded = True

    assert [len(one) for one in numbers(drawn.next())] == [4]


def test_with_roles_those_sit_out_of_whose_role_there_are_too_many() -> None:
    drawn = drawing(6, kind="strangers", size=2, roles=("a", "b"), by="position")
    drawn._everyone[0].excluded = True
    sat: Counter[int] = Counter()
    for _ in range(6):
        sat.update({2, 3, 4, 5, 6} - {one for group in numbers(drawn.next()) for one in group})

    assert sat == {2: 2, 4: 2, 6: 2}

"""Groups in a session: drawn anew, within each other, by arrival, each alone; roles and periods."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import combinations
from typing import Any

import pytest

from palier.program import Field, Form, Group, Matching, Program, ProgramError, Session, Solo
from palier.program.testing import Result, play
from palier.schemas.names import is_name
from palier.workers.domain.facts import ScopeFormed


class Number(Form):
    value: int = Field(ge=0, le=9)


def of(body: Callable[[Session], Awaitable[object]]) -> type[Program]:
    """Return the program that a coroutine function is."""

    class Example(Program):
        async def run(self, session: Session) -> None:
            await body(session)

    return Example


def groups_of(result: Result, stage: str) -> dict[str, tuple[str, ...]]:
    """Return who was in the scopes in which a stage opened."""
    return {one.group: one.seats for one in result.stages if one.name == stage}


async def ask(group: Group) -> str:
    await group.stage("ask", form=Number)
    return group.name


# -- groups drawn anew -----------------------------------------------------------------------------


def test_strangers_are_other_groups_in_each_period_and_the_record_says_which_period() -> None:
    async def body(session: Session) -> None:
        await session.stage("welcome")
        for _ in session.periods(5):
            await session.each_group(ask, size=2, matching="strangers")
        await session.stage("end")

    result = play(of(body), seats=6, seed=3)

    assert [one.stage.period for one in result.stages if one.group == "all"] == [0, 0]
    pairs: dict[int, set[frozenset[str]]] = {}
    for one in result.stages:
        if one.name == "ask":
            assert one.group.startswith(f"p{one.stage.period}g")
            pairs.setdefault(one.stage.period, set()).add(frozenset(one.seats))
    assert {len(each) for each in pairs.values()} == {3}
    assert len({frozenset(each) for each in pairs.values()}) > 1


def test_a_scope_that_is_drawn_anew_has_no_fanout_of_its_own() -> None:
    async def body(session: Session) -> None:
        await session.each_group(ask, size=2)
        await session.each_group(ask, size=2, matching="strangers")
        await session.each(ask_alone)

    formed = [one for one in play(of(body), seats=4).facts if isinstance(one, ScopeFormed)]

    lasting = {one.scope: one.lasting for one in formed}
    assert lasting == {
        **dict.fromkeys(["g1", "g2"], True),
        **dict.fromkeys(["m2p1g1", "m2p1g2", "n1", "n2", "n3", "n4"], False),
    }


def test_partners_are_the_same_ones_whatever_else_is_drawn() -> None:
    async def body(session: Session) -> None:
        before = await session.each_group(members, size=2)
        await session.each_group(ask, size=3, matching="strangers")
        assert await session.each_group(members, size=2) == before
        # with roles they are other scopes, of the same people
        again = await session.each_group(members, size=2, roles=("a", "b"))
        assert [set(one or ()) for one in again] == [set(one or ()) for one in before]
        await session.stage("end")

    async def members(group: Group) -> list[str]:
        return [one.seat for one in group]

    play(of(body), seats=6)


@pytest.mark.parametrize("seed", range(5))
def test_perfect_strangers_meet_everyone_once(seed: int) -> None:
    async def body(session: Session) -> None:
        matching = session.matching("perfect-strangers", size=2, rounds=5)
        for _ in session.periods(5):
            await session.each_group(ask, matching=matching)

    result = play(of(body), seats=6, seed=seed)

    met = sorted(tuple(sorted(seats)) for seats in groups_of(result, "ask").values())
    assert met == list(combinations(["p1", "p2", "p3", "p4", "p5", "p6"], 2))


def test_what_cannot_be_is_told_before_anybody_sits_down() -> None:
    class Example(Program):
        def matching(self) -> Matching:
            return Matching(kind="perfect-strangers", size=2, rounds=4)

    with pytest.raises(ProgramError, match=r"With 4 participants .* at most 3 rounds are possible"):
        play(Example, seats=4)


def test_a_matrix_can_come_from_the_settings() -> None:
    class Example(Program):
        class Settings(Program.Settings):
            matrix: list[list[list[int]]]

        async def run(self, session: Session) -> None:
            matching = session.matching("matrix", matrix=self.settings.matrix)
            for _ in session.periods(len(self.settings.matrix)):
                await session.each_group(ask, matching=matching)

    matrix = [[[4, 1], [2, 3]], [[1, 2, 3], [4]]]
    result = play(Example, seats=4, settings={"matrix": matrix})

    assert groups_of(result, "ask") == {
        "p1g1": ("p4", "p1"),
        "p1g2": ("p2", "p3"),
        "p2g1": ("p1", "p2", "p3"),
        "p2g2": ("p4",),
    }


# -- within each other -----------------------------------------------------------------------------


def test_groups_within_groups_have_barriers_of_their_own() -> None:
    order: list[str] = []

    async def body(session: Session) -> None:
        await session.each_group(outer, size=4)

    async def outer(group: Group) -> None:
        await group.each_group(inner, size=2)
        await group.stage("together")
        order.append(group.name)

    async def inner(group: Group) -> None:
        await group.stage("apart")
        order.append(group.name)

    result = play(of(body), seats=8)

    apart, together = groups_of(result, "apart"), groups_of(result, "together")
    assert sorted(apart) == ["g1-g1", "g1-g2", "g2-g1", "g2-g2"]
    for name, seats in together.items():
        assert {one for inside in ("g1", "g2") for one in apart[f"{name}-{inside}"]} == set(seats)
        assert order.index(name) > max(order.index(f"{name}-g1"), order.index(f"{name}-g2"))


def test_names_are_names_and_differ_however_deep_they_are() -> None:
    names: list[str] = []

    async def body(session: Session) -> None:
        await session.each_group(deeper, size=4)

    async def deeper(group: Group) -> None:
        names.append(group.name)
        await group.stage("ask")
        if len(names) < 12:
            await group.each_group(deeper, size=4, roles=("g1", "a", "b", "c"))
            await group.with_role("g1").stage("turn")

    result = play(of(body), seats=4)

    scopes = {one.group for one in result.stages}
    assert len(names) == len(set(names)) == 12
    assert all(is_name(one) for one in scopes)
    assert len(scopes) == 12 + 11


# -- roles -----------------------------------------------------------------------------------------


def test_a_stage_of_one_role_is_theirs_alone_and_the_others_go_on_with_the_next() -> None:
    async def body(session: Session) -> None:
        await session.each_group(bargain, size=2, roles=("proposer", "responder"))

    async def bargain(group: Group) -> None:
        proposer, responder = group.role("proposer"), group.role("responder")
        assert [proposer.role, responder.role] == ["proposer", "responder"]
        offers = await group.with_role("proposer").stage("offer", form=Number)
        assert set(offers) == {proposer}
        await group.alone(responder).stage("answer", data={"offer": offers[proposer].value})
        proposer.pay(10 - offers[proposer].value)
        responder.pay(offers[proposer].value)
        await group.stage("results", own=lambda one: {"role": one.role})

    result = play(of(body), seats=4, answers={"offer": {"value": 3}})

    assert sorted(result.payoffs.values()) == [3, 3, 7, 7]
    by_role = {row["seat"]: row["role"] for row in result.data("results")}
    assert result.payoffs == {
        seat: 7 if role == "proposer" else 3 for seat, role in by_role.items()
    }
    formed = {one.scope: one for one in result.facts if isinstance(one, ScopeFormed)}
    assert formed["g1-proposer"].group == "g1"
    assert set(formed["g1-proposer"].roles.values()) == {"proposer"}
    assert sorted(formed["g1"].roles.values()) == ["proposer", "responder"]


def test_a_role_that_nobody_has_is_refused_with_those_there_are() -> None:
    async def body(session: Session) -> None:
        await session.each_group(wrong, size=2, roles=("proposer", "responder"))

    async def wrong(group: Group) -> None:
        group.role("receiver")

    with pytest.raises(ProgramError, match=r"0 participants .*'receiver'.* proposer, responder"):
        play(of(body), seats=2)


# -- each alone, and by arrival --------------------------------------------------------------------


async def ask_alone(solo: Solo) -> int:
    answers = await solo.stage("alone", form=Number)
    return answers[solo.participant].value


def test_each_goes_at_their_own_pace_and_all_meet_again() -> None:
    async def body(session: Session) -> None:
        found = await session.each(two)
        await session.stage("end", data={"found": found})

    async def two(solo: Solo) -> int:
        return await ask_alone(solo) + await ask_alone(solo)

    result = play(
        of(body),
        seats=3,
        answers={"alone": lambda one, _: {"value": one.number}},
        pace=lambda one, _: float(one.number),
    )

    ends = [(one.group, one.visit) for one in result.stages if one.name == "alone"]
    assert ends == [("n1", 1), ("n2", 1), ("n3", 1), ("n1", 2), ("n2", 2), ("n3", 2)]
    assert result.data("end")[0]["found"] == [2, 4, 6]


def test_groups_begin_as_soon_as_enough_have_come() -> None:
    async def body(session: Session) -> None:
        began = await session.by_arrival(ask_alone, ask, size=2, roles=("a", "b"))
        await session.stage("end", data={"began": began})

    # p3 and p1 are the quickest
    pace = {"p1": 2.0, "p2": 9.0, "p3": 1.0, "p4": 5.0}
    result = play(of(body), seats=4, pace=lambda one, _: pace[one.seat])

    met = {name: set(seats) for name, seats in groups_of(result, "ask").items()}
    assert met == {"a1": {"p1", "p3"}, "a2": {"p2", "p4"}}
    assert result.data("end")[0]["began"] == ["a1", "a2"]


@pytest.mark.parametrize(
    ("rest", "size", "expected"),
    [
        ("end", 2, {"ask": [2, 2], "left": []}),
        ("smaller", 2, {"ask": [2, 2, 1], "left": []}),
        ("left", 2, {"ask": [2, 2], "left": [1]}),
        ("end", (2, 3), {"ask": [3, 2], "left": []}),
    ],
)
def test_what_becomes_of_those_for_whom_there_is_no_group(
    rest: str, size: Any, expected: dict[str, list[int]]
) -> None:
    async def body(session: Session) -> None:
        await session.by_arrival(
            ask_alone,
            ask,
            size=size,
            rest=left if rest == "left" else rest,  # type: ignore[arg-type]
        )
        await session.stage("end")

    async def left(group: Group) -> None:
        await group.stage("left", text="There is nobody left to play with.")

    result = play(of(body), seats=5)

    found = {
        name: [len(one.seats) for one in result.stages if one.name == name] for name in expected
    }
    assert found == expected
    assert len(result.stages[-1].seats) == 5


def test_who_is_excluded_before_a_group_begins_is_not_waited_for() -> None:
    async def body(session: Session) -> None:
        await session.by_arrival(slow, ask, size=2, rest="smaller")
        await session.stage("end")

    async def slow(solo: Solo) -> None:
        await solo.stage("alone", deadline=5, missing="exclude")

    result = play(of(body), seats=3, absent=["p2"])

    assert [one.seats for one in result.stages if one.name == "ask"] == [("p1", "p3")]
    assert result.stages[-1].seats == ("p1", "p3")


# -- who is not there ------------------------------------------------------------------------------


def test_strangers_go_on_without_who_is_excluded_and_one_sits_out() -> None:
    async def body(session: Session) -> None:
        for _ in session.periods(4):
            await session.each_group(hurried, size=2, matching="strangers")
        await session.stage("end")

    async def hurried(group: Group) -> None:
        await group.stage("ask", deadline=5, missing="exclude")

    result = play(of(body), seats=6, absent={"p6": "ask"})

    sizes: dict[int, int] = {}
    for one in result.stages:
        if one.name == "ask":
            sizes[one.stage.period] = sizes.get(one.stage.period, 0) + len(one.seats)
    assert sizes == {1: 6, 2: 4, 3: 4, 4: 4}
    assert result.stages[-1].seats == ("p1", "p2", "p3", "p4", "p5")


def test_when_who_has_a_role_is_excluded_it_ends_for_their_group_alone() -> None:
    async def body(session: Session) -> None:
        found = await session.each_group(bargain, size=2, roles=("a", "b"))
        await session.stage("end", data={"ended": found})

    async def bargain(group: Group) -> str:
        await group.with_role("a").stage("turn", deadline=5, missing="exclude")
        await group.stage("after")
        return group.name

    # whoever has the role of p1's group does not answer
    roles = {
        row: role
        for one in play(of(body), seats=4).facts
        if isinstance(one, ScopeFormed) and one.scope == "g1"
        for row, role in one.roles.items()
    }
    (first,) = [seat for seat, role in roles.items() if role == "a"]
    result = play(of(body), seats=4, absent=[first])

    assert result.data("end")[0]["ended"] == [None, "g2"]
    assert len(result.stages[-1].seats) == 3


def test_own_data_are_shown_beside_those_of_all_and_never_instead_of_them() -> None:
    async def body(session: Session) -> None:
        await session.stage("both", data={"round": 1}, own=lambda one: {"number": one.number})
        await session.stage("twice", data={"round": 1}, own=lambda one: {"round": one.number})

    async def right(session: Session) -> None:
        await session.stage("both", data={"round": 1}, own=lambda one: {"number": one.number})

    with pytest.raises(ProgramError, match=r"'round' both in data= and in own="):
        play(of(body), seats=2)

    (both,) = play(of(right), seats=2).stages
    assert both.stage.data == {"round": 1}
    assert both.data("p2") == {"round": 1, "number": 2}

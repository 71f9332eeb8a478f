"""Hints that are lost: the truth is in the record, and every client comes to it by itself."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from palier.broker.transport import Publication
from palier.client import link as links
from palier.client.link import Link
from palier.client.state import Asking, Waiting
from palier.schemas.addresses import EVENTS, barrier_exchange
from palier.schemas.envelope import unpack
from palier.schemas.events import Arrived, Released, SessionAssigned, SessionFinished, StageOpened
from palier.schemas.message import Message
from palier.schemas.names import ALL
from palier.schemas.replies import Submitted
from tests.brokers import Memory, run, until
from tests.laboratory import FaultyTransport, Laboratory, check_record


@pytest.fixture(autouse=True)
def _quick_to_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("palier.client.doubt._SILENCE", 0.4)
    monkeypatch.setattr("palier.client.doubt._AGAIN", 0.4)
    monkeypatch.setattr(links, "_TICK", 0.05)


def name(link: Link) -> str:
    """Return the name of the stage that a link shows."""
    return link.state.stage.name if link.state.stage is not None else ""


def test_a_stage_whose_opening_is_lost_is_found_all_the_same(small_laboratory: Laboratory) -> None:
    laboratory = small_laboratory
    laboratory.seats = laboratory.more_seats(2)

    async def test() -> None:
        assert isinstance(laboratory.server, Memory)
        faults = laboratory.server.server
        async with laboratory.working(), laboratory.operator() as operator:
            first, second = await laboratory.seated(operator, "steps")
            async with laboratory.link(first) as one, laboratory.link(second) as other:
                await until(lambda: one.state.present == other.state.present == 2)
                barrier = barrier_exchange(laboratory.session, ALL)
                await until(lambda: not faults._lose[barrier])
                faults.drop_next(barrier)

                await operator.start(laboratory.session)

                await until(lambda: not faults._lose[barrier])
                await until(lambda: isinstance(one.state.screen, Asking))
                await until(lambda: isinstance(other.state.screen, Asking))

    run(test())


def test_a_release_that_is_lost_keeps_nobody_waiting(small_laboratory: Laboratory) -> None:
    laboratory = small_laboratory
    laboratory.seats = laboratory.more_seats(2)
    lost: list[int] = []

    def loses(one: Publication) -> bool:
        if is_told(one, Released) and one.exchange != EVENTS:
            lost.append(1)
            return True
        return False

    async def test() -> None:
        transport = FaultyTransport(laboratory.server.transport(), loses)
        async with laboratory.working(transport=transport), laboratory.operator() as operator:
            first, second = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
            async with laboratory.link(first) as one, laboratory.link(second) as other:
                await until(lambda: isinstance(one.state.screen, Asking))
                await until(lambda: isinstance(other.state.screen, Asking))
                one.submit({"value": 2})
                await until(lambda: one.state.submitted)
                other.submit({"value": 3})

                await until(lambda: name(one) == name(other) == "second")
                assert one.state.stage is not None
                assert other.state.stage is not None
                assert one.state.stage.data == {"yours": 2}
                assert other.state.stage.data == {"yours": 3}

    run(test())
    assert lost == [1]


def is_told(one: Publication, kind: type[Message]) -> bool:
    """Tell whether a publication is of a kind."""
    return one.properties.kind == kind.kind


def holds_private_data(one: Publication) -> bool:
    """Tell whether it brings a seat's own data."""
    return is_told(one, StageOpened) and one.exchange == EVENTS and ".seat." in one.routing_key


_CHANCE = random.Random(7)

LOSSES: dict[str, Callable[[Publication], bool]] = {
    "private data": holds_private_data,
    "results": lambda one: is_told(one, Submitted),
    "ends": lambda one: is_told(one, SessionFinished),
    "openings": lambda one: is_told(one, StageOpened),
    "ends and releases": lambda one: is_told(one, SessionFinished) or is_told(one, Released),
    "half of all that is told": lambda one: one.exchange != "" and _CHANCE.random() < 0.5,
    "all that is told": lambda one: one.exchange != "",
}


@pytest.mark.parametrize("loses", LOSSES.values(), ids=LOSSES)
def test_bots_get_to_the_end_whatever_is_never_told(
    small_laboratory: Laboratory, loses: Callable[[Publication], bool]
) -> None:
    laboratory = small_laboratory

    async def test() -> None:
        transport = FaultyTransport(laboratory.server.transport(), loses)
        async with laboratory.working(transport=transport), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "pairs", auto_start=True)
            assert await laboratory.play(credentials) == {"finished"}

    run(test())
    check_record(laboratory.database, laboratory.session)


def test_private_data_comes_ahead_of_the_release_and_to_its_seat_alone(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory
    laboratory.seats = laboratory.more_seats(2)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, second = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
            async with laboratory.by_hand(first) as one, laboratory.by_hand(second) as other:
                await one.heard_of(StageOpened)
                await one.send(one.submit(1, 2))
                await other.send(other.submit(1, 7))

                for hand, own in ((one, 2), (other, 7)):
                    released = await hand.heard_of(Released)
                    held = await hand.heard_of(StageOpened, 2)
                    assert (held.hold, held.stage.data) == (True, {"yours": own})
                    assert released.next.data == {}
                    told = [each.message for each in hand.heard]
                    assert told.index(held) < told.index(released)
                    everything = b"".join(each.message.encode() for each in hand.heard)
                    assert f'"yours":{9 - own}'.encode() not in everything

    run(test())


def test_who_waits_hears_how_many_have_come(each_laboratory: Laboratory) -> None:
    laboratory = each_laboratory
    laboratory.seats = laboratory.more_seats(3)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, second, _ = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
            async with laboratory.link(first) as one, laboratory.by_hand(second) as other:
                await until(lambda: isinstance(one.state.screen, Asking))
                await other.heard_of(StageOpened)
                one.submit({"value": 1})
                await until(lambda: isinstance(one.state.screen, Waiting))
                counted = await other.heard_of(Arrived)
                assert (counted.arrived, counted.expected) == (1, 3)
                # a participant hears how many, not who
                assert counted.missing == ()

                await other.send(other.submit(1, 7))

                await until(lambda: one.state.arrived == 2)
                screen = one.state.screen
                assert isinstance(screen, Waiting)
                assert (screen.arrived, screen.expected) == (2, 3)

    run(test())


def test_a_seat_that_is_given_to_a_new_session_moves_there_by_itself(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory
    laboratory.seats = laboratory.more_seats(1)
    later = f"{laboratory.session}-2"

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            (only,) = await laboratory.seated(operator, "steps", auto_start=True)
            async with laboratory.link(only) as link:
                await until(lambda: isinstance(link.state.screen, Asking))
                await operator.close(laboratory.session)
                await until(lambda: link.state.over)

                await operator.open(laboratory.opening("steps", session=later, auto_start=True))

                await until(lambda: isinstance(link.state.screen, Asking))
                assert link.state.session == later
                link.submit({"value": 5})
                await until(lambda: name(link) == "second")

    run(test())
    check_record(laboratory.database, later)


def test_a_seat_that_was_not_told_finds_its_new_session_when_it_comes_back(
    small_laboratory: Laboratory,
) -> None:
    laboratory = small_laboratory
    laboratory.seats = laboratory.more_seats(1)
    later = f"{laboratory.session}-2"

    async def test() -> None:
        transport = FaultyTransport(
            laboratory.server.transport(), lambda one: is_told(one, SessionAssigned)
        )
        async with laboratory.working(transport=transport), laboratory.operator() as operator:
            (only,) = await laboratory.seated(operator, "steps")
            await operator.close(laboratory.session)
            await operator.open(laboratory.opening("steps", session=later))
            async with laboratory.link(only) as link:
                await until(lambda: link.state.session == later and link.state.expected == 1)

    run(test())


def test_what_is_told_can_be_read(small_laboratory: Laboratory) -> None:
    """Nothing that a worker says is unreadable to a client of the same version."""
    laboratory = small_laboratory
    told: list[Publication] = []

    def overheard(one: Publication) -> bool:
        told.append(one)
        return False

    async def test() -> None:
        transport = FaultyTransport(laboratory.server.transport(), overheard)
        async with laboratory.working(transport=transport), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "pairs", auto_start=True)
            assert await laboratory.play(credentials) == {"finished"}

    run(test())
    for one in told:
        envelope = unpack(one.properties, one.body)
        assert envelope.user_id == laboratory.server.user
        assert not one.properties.persistent

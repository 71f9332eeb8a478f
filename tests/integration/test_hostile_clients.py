"""Clients that flood, send rubbish, or try what they may not: cut off and counted, others go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

import pytest

from palier.broker.errors import TransportError
from palier.broker.transport import Account, Delivery, Publication
from palier.client.asking import join
from palier.schemas.addresses import seat_queue
from palier.schemas.commands import Join, Submit
from palier.schemas.envelope import DIRECT_REPLY, Envelope, unpack
from palier.schemas.events import SeatRefused, StageOpened
from palier.schemas.message import Message
from palier.schemas.names import ALL, LOBBY, OPERATOR, ROOM
from palier.schemas.replies import Refused, Submitted
from palier.workers.errors import DatabaseUnavailable
from palier.workers.persistence.database import migrate
from palier.workers.runtime.pace import SEAT_RATE
from palier.workers.runtime.porter import Pauses
from palier.workers.runtime.worker import Worker
from tests.brokers import Inbox, Real, run, until
from tests.databases import Database, Sqlite
from tests.laboratory import (
    SECRETS,
    Hand,
    Laboratory,
    Postman,
    check_record,
    commanded,
    results,
    running,
)

#: Messages that a flood has, unless it is cut off before; some thousand less than may be needed.
MANY = 10_000

#: How long a seat is kept out here.
PAUSES = Pauses(first=1.5)


@dataclass(frozen=True)
class Flood:
    """What one sends again and again, and the codes by which it is counted."""

    send: Callable[[Hand], Iterator[Publication]]
    codes: frozenset[str]
    at_once: int = 200


def again(make: Callable[[Hand], Publication]) -> Callable[[Hand], Iterator[Publication]]:
    """Return what makes message after message."""

    def messages(hand: Hand) -> Iterator[Publication]:
        while True:
            yield make(hand)

    return messages


def the_same(make: Callable[[Hand], Publication]) -> Callable[[Hand], Iterator[Publication]]:
    """Return what sends one message again and again."""

    def messages(hand: Hand) -> Iterator[Publication]:
        one = make(hand)
        while True:
            yield one

    return messages


def arrival(hand: Hand, generation: int = 1) -> Submit:
    """Return a submit."""
    return Submit(
        session=hand.credentials.session, scope=ALL, generation=generation, answer={"value": 1}
    )


HUGE = b'{"session": "s", "scope": "all", "generation": 1, "answer": {"value": "%s"}}' % (
    b"x" * 1_000_000
)

FLOODS = {
    "commands as fast as it can": Flood(
        again(lambda hand: hand.command(arrival(hand))), frozenset({"too-fast", "shut-out"})
    ),
    "ten thousand messages that nobody can read": Flood(
        again(lambda hand: hand.command(arrival(hand), body=b"\xff{")),
        frozenset({"malformed", "too-fast", "shut-out"}),
    ),
    "what it has decided before": Flood(
        the_same(lambda hand: hand.command(arrival(hand))), frozenset({"too-fast", "shut-out"})
    ),
    "a generation that never was": Flood(
        again(lambda hand: hand.command(arrival(hand, generation=99))),
        frozenset({"too-fast", "shut-out"}),
    ),
    "nobody's messages": Flood(
        again(lambda hand: hand.command(arrival(hand), user_id=None)),
        frozenset({"no-sender", "too-fast", "shut-out"}),
    ),
    "bodies of a mebibyte": Flood(
        again(lambda hand: hand.command(arrival(hand), body=HUGE)),
        frozenset({"wrong-key", "too-fast"}),
        at_once=10,
    ),
    "keys that are another's": Flood(
        again(lambda hand: hand.command(arrival(hand), key="cmd.0.s.another.submit")),
        frozenset({"opens"}),
        at_once=1,
    ),
}


@asynccontextmanager
async def at_work(laboratory: Laboratory, *, seat_rate: float = SEAT_RATE) -> AsyncIterator[Worker]:
    """Run a worker that keeps those who flood out for a moment only."""
    laboratory.sweep()
    surroundings = replace(laboratory.surroundings(), pauses=PAUSES, seat_rate=seat_rate)
    async with running(surroundings) as worker:
        yield worker


async def flood(hand: Hand, flood: Flood) -> int:
    """Send until cut off, or for good; return how many messages were sent."""
    messages = flood.send(hand)
    sent = 0
    while sent < MANY and not hand.connection.lost.done():
        # what the broker refuses is tried again, as by whoever means harm
        with suppress(TransportError):
            await hand.connection.publish([next(messages) for _ in range(flood.at_once)])
        sent += flood.at_once
    return sent


@pytest.mark.parametrize("kind", FLOODS)
def test_who_floods_is_cut_off_and_counted_and_the_others_come_to_the_end(
    real_server: Real, sqlite: Sqlite, kind: str
) -> None:
    play_beside_a_flood(Laboratory(real_server, sqlite), kind)


@pytest.mark.slow
@pytest.mark.parametrize("kind", FLOODS)
def test_who_floods_is_cut_off_in_memory_too(small_laboratory: Laboratory, kind: str) -> None:
    play_beside_a_flood(small_laboratory, kind)


def play_beside_a_flood(laboratory: Laboratory, kind: str) -> None:
    """Let some play to the end while another floods."""
    theirs = Laboratory(laboratory.server, laboratory.database, seats=2)

    async def test() -> None:
        async with at_work(laboratory) as worker, laboratory.operator() as operator:
            bad, good = await theirs.seated(operator, "steps")
            await operator.start(theirs.session)
            credentials = await laboratory.seated(operator, "pairs", auto_start=True)
            async with theirs.by_hand(bad) as hand:
                flooding = asyncio.create_task(flood(hand, FLOODS[kind]))

                assert await laboratory.play(credentials) == {"finished"}

                await until(hand.connection.lost.done)
                await flooding
            counts = worker.counts()
            counted = {code for account, code in counts if account == bad.seat}
            assert counted >= FLOODS[kind].codes
            # nobody else was held up, nor was what they do in one session heard in another
            assert {account for account, code in counts if code in FLOODS[kind].codes} == {bad.seat}
            letters = await laboratory.left_in("dead-letters")
            assert letters <= 21
            await laboratory.dead_letters(letters)

            # one who sits there in earnest is let in again by and by, and has lost nothing
            bots = [asyncio.create_task(one.play()) for one in theirs.bots([bad, good])]
            assert set(await asyncio.gather(*bots)) == {"finished"}
            await laboratory.told()
        assert laboratory.server.accounts().shut() == frozenset()

    run(test())
    check_record(laboratory.database, laboratory.session)
    check_record(laboratory.database, theirs.session)


def test_what_comes_too_fast_is_not_handled_and_may_be_sent_again_as_it_is(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with at_work(laboratory, seat_rate=2), laboratory.operator() as operator:
            first, *_ = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
            async with laboratory.by_hand(first) as hand:
                await hand.heard_of(StageOpened)
                early = [hand.submit(9, 1) for _ in range(50)]
                good = hand.submit(1, 1)
                await hand.send(*early, good)

                result = await hand.result(good)
                assert isinstance(result, Refused)
                assert result.code == "too-fast"
                assert kept(laboratory.database, good) == []

                times = 1
                while isinstance(result, Refused):
                    assert result.code == "too-fast"
                    times += 1
                    await hand.send(good)
                    result = await hand.result(good, count=times)
                assert isinstance(result, Submitted)
                assert len(kept(laboratory.database, good)) == 1
            await laboratory.told()
        assert await laboratory.lost() == []

    run(test())
    check_record(laboratory.database, laboratory.session)


def kept(database: Database, one: Publication) -> list[object]:
    """Return what is stored of one command."""
    message_id = one.properties.message_id
    seat = one.routing_key.split(".")[3]
    return [row for row in results(database, [seat]) if row.message_id == message_id]


def test_operators_hear_what_is_refused_and_how_often(each_laboratory: Laboratory) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        staff = Account(user=OPERATOR, password=SECRETS.operator, connection_name="the staff")
        async with (
            at_work(laboratory) as worker,
            laboratory.operator() as operator,
            laboratory.server.connected(staff) as listening,
        ):
            inbox = Inbox()
            await listening.consume(seat_queue(OPERATOR), inbox, prefetch=0)
            first, *_ = await laboratory.seated(operator, "steps", auto_start=True)
            async with laboratory.by_hand(first) as hand:
                await hand.send(*(hand.command(arrival(hand), body=b"?") for _ in range(30)))
                await hand.send(hand.submit(99, 1))

                def told() -> dict[str, int]:
                    messages = [one.message for one in map(read, inbox.deliveries)]
                    return {
                        one.code: one.count
                        for one in messages
                        if isinstance(one, SeatRefused) and one.seat == first.seat
                    }

                await until(lambda: told().get("malformed") == 30 and len(told()) == 2)
                assert worker.counts()[first.seat, "malformed"] == 30
            letters = await laboratory.left_in("dead-letters")
            assert 20 <= letters <= 21
            await laboratory.dead_letters(letters)

    run(test())


def read(delivery: Delivery) -> Envelope[Message]:
    """Return what was delivered."""
    return unpack(delivery.properties, delivery.body)


def test_a_batch_that_waits_for_the_database_counts_against_nobody_twice(
    database: Database,
) -> None:
    engine = database.impatient()
    migrate(engine)
    postman = Postman(engine)
    handler = postman.handler()
    asked = Submit(session="s", scope=ALL, generation=1)
    rubbish = [postman.asked(asked, "p1", body=b"?") for _ in range(30)]
    batch = [*rubbish, postman.asked(asked, "p1")]
    with database.away():
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable):
                handler.handle(batch)

    refused, answered = handler.handle(batch)

    assert handler._reception.counts() == {("p1", "malformed"): 30, ("p1", "no-session"): 1}
    # twenty letters, and an answer to each
    assert (len(refused.replies), len(answered.items)) == (20 + 30, 1)


def test_bots_that_never_think_are_not_too_fast(laboratory: Laboratory) -> None:
    """A program may ask faster than anybody could flood."""

    async def test() -> None:
        async with at_work(laboratory) as worker, laboratory.operator() as operator:
            credentials = await laboratory.seated(
                operator, "public-goods", settings={"rounds": 60}, auto_start=True
            )
            assert await laboratory.play(credentials) == {"finished"}
            assert worker.counts() == {}

    run(test())


# -- the room


def test_whoever_tries_code_after_code_keeps_nobody_from_joining(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory
    guess = Join(session=LOBBY, code="NOCO-DEAT")

    async def test() -> None:
        async with at_work(laboratory) as worker, laboratory.operator() as operator:
            await operator.open(laboratory.opening("steps"))
            codes = await operator.codes(laboratory.session, laboratory.seats)
            account = Account(user=ROOM, password=SECRETS.room, connection_name="someone")
            async with laboratory.server.connected(account) as connection:
                await connection.replies(Inbox())
                await connection.publish(
                    [commanded(guess, ROOM, reply_to=DIRECT_REPLY) for _ in range(300)]
                )

                joined = await asyncio.gather(
                    *(
                        join(
                            laboratory.server.transport(),
                            code=codes[one],
                            room_password=SECRETS.room,
                        )
                        for one in laboratory.seats
                    )
                )

                assert {one.seat for one in joined} == set(laboratory.seats)
                assert worker.counts()[ROOM, "too-fast"] >= 250
                assert not connection.lost.done()

    run(test())


def test_whoever_floods_as_the_room_is_shut_out_with_it_and_joining_goes_on_after_a_while(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory
    guess = Join(session=LOBBY, code="NOCO-DEAT")

    async def test() -> None:
        async with at_work(laboratory), laboratory.operator() as operator:
            await operator.open(laboratory.opening("steps"))
            codes = await operator.codes(laboratory.session, laboratory.seats)
            account = Account(user=ROOM, password=SECRETS.room, connection_name="someone")
            async with laboratory.server.connected(account) as connection:
                await connection.replies(Inbox())
                while not connection.lost.done():
                    with suppress(TransportError):
                        await connection.publish(
                            [commanded(guess, ROOM, reply_to=DIRECT_REPLY) for _ in range(200)]
                        )
            joined = await join(
                laboratory.server.transport(),
                code=codes[laboratory.seats[0]],
                room_password=SECRETS.room,
            )
            assert joined.seat == laboratory.seats[0]

    run(test())

"""The accounts of seats: handed over to another computer, lost by the broker, left shut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from palier.broker.errors import LoginRefused, ManagementFailed
from palier.broker.memory.accounts import MemoryAccounts
from palier.broker.transport import Account
from palier.client.asking import Operator, join
from palier.client.credentials import Credentials
from palier.client.link import Link
from palier.client.state import Asking, Connectivity
from palier.schemas.addresses import seat_queue
from palier.schemas.commands import Join
from palier.schemas.envelope import DIRECT_REPLY, unpack
from palier.schemas.events import PresenceChanged, StageOpened
from palier.schemas.message import Message
from palier.schemas.names import LOBBY, OPERATOR, ROOM
from palier.schemas.replies import Joined, Submitted
from palier.workers.persistence import writer
from palier.workers.runtime.pace import Pace, Sender, Verdict
from palier.workers.runtime.parcel import Grant, encode
from palier.workers.runtime.porter import Pauses, Porter
from palier.workers.runtime.register import Held
from tests.brokers import PATIENCE, Inbox, Memory, Real, Server, run, unique, until
from tests.laboratory import SECRETS, Laboratory, commanded

# -- a seat that moves to another computer


async def moved(laboratory: Laboratory, code: str) -> Credentials:
    """Join with a code, as from another computer."""
    return await join(laboratory.server.transport(), code=code, room_password=SECRETS.room)


def asked(link: Link) -> bool:
    """Tell whether a link shows a question that can be answered."""
    screen = link.state.screen
    return link.connectivity is Connectivity.ONLINE and isinstance(screen, Asking)


def test_a_seat_moved_to_another_computer_goes_on_there_and_the_old_client_is_out(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, *_ = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
            async with laboratory.link(first) as old:
                await until(lambda: asked(old))
                codes = await operator.codes(laboratory.session, (first.seat,))

                credentials = await moved(laboratory, codes[first.seat])

                # it consumes at once: nobody else does any more
                async with laboratory.by_hand(credentials) as hand:
                    await hand.connection.replies(hand.take_reply)
                    mine = hand.submit(1, 3)
                    await hand.send(mine)
                    assert isinstance(await hand.result(mine), Submitted)
                    await until(lambda: old.connectivity is Connectivity.REFUSED)

                    status = await hand.connection.status(seat_queue(first.seat))
                    assert status.consumers == 1
                    async with asyncio.timeout(PATIENCE):
                        while not await present(operator, laboratory.session, first.seat):
                            pass
            with pytest.raises(LoginRefused):
                await laboratory.server.transport().connect(account(first))
            assert await laboratory.lost() == []

    run(test())


async def present(operator: Operator, session: str, seat: str) -> bool:
    """Tell whether an operator sees a seat as present."""
    rows = (await operator.overview(session)).seats
    return {one.seat: one.present for one in rows}[seat]


def account(credentials: Credentials) -> Account:
    """Return the account of somebody's credentials."""
    return Account(user=credentials.seat, password=credentials.password, connection_name="by hand")


def test_who_is_there_is_told_rightly_when_a_seat_moves(each_laboratory: Laboratory) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        staff = Account(user=OPERATOR, password=SECRETS.operator, connection_name="the staff")
        async with (
            laboratory.working(),
            laboratory.operator() as operator,
            laboratory.server.connected(staff) as listening,
        ):
            inbox = Inbox()
            await listening.consume(seat_queue(OPERATOR), inbox, prefetch=0)

            def told() -> list[bool]:
                messages = [unpack(one.properties, one.body).message for one in inbox.deliveries]
                return [
                    one.present
                    for one in messages
                    if isinstance(one, PresenceChanged) and one.seat == first.seat
                ]

            first, *_ = await laboratory.seated(operator, "steps")
            async with laboratory.link(first):
                await until(lambda: told() == [True])
                codes = await operator.codes(laboratory.session, (first.seat,))
                credentials = await moved(laboratory, codes[first.seat])
                async with laboratory.link(credentials) as new:
                    await until(lambda: new.connectivity is Connectivity.ONLINE)
                # the last word is that the new one went, whatever was told in between
                await until(lambda: len(told()) % 2 == 0 and not told()[-1])

    run(test())


def test_the_same_join_answered_again_ends_nobody(each_laboratory: Laboratory) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        room = Account(user=ROOM, password=SECRETS.room, connection_name="someone")
        async with (
            laboratory.working(),
            laboratory.operator() as operator,
            laboratory.server.connected(room) as asking,
        ):
            await operator.open(laboratory.opening("steps"))
            seat = laboratory.seats[0]
            codes = await operator.codes(laboratory.session, (seat,))
            replies = Inbox()
            await asking.replies(replies)
            one = commanded(Join(session=LOBBY, code=codes[seat]), ROOM, reply_to=DIRECT_REPLY)
            await asking.publish([one])
            joined = read(await replies.get(1))[0]
            async with laboratory.by_hand(credentials(joined)) as hand:
                await operator.start(laboratory.session)
                await hand.heard_of(StageOpened)

                await asking.publish([one, one])

                assert read(await replies.get(3)) == [joined] * 3
                mine = hand.submit(1, 3)
                await hand.send(mine)
                assert isinstance(await hand.result(mine), Submitted)
                assert not hand.connection.lost.done()

    run(test())


def read(deliveries: Sequence[object]) -> list[Message]:
    """Return what was delivered."""
    return [unpack(one.properties, one.body).message for one in deliveries]  # type: ignore[attr-defined]


def credentials(joined: Message) -> Credentials:
    """Return what an answer to a join gives."""
    assert isinstance(joined, Joined)
    return Credentials(
        seat=joined.seat,
        password=joined.password,
        session=joined.session,
        partition=joined.partition,
    )


def test_what_a_dead_worker_left_untold_puts_nobody_out_whom_the_seat_was_given_to_since(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, *_ = await laboratory.seated(operator, "steps")
            codes = await operator.codes(laboratory.session, (first.seat,))
            new = await moved(laboratory, codes[first.seat])
            await operator.start(laboratory.session)
        stale = Grant(
            seat=first.seat,
            session=laboratory.session,
            partition=0,
            reply_to=f"{DIRECT_REPLY}.gone",
            causation_id="the join of the first one",
            correlation_id="the join of the first one",
        )
        with laboratory.database.engine().begin() as db:
            writer.put(db, partition=0, parcel=encode([stale]))
        async with laboratory.by_hand(new) as hand, laboratory.working():
            await laboratory.told()
            mine = hand.submit(1, 3)
            await hand.send(mine)
            assert isinstance(await hand.result(mine), Submitted)
            async with laboratory.server.connected(account(new)):
                assert not hand.connection.lost.done()

    run(test())


# -- accounts that the broker has lost


def test_accounts_that_the_broker_lost_are_as_they_were_once_a_worker_is_there(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory
    accounts = laboratory.server.accounts()

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "steps", auto_start=True)
        for one in (*laboratory.seats, OPERATOR, ROOM):
            accounts.revoke(one)
        async with laboratory.working():
            await restored(laboratory, credentials)
            assert {OPERATOR, ROOM} <= accounts.known()
            assert await laboratory.play(credentials) == {"finished"}

    run(test())


def test_a_worker_that_finds_its_broker_again_makes_the_accounts_that_are_lost(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory
    accounts = laboratory.server.accounts()

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "steps", auto_start=True)
            for one in (*laboratory.seats, ROOM):
                accounts.revoke(one)
            drop_worker(laboratory.server)
            await restored(laboratory, credentials)
            assert ROOM in accounts.known()
            assert await laboratory.play(credentials) == {"finished"}

    run(test())


async def restored(laboratory: Laboratory, seats: Sequence[Credentials]) -> None:
    """Wait until the accounts of seats are there again, with the passwords that they had."""
    for one in seats:
        async with asyncio.timeout(PATIENCE):
            while True:
                with suppress(LoginRefused):
                    connection = await laboratory.server.transport().connect(account(one))
                    await connection.close()
                    break


def drop_worker(server: Server) -> None:
    """Close the worker's connections, as a broker does that goes and comes."""
    if isinstance(server, Real):
        server.ask("DELETE", f"connections/username/{server.user}")
    else:
        assert isinstance(server, Memory)
        server.server.drop_connections(server.user)


def test_a_seat_that_nobody_has_has_no_account(each_laboratory: Laboratory) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            await operator.open(laboratory.opening("steps"))
        async with laboratory.working():
            known = laboratory.server.accounts().known()
            assert not known & set(laboratory.seats)

    run(test())


# -- who was shut out by somebody who did not live to let them in


def test_whom_a_dead_worker_left_shut_out_the_next_one_lets_in(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory
    accounts = laboratory.server.accounts()

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "steps", auto_start=True)
        accounts.shut_out(laboratory.seats[0])
        accounts.shut_out(ROOM)
        async with laboratory.working():
            await until(lambda: not accounts.shut())
            assert await laboratory.play(credentials) == {"finished"}

    run(test())


class Watched(MemoryAccounts):
    """Accounts that note whom they let in, and that fail a few times when a test says so."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory.server)
        self.let_in_so_far: list[str] = []
        self.failures = 0

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise ManagementFailed("The management API is away.")

    def shut_out(self, user: str) -> None:
        self._fail()
        super().shut_out(user)

    def let_in(self, user: str) -> None:
        self._fail()
        super().let_in(user)
        self.let_in_so_far.append(user)

    def known(self) -> frozenset[str]:
        self._fail()
        return super().known()


def a_porter(
    accounts: Watched, *, held: Sequence[Held] = (), pace: Pace | None = None, **pauses: float
) -> Porter:
    """Return a porter of a broker in memory."""

    async def ask() -> Sequence[Held]:
        return held

    return Porter(
        accounts=accounts,
        pace=pace or Pace(),
        held=ask,
        standing={},
        pauses=Pauses(**{"again": 0.01, **pauses}),
    )


@pytest.fixture
def watched(memory: Memory) -> Watched:
    """The accounts of a broker in memory, watched."""
    return Watched(memory)


@pytest.fixture
def seat(memory: Memory) -> str:
    """A seat that has its account."""
    name = unique("p")
    memory.seat(name)
    return name


@asynccontextmanager
async def minding(porter: Porter) -> AsyncIterator[None]:
    """Have a porter at work, and let it end its work."""
    running = asyncio.create_task(porter.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])


def test_another_workers_pause_is_let_run_and_ended_when_it_has_lasted_too_long(
    watched: Watched, seat: str
) -> None:
    porter = a_porter(watched, look=0.02, longest=0.5)

    async def test() -> None:
        began = asyncio.get_running_loop().time()
        watched.shut_out(seat)
        async with minding(porter):
            await until(lambda: watched.let_in_so_far == [seat])

            assert asyncio.get_running_loop().time() - began >= 0.5
            assert watched.shut() == frozenset()

    run(test())


def test_each_time_it_is_twice_as_long_until_the_longest(watched: Watched, seat: str) -> None:
    porter = a_porter(watched, first=0.05, longest=0.2)

    async def test() -> None:
        clock = asyncio.get_running_loop().time
        for pause in (0.05, 0.1, 0.2, 0.2):
            began = clock()
            porter.shut_out(seat)
            porter.shut_out(seat)  # again changes nothing
            await until(lambda: seat in watched.shut())
            await until(lambda: seat not in watched.shut())
            assert clock() - began >= pause
        assert watched.let_in_so_far == [seat] * 4

    run(test())


def test_a_seat_given_to_somebody_new_begins_anew(watched: Watched, seat: str) -> None:
    pace = Pace()
    sender = Sender(seat, pace.seat)
    porter = a_porter(watched, pace=pace, first=3600)
    for _ in range(1000):
        pace.judge(sender, size=0)

    async def test() -> None:
        porter.shut_out(seat)
        await until(lambda: seat in watched.shut())
        watched.hand_over(seat, "new")

        porter.admitted(seat)

        await until(lambda: watched.let_in_so_far == [seat])
        assert watched.shut() == frozenset()
        assert pace.judge(sender, size=0) is Verdict.WELCOME

    run(test())


def test_a_worker_that_stops_lets_everybody_in(watched: Watched, seat: str) -> None:
    porter = a_porter(watched, first=3600)

    async def test() -> None:
        async with minding(porter):
            porter.shut_out(seat)
            await until(lambda: seat in watched.shut())
        assert watched.let_in_so_far == [seat]
        assert watched.shut() == frozenset()

    run(test())


def test_what_the_management_does_not_do_is_asked_of_it_again(watched: Watched, seat: str) -> None:
    porter = a_porter(watched, first=0.05)

    async def test() -> None:
        watched.failures = 3
        porter.shut_out(seat)
        await until(lambda: seat in watched.shut())
        watched.failures = 3
        await until(lambda: watched.let_in_so_far == [seat])

    run(test())


def test_a_look_that_failed_is_made_again(memory: Memory, watched: Watched) -> None:
    name = unique("p")
    porter = a_porter(watched, held=[Held(name, "secret")], look=3600)

    async def test() -> None:
        watched.failures = 3
        async with minding(porter):
            await until(lambda: name in memory.accounts().known())

    run(test())

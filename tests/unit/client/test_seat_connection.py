"""A seat that is kept out knows why, says so soon, and gets in when it can."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from palier.broker.errors import ConnectionFailed
from palier.broker.transport import Account, Connection, Transport
from palier.client.bot import Bot
from palier.client.credentials import Credentials
from palier.client.link import Link
from palier.client.state import Connectivity, Note
from palier.schemas.addresses import seat_queue
from tests.brokers import Inbox, Memory, run, until
from tests.unit.client.clerk import CREDENTIALS, SEAT, at_work


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second be a twentieth of one."""
    for name, seconds in {"_TOLD": 2.0, "_HELD": 35.0, "_ATTEMPTS": 1.0, "_ONCE_MORE": 1.0}.items():
        monkeypatch.setattr(f"palier.client.seat_connection.{name}", seconds / 20)


class Door(Transport):
    """A way to a broker that can be shut, as when the broker is not there."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.shut = False

    async def connect(self, account: Account, *, deadline: float = 10.0) -> Connection:
        if self.shut:
            raise ConnectionFailed("Nobody answers.")
        return await self._transport.connect(account, deadline=deadline)


class Seen:
    """A link, and each way in which it was connected, once for each change."""

    def __init__(self, memory: Memory, credentials: Credentials = CREDENTIALS) -> None:
        self.door = Door(memory.transport())
        self.link = Link(self.door, credentials, on_change=self._look)
        self.states: list[tuple[Connectivity, Note | None]] = []

    def _look(self, link: Link) -> None:
        notice = link.view().notice
        now = (link.connectivity, notice.note if notice else None)
        if now not in self.states[-1:]:
            self.states.append(now)

    def is_now(self, connectivity: Connectivity, note: Note | None = None) -> bool:
        return self.states[-1:] == [(connectivity, note)]


@asynccontextmanager
async def held(memory: Memory) -> AsyncIterator[None]:
    """Hold the seat, as another window does, or a connection that is lost."""
    account = Account(user=SEAT, password="secret", connection_name="another")
    async with memory.connected(account) as connection:
        await connection.consume(seat_queue(SEAT), Inbox(), prefetch=1, exclusive=True)
        yield


def test_a_second_window_is_told_long_before_it_gives_up(memory: Memory) -> None:
    async def test() -> None:
        async with at_work(memory), held(memory):
            seen = Seen(memory)
            async with seen.link:
                await until(lambda: seen.is_now(Connectivity.REFUSED, Note.ELSEWHERE))
                assert not seen.link.refused, "what holds the seat may be a lost connection"

    run(test())


@pytest.mark.usefixtures("quick")
def test_a_second_window_gets_in_when_the_first_has_gone(memory: Memory) -> None:
    async def test() -> None:
        async with at_work(memory):
            seen = Seen(memory)
            async with held(memory):
                await seen.link.__aenter__()
                await until(lambda: seen.is_now(Connectivity.REFUSED, Note.ELSEWHERE))
            await until(lambda: seen.is_now(Connectivity.ONLINE))
            assert [one for one, _ in seen.states] == [
                Connectivity.CONNECTING,
                Connectivity.REFUSED,
                Connectivity.ONLINE,
            ]
            await seen.link.__aexit__()

    run(test())


@pytest.mark.usefixtures("quick")
def test_a_second_window_gives_up_when_no_lost_connection_can_be_the_cause(memory: Memory) -> None:
    async def test() -> None:
        async with at_work(memory), held(memory):
            seen = Seen(memory)
            async with seen.link:
                await until(lambda: seen.is_now(Connectivity.REFUSED, Note.TAKEN))
                assert seen.link.refused
                assert seen.link.view().note
            assert seen.is_now(Connectivity.REFUSED, Note.TAKEN)

    run(test())


@pytest.mark.usefixtures("quick")
def test_a_seat_that_its_own_lost_connection_holds_is_told_so_and_gets_it_back(
    memory: Memory,
) -> None:
    async def test() -> None:
        async with at_work(memory):
            seen = Seen(memory)
            async with seen.link:
                await until(lambda: seen.is_now(Connectivity.ONLINE))
                connection = seen.link._connection.current()
                assert connection is not None
                account = Account(user=SEAT, password="secret", connection_name="half-dead")
                async with memory.connected(account) as half_dead:
                    await connection.close()
                    await half_dead.consume(seat_queue(SEAT), Inbox(), prefetch=1, exclusive=True)
                    await until(lambda: seen.is_now(Connectivity.RECONNECTING, Note.LINGERING))
                await until(lambda: seen.is_now(Connectivity.ONLINE))
                assert Connectivity.REFUSED not in {one for one, _ in seen.states}

    run(test())


@pytest.mark.usefixtures("quick")
def test_a_broker_that_was_away_while_the_seat_was_held_does_not_count_against_it(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palier.client.seat_connection._HELD", 0.3)

    async def test() -> None:
        async with at_work(memory):
            seen = Seen(memory)
            async with held(memory):
                await seen.link.__aenter__()
                await until(lambda: seen.is_now(Connectivity.REFUSED, Note.ELSEWHERE))
                seen.door.shut = True
                await until(lambda: seen.is_now(Connectivity.CONNECTING))
                await asyncio.sleep(0.4)  # longer than any lost connection lasts
                seen.door.shut = False
                await until(lambda: seen.is_now(Connectivity.REFUSED, Note.ELSEWHERE))
            await until(lambda: seen.is_now(Connectivity.ONLINE))
            await seen.link.__aexit__()

    run(test())


# -- moved --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_a_seat_that_was_moved_is_told_so(memory: Memory) -> None:
    async def test() -> None:
        async with at_work(memory):
            seen = Seen(memory)
            async with seen.link:
                await until(lambda: seen.is_now(Connectivity.ONLINE))
                memory.accounts().revoke(SEAT)
                memory.seat(SEAT, password="of another computer")

                await until(lambda: seen.is_now(Connectivity.REFUSED, Note.MOVED))
                assert seen.link.refused
                assert Connectivity.RECONNECTING in {one for one, _ in seen.states}

    run(test())


@pytest.mark.usefixtures("quick")
def test_an_account_that_is_made_anew_just_now_is_not_taken_for_moved(memory: Memory) -> None:
    async def test() -> None:
        async with at_work(memory):
            seen = Seen(memory)
            async with seen.link:
                await until(lambda: seen.is_now(Connectivity.ONLINE))
                for _ in range(2):  # and that each time
                    memory.accounts().revoke(SEAT)
                    await until(lambda: seen.is_now(Connectivity.RECONNECTING))
                    await until(lambda: "does not let" in seen.link.note)
                    memory.seat(SEAT)
                    await until(lambda: seen.is_now(Connectivity.ONLINE))
                assert Connectivity.REFUSED not in {one for one, _ in seen.states}

    run(test())


def test_a_seat_that_never_got_in_is_refused_at_once_and_not_called_moved(memory: Memory) -> None:
    async def test() -> None:
        async with at_work(memory):
            stranger = Credentials(seat=SEAT, password="wrong", session="s", partition=0)
            seen = Seen(memory, stranger)
            async with seen.link:
                await until(lambda: seen.is_now(Connectivity.REFUSED))
                assert seen.link.refused
                assert "password" in seen.link.note

    run(test())


@pytest.mark.usefixtures("quick")
def test_a_bot_whose_seat_was_moved_ends_with_the_reason(memory: Memory) -> None:
    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.snapshot = None
            bot = Bot(memory.transport(), CREDENTIALS)
            playing = asyncio.create_task(bot.play())
            await until(lambda: bot.link.connectivity is Connectivity.ONLINE)
            memory.accounts().revoke(SEAT)

            assert "password" in await playing

    run(test())

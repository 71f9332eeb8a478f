"""A connection that comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.broker.errors import (
    AlreadyInUse,
    ConnectionFailed,
    ConnectionLost,
    DeadlinePassed,
    LoginRefused,
    TooManyConnections,
    TransportError,
)
from palier.broker.memory import MemoryServer
from palier.broker.standing import Patience, StandingConnection, StandingState
from palier.broker.transport import Account, Connection, Transport
from tests.brokers import PATIENCE, run, until

UP, DOWN = StandingState.UP, StandingState.DOWN
CONNECTING, SETTING_UP = StandingState.CONNECTING, StandingState.SETTING_UP

#: Patience for those who have none.
QUICK = Patience(first=0.001, longest=0.01, proven=30.0, slow=0.005)


async def nothing(_: Connection) -> None:
    """Set nothing up."""


class Moody(Transport):
    """Raises what it is told to, then connects."""

    def __init__(self, server: MemoryServer, *moods: Exception) -> None:
        self._transport = server.transport()
        self._moods: Iterator[Exception] = iter(moods)
        self.attempts = 0

    async def connect(self, account: Account, *, deadline: float = 10.0) -> Connection:
        self.attempts += 1
        if (mood := next(self._moods, None)) is not None:
            raise mood
        return await self._transport.connect(account, deadline=deadline)


class Watched:
    """A standing connection to a server in memory, and what it told."""

    def __init__(
        self,
        *moods: Exception,
        set_up: Callable[[Connection], Any] = nothing,
        patience: Patience = QUICK,
    ) -> None:
        self.server = MemoryServer()
        self.transport = Moody(self.server, *moods)
        self.told: list[tuple[StandingState, str]] = []
        account = Account(
            user=self.server.user, password=self.server.password, connection_name="test"
        )
        self.standing = StandingConnection(
            self.transport,
            account,
            set_up=set_up,
            on_state=lambda state, reason: self.told.append((state, reason)),
            patience=patience,
            chance=lambda: 1.0,
        )

    @property
    def states(self) -> list[StandingState]:
        """The states so far."""
        return [state for state, _ in self.told]


def test_a_connection_comes_up_once_it_is_set_up() -> None:
    set_up: list[Connection] = []

    async def note(connection: Connection) -> None:
        set_up.append(connection)

    async def test() -> None:
        watched = Watched(set_up=note)
        async with watched.standing as standing:
            assert standing.current() is None
            connection = await standing.up()
            assert set_up == [connection]
            assert standing.current() is connection
            assert standing.epoch == 1
        assert connection.lost.done()
        assert watched.states == [CONNECTING, SETTING_UP, UP, DOWN]
        assert watched.told[-1] == (DOWN, "closed")

    run(test())


def test_a_lost_connection_comes_back_set_up_anew() -> None:
    set_up: list[Connection] = []

    async def note(connection: Connection) -> None:
        set_up.append(connection)

    async def test() -> None:
        watched = Watched(set_up=note)
        async with watched.standing as standing:
            first = await standing.up()
            watched.server.restart()
            await until(lambda: standing.epoch == 2)
            second = await standing.up()
            assert first is not second
            assert set_up == [first, second]
            assert "CONNECTION_FORCED" in dict(watched.told)[DOWN]

    run(test())


@pytest.mark.parametrize("mood", [ConnectionFailed("no one"), DeadlinePassed("too late")])
def test_a_broker_that_is_away_is_tried_until_it_is_there(mood: TransportError) -> None:
    async def test() -> None:
        watched = Watched(*[mood] * 5)
        async with watched.standing as standing:
            await standing.up(deadline=PATIENCE)
            assert watched.transport.attempts == 6
            assert (DOWN, str(mood)) in watched.told

    run(test())


@pytest.mark.parametrize("mood", [AlreadyInUse("open elsewhere"), TooManyConnections("full")])
def test_what_others_have_to_end_first_is_tried_slowly(mood: TransportError) -> None:
    async def test() -> None:
        watched = Watched(mood, patience=Patience(first=0.0, longest=0.0, slow=0.05))
        begun = asyncio.get_running_loop().time()
        async with watched.standing as standing:
            await standing.up(deadline=PATIENCE)
            assert asyncio.get_running_loop().time() - begun >= 0.05
            assert (DOWN, str(mood)) in watched.told

    run(test())


def test_a_refused_login_stops_it_and_says_why() -> None:
    async def test() -> None:
        watched = Watched(LoginRefused("wrong password"))
        async with watched.standing as standing:
            with pytest.raises(LoginRefused, match="wrong password"):
                await standing.up()
            assert (standing.state, standing.reason) == (StandingState.REFUSED, "wrong password")
            with pytest.raises(LoginRefused):
                await standing.up()
            assert watched.transport.attempts == 1

    run(test())


def test_a_set_up_that_fails_is_tried_again_on_a_new_connection() -> None:
    tried: list[Connection] = []

    async def fail_once(connection: Connection) -> None:
        tried.append(connection)
        if len(tried) == 1:
            raise AlreadyInUse("open elsewhere")

    async def test() -> None:
        watched = Watched(set_up=fail_once)
        async with watched.standing as standing:
            connection = await standing.up()
            assert [one.lost.done() for one in tried] == [True, False]
            assert connection is tried[1]

    run(test())


def test_a_mistake_in_the_set_up_is_told_and_tried_again() -> None:
    told: list[dict[str, Any]] = []
    tried: list[Connection] = []

    async def stumble(connection: Connection) -> None:
        tried.append(connection)
        if len(tried) == 1:
            raise ZeroDivisionError

    async def test() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        watched = Watched(set_up=stumble)
        async with watched.standing as standing:
            await standing.up()
        assert isinstance(told[0]["exception"], ZeroDivisionError)

    run(test())


def test_a_connection_lost_during_its_set_up_does_not_wait_for_it() -> None:
    begun: list[Connection] = []
    ended: list[str] = []

    async def hang(connection: Connection) -> None:
        begun.append(connection)
        if len(begun) > 1:
            return
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    async def test() -> None:
        watched = Watched(set_up=hang)
        async with watched.standing as standing:
            await until(lambda: begun)
            watched.server.drop_connections()
            await standing.up(deadline=PATIENCE)
            assert ended == ["cancelled"]

    run(test())


@pytest.mark.parametrize("state", [CONNECTING, SETTING_UP, UP, DOWN])
def test_it_can_be_closed_in_any_state(state: StandingState) -> None:
    async def hang(_: Connection) -> None:
        if state is SETTING_UP:
            await asyncio.Event().wait()

    async def test() -> None:
        before = asyncio.all_tasks()
        moods = [ConnectionFailed("no one")] * (1 if state is DOWN else 0)
        watched = Watched(*moods, set_up=hang, patience=Patience(first=60, longest=60))
        watched.standing.start()
        await until(lambda: state in watched.states)
        await watched.standing.close()
        await watched.standing.close()
        watched.standing.start()
        with pytest.raises(ConnectionLost):
            await watched.standing.up()
        assert watched.told[-1] == (DOWN, "closed")
        assert watched.server.drop_connections() == 0
        assert asyncio.all_tasks() == before

    run(test())


def test_who_waits_while_it_is_closed_is_told() -> None:
    async def test() -> None:
        watched = Watched(ConnectionFailed("no one"), patience=Patience(first=60, longest=60))
        watched.standing.start()
        waiting = [asyncio.ensure_future(watched.standing.up()) for _ in range(3)]
        await until(lambda: DOWN in watched.states)
        await watched.standing.close()
        for one in waiting:
            with pytest.raises(ConnectionLost):
                await one

    run(test())


def test_who_waits_too_long_is_told_why_it_is_down() -> None:
    async def test() -> None:
        watched = Watched(
            *[ConnectionFailed("nobody there")] * 9, patience=Patience(first=60, longest=60)
        )
        async with watched.standing as standing:
            with pytest.raises(DeadlinePassed, match="nobody there"):
                await standing.up(deadline=0.05)

    run(test())


def test_a_connection_that_proved_itself_starts_the_patience_anew() -> None:
    async def test() -> None:
        away = [ConnectionFailed("no one")] * 3
        watched = Watched(*away, patience=Patience(first=0.01, longest=0.05, proven=0.0))
        async with watched.standing as standing:
            await standing.up()
            assert standing._failures == 3
            watched.server.drop_connections()
            await until(lambda: standing.epoch == 2)
            assert standing._failures == 1

    run(test())


@given(st.integers(0, 10_000))
def test_the_limit_of_a_wait_doubles_up_to_the_longest(failures: int) -> None:
    patience = Patience()
    limit = patience.limit(failures)
    assert 0.2 <= limit <= 5.0
    assert limit == 5.0 or limit == pytest.approx(0.2 * 2**failures)
    assert patience.limit(failures + 1) >= limit

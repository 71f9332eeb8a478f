"""How each kind of fault is done; `tests.chaos.kinds` is the table of them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TypeAlias, TypeVar

from tests.chaos.ground import Ground, Worker
from tests.chaos.proxy import Proxy
from tests.chaos.services import Service
from tests.chaos.sitting import Player
from tests.chaos.strike import Strike

T = TypeVar("T")


#: Does a fault; returns once what was stopped is started again.
Do: TypeAlias = Callable[[Ground, Strike], Coroutine[None, None, None]]


def _lasting(strike: Strike, low: float, high: float) -> float:
    return low + (high - low) * strike.fault.share


def _one(those: Sequence[T], choice: float) -> T:
    return those[min(int(choice * len(those)), len(those) - 1)]


async def _victim(ground: Ground, strike: Strike) -> Player:
    """Return a client that plays, in a session where nobody is in trouble yet if there is one."""
    playing = await ground.playing()
    troubled = ground.strikes.troubled()
    sessions = {one.session for one in playing if one.name in troubled}
    well = [one for one in playing if one.session not in sessions]
    return _one(well or playing, strike.fault.choice)


async def _paused(send: Callable[[signal.Signals], None], seconds: float) -> None:
    send(signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        send(signal.SIGCONT)


# -- workers


async def worker_killed(ground: Ground, strike: Strike) -> None:
    strike.now()
    ground.active.kept.signal(signal.SIGKILL)


async def worker_restarted(ground: Ground, strike: Strike) -> None:
    strike.now()
    ground.active.kept.signal(signal.SIGTERM)


async def workers_killed(ground: Ground, strike: Strike) -> None:
    strike.now()
    for one in ground.workers:
        one.kept.signal(signal.SIGKILL)


def worker_dies(moment: str) -> Do:
    async def do(ground: Ground, strike: Strike) -> None:
        ground.moment.write_text(moment)
        died = await ground.died()
        strike.now()
        ground.moment.unlink(missing_ok=True)
        if not died:
            # nothing goes on, so it never comes to this moment
            ground.active.kept.signal(signal.SIGKILL)

    return do


def worker_stopped(low: float, high: float) -> Do:
    async def do(ground: Ground, strike: Strike) -> None:
        strike.now()
        await _paused(ground.active.kept.signal, _lasting(strike, low, high))

    return do


async def worker_cut(ground: Ground, strike: Strike) -> None:
    strike.now()
    await ground.active.amqp.cut_for(_lasting(strike, 0.0, 2.0))


async def worker_half_open(ground: Ground, strike: Strike) -> None:
    strike.now()
    ground.active.amqp.half_open()


# -- the broker and the database


def killed(which: Callable[[Ground], Service]) -> Do:
    async def do(ground: Ground, strike: Strike) -> None:
        strike.now()
        await asyncio.to_thread(which(ground).kill)
        await ground.start(which(ground))

    return do


def restarted(which: Callable[[Ground], Service]) -> Do:
    async def do(ground: Ground, strike: Strike) -> None:
        strike.now()
        await asyncio.to_thread(which(ground).stop)
        await ground.start(which(ground))

    return do


def frozen(which: Callable[[Ground], Service]) -> Do:
    async def do(ground: Ground, strike: Strike) -> None:
        strike.now()
        await asyncio.to_thread(which(ground).freeze, _lasting(strike, 0.3, 3.0))

    return do


def broker(ground: Ground) -> Service:
    return ground.broker


def store(ground: Ground) -> Service:
    return ground.store


async def database_cut(ground: Ground, strike: Strike) -> None:
    strike.now()
    await _database(ground.active).cut_for(_lasting(strike, 0.0, 2.0))


async def database_half_open(ground: Ground, strike: Strike) -> None:
    strike.now()
    _database(ground.active).half_open()


def _database(worker: Worker) -> Proxy:
    assert worker.database is not None
    return worker.database


# -- clients


def client(do: Callable[[Player, Strike], Awaitable[None]]) -> Do:
    async def done(ground: Ground, strike: Strike) -> None:
        victim = await _victim(ground, strike)
        strike.now(victim.name)
        await do(victim, strike)

    return done


async def kill(victim: Player, _: Strike) -> None:
    victim.kept.signal(signal.SIGKILL)


async def stop(victim: Player, strike: Strike) -> None:
    await _paused(victim.kept.signal, _lasting(strike, 0.3, 3.0))


async def cut(victim: Player, strike: Strike) -> None:
    await victim.amqp.cut_for(_lasting(strike, 0.0, 2.0))


async def half_open(victim: Player, _: Strike) -> None:
    victim.amqp.half_open()


async def delay(victim: Player, strike: Strike) -> None:
    await victim.amqp.delay_for(_lasting(strike, 1.0, 3.0), by=0.3)


async def jam(victim: Player, strike: Strike) -> None:
    await victim.amqp.jam_for(_lasting(strike, 0.5, 3.0))


async def be_bad(victim: Player, strike: Strike) -> None:
    seconds = _lasting(strike, 1.0, 4.0)
    victim.kept.say(f"bad {seconds}")
    await asyncio.sleep(seconds)


async def muted_and_killed(ground: Ground, strike: Strike) -> None:
    victim = await _victim(ground, strike)
    strike.now(victim.name)
    victim.amqp.mute()
    # what it sends now is on this computer's disk alone
    await ground.sends(victim, after=strike.at, within=3.0)
    await asyncio.sleep(_lasting(strike, 0.0, 0.5))
    victim.kept.signal(signal.SIGKILL)


async def everybody_cut(ground: Ground, strike: Strike) -> None:
    strike.now()
    ways = [one.amqp for one in ground.workers] + [one.amqp for one in ground.players]
    await asyncio.gather(*(one.cut_for(_lasting(strike, 0.0, 2.0)) for one in ways))


# -- two at once


def with_worker(which: Callable[[Ground], Service]) -> Do:
    async def do(ground: Ground, strike: Strike) -> None:
        ground.active.kept.signal(signal.SIGKILL)
        await killed(which)(ground, strike)

    return do


async def worker_and_client(ground: Ground, strike: Strike) -> None:
    victim = await _victim(ground, strike)
    strike.now(victim.name)
    victim.kept.signal(signal.SIGKILL)
    ground.active.kept.signal(signal.SIGKILL)


async def broker_and_client(ground: Ground, strike: Strike) -> None:
    victim = await _victim(ground, strike)
    strike.now(victim.name)
    victim.kept.signal(signal.SIGKILL)
    await asyncio.to_thread(ground.broker.kill)
    await ground.start(ground.broker)

"""Coming back: a client, a worker or a broker that was gone is where it was."""

from __future__ import annotations

import asyncio
import stat
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from palier.broker.errors import DeadlinePassed
from palier.broker.memory import MemoryServer
from palier.broker.queues import Queues
from palier.broker.transport import Account, Connection
from palier.client.bot import Bot
from palier.client.credentials import Credentials, CredentialsFile
from palier.client.link import Link
from palier.client.state import Asking, Connectivity, Waiting
from palier.schemas.addresses import commands_queue
from tests.brokers import Memory, run, until
from tests.laboratory import FaultyTransport, Laboratory, check_record, running


def test_a_client_that_is_started_again_is_where_it_was(
    each_laboratory: Laboratory, tmp_path: Path
) -> None:
    laboratory = each_laboratory
    laboratory.seats = laboratory.more_seats(2)
    file = CredentialsFile(tmp_path / "kept", server="amqp://somewhere:5672/palier")

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, second = await laboratory.seated(operator, "steps")
            file.save(first)
            await operator.start(laboratory.session)
            async with laboratory.link(first) as link:
                await until(lambda: isinstance(link.state.screen, Asking))
                link.submit({"value": 6})
                await until(lambda: link.state.submitted)
                before = link.state.screen

            kept = file.load(first.seat)
            assert kept == first
            assert kept is not None
            async with laboratory.link(kept) as link:
                await until(lambda: isinstance(link.state.screen, Waiting))
                after = link.state.screen
                assert isinstance(before, Waiting)
                assert isinstance(after, Waiting)
                assert after == before
                assert after.answer == {"value": 6}
                async with laboratory.link(second) as other:
                    await until(lambda: isinstance(other.state.screen, Asking))
                    other.submit({"value": 1})
                    await until(lambda: link.state.may_submit)
                    assert link.state.stage is not None
                    assert link.state.stage.data == {"yours": 6}

    run(test())


def test_credentials_are_for_their_user_only(tmp_path: Path) -> None:
    given = Credentials(seat="p1", password="secret", session="s", partition=3)
    file = CredentialsFile(tmp_path / "kept", server="amqp://somewhere")

    file.save(given)
    file.save(replace(given, password="another"))

    (path,) = (tmp_path / "kept").glob("*/*")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert file.load("p1") == replace(given, password="another")
    assert file.seats() == ("p1",)
    assert CredentialsFile(tmp_path / "kept", server="amqp://elsewhere").load("p1") is None
    path.write_text("{")
    assert file.load("p1") is None


def test_the_second_client_of_a_seat_is_told_that_it_is_open_elsewhere(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory
    notes: list[str] = []

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, *_ = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
            async with laboratory.link(first) as one:
                await until(lambda: isinstance(one.state.screen, Asking))
                second = Link(
                    laboratory.server.transport(),
                    first,
                    on_change=lambda link: notes.append(link.note),
                )
                async with second:
                    await until(lambda: any("exclusive use" in note for note in notes))
                    assert second.connectivity is not Connectivity.ONLINE
                    assert second.state.stage is None
                # the first one was not disturbed
                one.submit({"value": 1})
                await until(lambda: one.state.submitted)

    run(test())


def test_bots_get_to_the_end_though_the_broker_restarts(small_laboratory: Laboratory) -> None:
    laboratory = small_laboratory

    async def test() -> None:
        assert isinstance(laboratory.server, Memory)
        async with laboratory.working(), laboratory.operator() as operator:
            credentials = await laboratory.seated(
                operator, "public-goods", settings={"rounds": 3}, auto_start=True
            )
            bots = laboratory.bots(credentials)
            playing = [asyncio.create_task(one.play()) for one in bots]
            await until(lambda: any(one.link.state.submitted for one in bots))

            laboratory.server.server.restart()

            assert set(await asyncio.gather(*playing)) == {"finished"}
            await laboratory.told()
            assert await laboratory.lost() == []

    run(test())
    check_record(laboratory.database, laboratory.session)


def test_bots_get_to_the_end_though_the_worker_loses_its_connections(
    laboratory: Laboratory,
) -> None:
    async def test() -> None:
        assert isinstance(laboratory.server, Memory)
        broker = laboratory.server.server
        async with laboratory.working(), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "pairs", auto_start=True)
            bots = laboratory.bots(credentials)
            playing = [asyncio.create_task(one.play()) for one in bots]
            for stage in ("welcome", "ask", "end"):
                await until(partial(reached, bots, stage))
                broker.drop_connections(broker.user)

            assert set(await asyncio.gather(*playing)) == {"finished"}
            await laboratory.told()
            assert await laboratory.lost() == []

    run(test())
    check_record(laboratory.database, laboratory.session)


def test_bots_get_to_the_end_though_the_queue_of_commands_is_deleted(
    small_laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    laboratory = small_laboratory
    monkeypatch.setattr("palier.client.unsettled._AGAIN", 0.5)
    monkeypatch.setattr("palier.client.doubt._AGAIN", 0.5)
    monkeypatch.setattr("palier.client.doubt._SILENCE", 0.5)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "pairs", auto_start=True)
            bots = laboratory.bots(credentials)
            playing = [asyncio.create_task(one.play()) for one in bots]
            await until(partial(reached, bots, "ask"))

            await asyncio.to_thread(laboratory.server.delete_queue, commands_queue(0))

            assert set(await asyncio.gather(*playing)) == {"finished"}
            await laboratory.told()

    run(test())
    check_record(laboratory.database, laboratory.session)


class Leaderless(Queues, FaultyTransport):
    """A RabbitMQ that has lost the queue of commands, until that is dropped."""

    def __init__(self, server: MemoryServer) -> None:
        FaultyTransport.__init__(self, server.transport(), lambda _publication: False)
        self.server = server
        self.lost = True

    async def connect(self, account: Account, *, deadline: float = 10.0) -> Connection:
        connection = await super().connect(account, deadline=deadline)
        if self.lost:
            # nobody answers; a test need not wait for that
            connection.consume = self._silence  # type: ignore[method-assign]
        return connection

    async def _silence(self, queue: str, *_: object, **__: object) -> None:
        assert queue == commands_queue(0)
        raise DeadlinePassed("RabbitMQ did not answer.")

    def is_lost(self, queue: str) -> bool:
        assert queue == commands_queue(0)
        return self.lost

    def drop(self, queue: str) -> None:
        self.server.delete_queue(queue)
        self.lost = False


def test_a_queue_that_rabbitmq_has_lost_is_dropped_and_made_anew(
    small_laboratory: Laboratory,
) -> None:
    laboratory = small_laboratory
    assert isinstance(laboratory.server, Memory)
    leaderless = Leaderless(laboratory.server.server)

    async def test() -> None:
        given = laboratory.surroundings(transport=leaderless)
        async with (
            running(replace(given, queues=leaderless)),
            laboratory.operator() as operator,
        ):
            credentials = await laboratory.seated(operator, "pairs", auto_start=True)
            assert await laboratory.play(credentials) == {"finished"}

    run(test())
    assert not leaderless.lost


def reached(bots: list[Bot], stage: str) -> bool:
    """Tell whether a bot sees this stage, or the end."""
    states = [one.link.state for one in bots]
    return any(one.over or (one.stage is not None and one.stage.name == stage) for one in states)


def test_another_worker_stands_by_and_takes_over(each_laboratory: Laboratory) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with AsyncExitStack() as first:
            await first.enter_async_context(laboratory.working())
            async with running(laboratory.surroundings()), laboratory.operator() as operator:
                credentials = await laboratory.seated(
                    operator, "public-goods", settings={"rounds": 2}, auto_start=True
                )
                bots = laboratory.bots(credentials)
                playing = [asyncio.create_task(one.play()) for one in bots]
                await until(lambda: any(one.link.state.submitted for one in bots))

                await first.aclose()

                assert set(await asyncio.gather(*playing)) == {"finished"}
                await laboratory.told()
                assert await laboratory.lost() == []

    run(test())
    check_record(laboratory.database, laboratory.session)

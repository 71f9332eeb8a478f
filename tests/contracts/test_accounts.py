"""How accounts are handed over, shut out and let in again, on every broker."""

from __future__ import annotations

import pytest

from palier.broker import topology
from palier.broker.errors import LoginRefused, PublishRefused, TooManyConnections
from palier.broker.topology import BROKER_EVENTS, OPENED, Binding, Queue
from palier.broker.transport import Account
from palier.schemas.addresses import COMMANDS, seat_queue
from tests.brokers import Inbox, Server, message, run, unique, until


def account(seat: str, password: str) -> Account:
    """Return the account of a seat, whether it exists or not."""
    return Account(user=seat, password=password, connection_name=f"test {seat}")


# -- a seat that changes hands


def test_a_seat_handed_over_is_the_new_ones_alone_and_at_once(server: Server) -> None:
    seat = unique("p")

    async def test() -> None:
        async with server.connected() as worker:
            await worker.declare(topology.seat(seat))
        server.accounts().hand_over(seat, "old")
        async with server.connected(account(seat, "old")) as old:
            await old.consume(seat_queue(seat), Inbox(), prefetch=1, exclusive=True)

            server.accounts().hand_over(seat, "new")

            async with server.connected(account(seat, "new")) as new:
                await new.consume(seat_queue(seat), Inbox(), prefetch=1, exclusive=True)
                await until(old.lost.done)
                with pytest.raises(LoginRefused):
                    await server.transport().connect(account(seat, "old"))
                assert not new.lost.done()

    run(test())


def test_a_seat_handed_over_twice_to_the_same_is_left_in_peace(server: Server) -> None:
    seat = unique("p")

    async def test() -> None:
        accounts = server.accounts()
        accounts.hand_over(seat, "new")
        async with server.connected() as worker:
            await worker.declare(topology.seat(seat))
        async with server.connected(account(seat, "new")) as new:
            await new.consume(seat_queue(seat), Inbox(), prefetch=1, exclusive=True)

            accounts.hand_over(seat, "new")

            # were it to be closed, a connection opened after that would say so first
            async with server.connected(account(seat, "new")):
                pass
            assert not new.lost.done()

    run(test())


def test_an_account_that_was_lost_is_made_again_and_one_that_was_not_is_let_be(
    server: Server,
) -> None:
    seat = unique("p")
    accounts = server.accounts()

    async def test() -> None:
        assert accounts.restore_seat(seat, "first")
        assert not accounts.restore_seat(seat, "second")
        async with server.connected(account(seat, "first")):
            pass
        with pytest.raises(LoginRefused):
            await server.transport().connect(account(seat, "second"))

    run(test())


def test_accounts_are_known_by_name(server: Server) -> None:
    seat = unique("p")
    accounts = server.accounts()
    assert seat not in accounts.known()

    accounts.grant_seat(seat, "secret")

    assert {seat, server.user} <= accounts.known()
    accounts.revoke(seat)
    assert seat not in accounts.known()


# -- shut out for a while


def test_who_is_shut_out_is_put_out_and_comes_in_again_with_the_same_password(
    server: Server,
) -> None:
    seat = unique("p")
    accounts = server.accounts()

    async def test() -> None:
        async with server.connected(server.seat(seat)) as connection:
            accounts.shut_out(seat)

            await until(connection.lost.done)
            assert seat in accounts.shut()
            # not a refused login, after which a client would give up for good
            with pytest.raises(TooManyConnections):
                await server.transport().connect(account(seat, "secret"))

            accounts.let_in(seat)

            assert seat not in accounts.shut()
            async with server.connected(account(seat, "secret")):
                pass

    run(test())


def test_the_room_is_let_in_as_many_as_before(server: Server) -> None:
    accounts = server.accounts()

    async def test() -> None:
        room = server.room()
        accounts.shut_out(room.user)
        accounts.let_in(room.user)
        async with server.connected(room), server.connected(room), server.connected(room):
            pass

    run(test())


def test_a_grant_lets_in_who_was_shut_out(server: Server) -> None:
    seat = unique("p")
    accounts = server.accounts()

    async def test() -> None:
        accounts.grant_seat(seat, "secret")
        accounts.shut_out(seat)
        accounts.hand_over(seat, "new")
        assert seat not in accounts.shut()
        async with server.connected(account(seat, "new")):
            pass

    run(test())


def test_nobody_is_made_by_shutting_out_or_letting_in(server: Server) -> None:
    nobody = unique("nobody")
    accounts = server.accounts()
    accounts.shut_out(nobody)
    accounts.let_in(nobody)
    assert nobody not in accounts.known() | accounts.shut()


# -- what the broker tells of those whom it refuses


def test_the_broker_tells_of_each_connection_and_of_each_channel_that_a_refusal_costs(
    server: Server,
) -> None:
    seat = unique("p")
    watch = Queue(unique("watch"), {"x-queue-type": "classic"})

    async def test() -> None:
        async with server.connected() as worker:
            await worker.declare(
                *topology.base(partitions=1),
                watch,
                *(Binding(BROKER_EVENTS, watch.name, one) for one in OPENED),
            )
            inbox = Inbox()
            await worker.consume(watch.name, inbox, prefetch=0)
            async with server.connected(server.seat(seat)) as connection:
                for _ in range(10):
                    with pytest.raises(PublishRefused):
                        await connection.publish([message(COMMANDS, "cmd.0.s.another.submit")])

                def told() -> list[str]:
                    return [
                        one.routing_key
                        for one in inbox.deliveries
                        if one.properties.headers.get("user") == seat
                    ]

                await until(lambda: len(told()) >= 11)
                assert told() == ["connection.created", *["channel.created"] * 10]

    run(test())

"""How connections begin and end, on every broker."""

from __future__ import annotations

import asyncio
import threading

import pytest

from palier.broker import topology
from palier.broker.amqp import AmqpTransport
from palier.broker.errors import (
    ConnectionFailed,
    ConnectionLost,
    DeadlinePassed,
    LoginRefused,
    TooManyConnections,
)
from palier.broker.transport import Account, Delivery
from palier.schemas.addresses import COMMANDS
from palier.schemas.envelope import DIRECT_REPLY
from tests.brokers import PATIENCE, Inbox, Real, Server, message, run, unique, until


def test_a_wrong_password_is_refused(server: Server) -> None:
    account = Account(user=server.user, password="wrong", connection_name="test")

    async def test() -> None:
        with pytest.raises(LoginRefused, match="password"):
            await server.transport().connect(account)

    run(test())


def test_an_unknown_user_is_refused(server: Server) -> None:
    account = Account(user=unique("nobody"), password="wrong", connection_name="test")

    async def test() -> None:
        with pytest.raises(LoginRefused):
            await server.transport().connect(account)

    run(test())


def test_a_new_password_replaces_the_old_and_ends_nobody(server: Server) -> None:
    seat = unique("p")
    old = server.seat(seat, password="old")

    async def test() -> None:
        async with server.connected(old) as connection:
            new = server.seat(seat, password="new")
            async with server.connected(new):
                pass
            with pytest.raises(LoginRefused):
                await server.transport().connect(old)
            assert not connection.lost.done()

    run(test())


def test_a_third_connection_of_a_seat_is_refused_until_one_is_closed(server: Server) -> None:
    account = server.seat(unique("p"))

    async def test() -> None:
        transport = server.transport()
        async with server.connected(account) as first, server.connected(account):
            with pytest.raises(TooManyConnections):
                await transport.connect(account)

            await first.close()

            async with asyncio.timeout(PATIENCE):
                while True:
                    try:
                        third = await transport.connect(account)
                    except TooManyConnections:
                        continue  # the broker counts a little late
                    break
            await third.close()

    run(test())


def test_a_revoked_account_loses_its_connections(server: Server) -> None:
    seat = unique("p")
    account = server.seat(seat)

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(topology.seat(seat))
        async with server.connected(account) as connection:
            await connection.consume(f"seat.{seat}", Inbox(), prefetch=1)
            server.accounts().revoke(seat)
            server.accounts().revoke(seat)

            reason = await asyncio.wait_for(connection.lost, PATIENCE)

            assert reason
            with pytest.raises(ConnectionLost):
                await connection.status(f"seat.{seat}")
            with pytest.raises(LoginRefused):
                await server.transport().connect(account)

    run(test())


def test_what_waits_for_a_confirm_hears_of_the_loss(server: Server) -> None:
    seat = unique("p")
    account = server.seat(seat)

    async def test() -> None:
        async with server.connected() as administrator:
            await administrator.declare(*topology.base(partitions=1))
        async with server.connected(account) as connection:
            key = f"cmd.0.s.{seat}.submit"
            with server.shortage():
                waiting = asyncio.ensure_future(
                    connection.publish([message(COMMANDS, key, user_id=seat)])
                )
                await until(lambda: connection.blocked)
                server.accounts().revoke(seat)
                with pytest.raises(ConnectionLost):
                    await waiting

    run(test())


def test_closing_is_idempotent_and_ends_every_call(server: Server) -> None:
    async def test() -> None:
        connection = await server.transport().connect(server.administrator)
        await connection.close()
        await connection.close()
        assert await connection.lost
        for call in (
            connection.declare(*topology.base(partitions=1)),
            connection.status("commands.0"),
            connection.publish([message("", "x")]),
            connection.consume("commands.0", Inbox(), prefetch=1),
            connection.replies(Inbox()),
            connection.cancel("commands.0"),
        ):
            with pytest.raises(ConnectionLost):
                await call

    run(test())


def test_connections_live_in_event_loops_of_several_threads(server: Server) -> None:
    exchange = unique("x")
    threads, each = 4, 50

    def client(number: int) -> None:
        async def talk() -> None:
            async with server.connected() as connection:
                await connection.publish(
                    [message(exchange, "", b"%d.%d" % (number, i)) for i in range(each)]
                )

        run(talk())

    async def test() -> None:
        queue = topology.seat(unique("p"))
        async with server.connected() as connection:
            await connection.declare(
                topology.Exchange(exchange, "fanout"),
                queue,
                topology.Binding(exchange, queue.name),
            )
            inbox = Inbox()
            await connection.consume(queue.name, inbox, prefetch=0)
            clients = [threading.Thread(target=client, args=(i,)) for i in range(threads)]
            for one in clients:
                one.start()
            await inbox.get(threads * each)
            for one in clients:
                await asyncio.to_thread(one.join)
            for number in range(threads):
                mine = [body for body in inbox.bodies if body.startswith(b"%d." % number)]
                assert mine == [b"%d.%d" % (number, i) for i in range(each)]

    run(test())


def test_a_direct_reply_comes_back_to_who_asked(server: Server) -> None:
    queue = topology.Queue(unique("questions"), {"x-queue-type": "classic"})

    async def test() -> None:
        async with server.connected() as worker, server.connected() as client:
            await worker.declare(queue)
            questions, answers = Inbox(), Inbox()
            await worker.consume(queue.name, questions, prefetch=10)
            await client.replies(answers)

            question = message("", queue.name, b"where am I?", reply_to=DIRECT_REPLY)
            await client.publish([question])
            asked = await questions.first()
            assert asked.properties.reply_to is not None
            assert asked.properties.reply_to.startswith(f"{DIRECT_REPLY}.")
            await worker.publish(
                [message("", asked.properties.reply_to, b"here", correlation_id="q1")]
            )

            answer = await answers.first()
            assert (answer.body, answer.properties.correlation_id) == (b"here", "q1")
            assert answer.queue == DIRECT_REPLY

    run(test())


def test_direct_replies_work_again_after_a_refused_message(server: Server) -> None:
    queue = topology.Queue(unique("questions"), {"x-queue-type": "classic"})

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(queue)
            answers = Inbox()

            def answer(question: Delivery) -> None:
                assert question.properties.reply_to is not None
                connection.ack(question)
                reply = message("", question.properties.reply_to, question.body)
                tasks.append(asyncio.ensure_future(connection.publish([reply])))

            tasks: list[asyncio.Future[object]] = []
            await connection.consume(queue.name, answer, prefetch=10)
            await connection.replies(answers)
            await connection.publish([message("", queue.name, b"1", reply_to=DIRECT_REPLY)])
            await answers.get(1)

            with pytest.raises(Exception, match="user_id"):
                await connection.publish([message("", queue.name, user_id="forged")])
            await connection.publish([message("", queue.name, b"2", reply_to=DIRECT_REPLY)])

            await answers.get(2)
            assert answers.bodies == [b"1", b"2"]
            await asyncio.gather(*tasks)

    run(test())


def test_an_answer_to_somebody_who_left_is_unroutable(server: Server) -> None:
    from palier.broker.transport import Outcome

    if isinstance(server, Real) and server.ask("GET", "overview")["rabbitmq_version"] >= "4.2":
        pytest.skip("RabbitMQ 4.2 confirms what is sent to a requester who left")
    queue = topology.Queue(unique("questions"), {"x-queue-type": "classic"})

    async def test() -> None:
        async with server.connected() as worker:
            await worker.declare(queue)
            questions = Inbox()
            await worker.consume(queue.name, questions, prefetch=10)
            async with server.connected() as client:
                await client.replies(Inbox())
                await client.publish([message("", queue.name, reply_to=DIRECT_REPLY)])
                asked = await questions.first()
            assert asked.properties.reply_to is not None

            # the broker needs a moment to notice that the client's channel is gone
            async with asyncio.timeout(PATIENCE):
                while True:
                    outcomes = await worker.publish([message("", asked.properties.reply_to)])
                    if outcomes == [Outcome.UNROUTABLE]:
                        break

    run(test())


def test_a_question_without_having_asked_for_replies_is_refused(server: Server) -> None:
    from palier.broker.errors import PublishRefused

    queue = topology.Queue(unique("questions"), {"x-queue-type": "classic"})

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(queue)
            with pytest.raises(PublishRefused):
                await connection.publish([message("", queue.name, reply_to=DIRECT_REPLY)])

    run(test())


def test_nobody_listening_is_a_failure_that_says_where() -> None:
    import socket

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

        async def test() -> None:
            account = Account(user="u", password="p", connection_name="test")
            with pytest.raises(ConnectionFailed, match=f"127.0.0.1:{port}") as failure:
                await AmqpTransport("127.0.0.1", port).connect(account)
            assert not isinstance(failure.value, LoginRefused)

        run(test())


def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    async def test() -> None:
        let_in: list[asyncio.StreamWriter] = []
        silent = await asyncio.start_server(lambda _, writer: let_in.append(writer), "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        account = Account(user="u", password="p", connection_name="test")
        with pytest.raises(DeadlinePassed):
            await AmqpTransport("127.0.0.1", port).connect(account, deadline=0.2)
        for writer in let_in:
            writer.close()
        silent.close()
        await silent.wait_closed()

    run(test())


def test_a_server_that_hangs_up_is_no_wrong_password() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.close()
        await writer.wait_closed()

    async def test() -> None:
        rude = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = rude.sockets[0].getsockname()[1]
        account = Account(user="u", password="p", connection_name="test")
        with pytest.raises(ConnectionFailed) as failure:
            await AmqpTransport("127.0.0.1", port).connect(account)
        assert not isinstance(failure.value, LoginRefused)
        rude.close()
        await rude.wait_closed()

    run(test())

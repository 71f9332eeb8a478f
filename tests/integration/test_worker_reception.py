"""What does not belong: it becomes a dead letter that says why, and nothing else is disturbed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from palier.broker.errors import PublishRefused
from palier.broker.transport import Account, Outcome, Publication
from palier.client.credentials import Credentials
from palier.schemas.addresses import COMMANDS
from palier.schemas.commands import Close, GetOverview, GetSnapshot, Join, Start, Submit
from palier.schemas.envelope import DIRECT_REPLY
from palier.schemas.events import StageOpened
from palier.schemas.names import ALL, LOBBY, OPERATOR, ROOM
from palier.schemas.replies import Refused, Submitted
from tests.brokers import Inbox, run, until
from tests.laboratory import SECRETS, Hand, Laboratory, check_record, commanded


@dataclass(frozen=True)
class Case:
    """What is sent, the code of its dead letter, and what its reason says."""

    send: Callable[[Hand, str], Publication]
    code: str
    reason: str


def arrival(hand: Hand) -> Submit:
    """Return a submit to the first stage."""
    return Submit(session=hand.credentials.session, scope=ALL, generation=1, answer={"value": 1})


CASES = {
    "an unknown kind": Case(
        lambda hand, _: hand.command(arrival(hand), kind="sing.v1"),
        "unknown-kind",
        "no message of kind 'sing.v1'",
    ),
    "an unknown version": Case(
        lambda hand, _: hand.command(arrival(hand), kind="submit.v7"),
        "unknown-version",
        "does not speak 'submit.v7', only submit.v1",
    ),
    "no kind": Case(
        lambda hand, _: hand.command(arrival(hand), kind=None), "missing-property", "has no type"
    ),
    "no message id": Case(
        lambda hand, _: hand.command(arrival(hand), message_id=None),
        "missing-property",
        "has no message_id",
    ),
    "no JSON": Case(
        lambda hand, _: hand.command(arrival(hand), body=b"\xff{"), "malformed", "not valid"
    ),
    "a body of another kind": Case(
        lambda hand, _: hand.command(arrival(hand), body=b'{"session": "s", "hello": 1}'),
        "malformed",
        "scope: Field required",
    ),
    "a generation below one": Case(
        lambda hand, _: hand.command(
            arrival(hand), body=arrival(hand).model_copy(update={"generation": 0}).encode()
        ),
        "malformed",
        "generation",
    ),
    "the key of another verb": Case(
        lambda hand, _: hand.command(
            arrival(hand), key=f"cmd.0.{hand.credentials.session}.{hand.credentials.seat}.close"
        ),
        "wrong-key",
        "the key of another message",
    ),
    "the key of another session": Case(
        lambda hand, _: hand.command(
            arrival(hand), key=f"cmd.0.another.{hand.credentials.seat}.submit"
        ),
        "wrong-key",
        "the key of another message",
    ),
    "a key with a name too long": Case(
        lambda hand, _: hand.command(
            arrival(hand), key=f"cmd.0.{'s' * 40}.{hand.credentials.seat}.submit"
        ),
        "malformed-key",
        "cannot be a name",
    ),
    "nobody's": Case(
        lambda hand, _: hand.command(arrival(hand), user_id=None), "no-sender", "who sent it"
    ),
    "a reply to another's queue": Case(
        lambda hand, other: hand.command(arrival(hand), reply_to=f"seat.{other}"),
        "foreign-reply",
        "no direct reply-to",
    ),
    "an operator's command": Case(
        lambda hand, _: hand.command(Close(session=hand.credentials.session)),
        "not-allowed",
        "A participant may not close",
    ),
    "an operator's query": Case(
        lambda hand, _: hand.command(GetOverview(session=hand.credentials.session)),
        "not-allowed",
        "A participant may not get-overview",
    ),
    "a join of a seat's": Case(
        lambda hand, _: hand.command(Join(session=LOBBY, code="ABCD-EFGH")),
        "not-allowed",
        "A participant may not join",
    ),
    "no command at all": Case(
        lambda hand, _: hand.command(
            arrival(hand),
            kind=Submitted.kind,
            body=Submitted(session=hand.credentials.session, scope=ALL, generation=1).encode(),
        ),
        "not-a-command",
        "nothing to ask a worker",
    ),
}

#: Who does not say who they are is told nothing; of another session a seat hears nothing.
SILENT = {
    "nobody's",
    "the key of another session",
    "a key with a name too long",
    "a join of a seat's",
}


def test_what_does_not_belong_becomes_a_dead_letter_that_says_why(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, second, *_ = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
            async with laboratory.by_hand(first) as hand:
                await hand.heard_of(StageOpened)
                for name, case in CASES.items():
                    poison = case.send(hand, second.seat)
                    before = len(refusals(hand))

                    await hand.send(poison)

                    (letter,) = await laboratory.dead_letters(1)
                    headers = letter.properties.headers
                    assert headers["palier-code"] == case.code, name
                    assert case.reason in str(headers["palier-reason"]), name
                    assert headers["palier-exchange"] == COMMANDS
                    assert headers["palier-routing-key"] == poison.routing_key
                    assert headers["palier-sender"] == (poison.properties.user_id or "")
                    assert letter.body == poison.body
                    assert letter.properties.message_id == poison.properties.message_id
                    if name not in SILENT:
                        assert (await hand.heard_of(Refused, before + 1)).code == case.code, name
                good = hand.command(arrival(hand))
                await hand.send(good)
                assert isinstance(await hand.result(good), Submitted)
            await laboratory.told()
            assert await laboratory.lost() == []
        assert await laboratory.left_in("commands.0") == 0

    run(test())
    check_record(laboratory.database, laboratory.session)


def refusals(hand: Hand) -> list[Refused]:
    """Return every refusal that a seat has heard."""
    return [one.message for one in hand.heard if isinstance(one.message, Refused)]


def test_poison_takes_no_innocents_along(each_laboratory: Laboratory) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, second, *_ = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
            async with laboratory.by_hand(first) as hand, laboratory.by_hand(second) as other:
                await hand.heard_of(StageOpened)
                good = hand.command(arrival(hand))
                poison = [hand.command(arrival(hand), body=b"?") for _ in range(5)]
                theirs = other.command(arrival(other))

                await hand.send(*poison[:3], good, *poison[3:])
                await other.send(theirs)

                assert isinstance(await hand.result(good), Submitted)
                assert isinstance(await other.result(theirs), Submitted)
                letters = await laboratory.dead_letters(5)
                assert {one.properties.headers["palier-code"] for one in letters} == {"malformed"}
            assert await laboratory.lost() == []

    run(test())


def test_a_forged_sender_does_not_get_past_the_broker(each_laboratory: Laboratory) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, second, *_ = await laboratory.seated(operator, "steps")
            async with laboratory.by_hand(first) as hand:
                for forged in (
                    hand.command(arrival(hand), user_id=second.seat),
                    commanded(arrival(hand), second.seat),
                    commanded(Close(session=laboratory.session), OPERATOR),
                ):
                    with pytest.raises(PublishRefused):
                        await hand.connection.publish([forged])
            assert await laboratory.lost() == []

    run(test())


def test_a_key_that_is_not_the_senders_is_a_dead_letter(each_laboratory: Laboratory) -> None:
    """The broker lets the administrator write any key; the worker does not act on it."""
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, *_ = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
            async with laboratory.by_hand(first) as hand, laboratory.server.connected() as admin:
                await hand.heard_of(StageOpened)
                forged = hand.command(arrival(hand), user_id=laboratory.server.user)

                await admin.publish([forged])

                (letter,) = await laboratory.dead_letters(1)
                assert letter.properties.headers["palier-code"] == "foreign-sender"
                assert refusals(hand) == []
            assert (await operator.overview(laboratory.session)).seats[0].state == "working"

    run(test())


def test_a_copy_to_another_key_is_not_handled(each_laboratory: Laboratory) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, second, *_ = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
            async with laboratory.by_hand(first) as hand:
                await hand.heard_of(StageOpened)
                theirs = f"cmd.0.{laboratory.session}.{second.seat}.submit"
                copied = hand.command(arrival(hand), headers={"CC": [theirs]})

                try:
                    await hand.connection.publish([copied])
                except PublishRefused:
                    return  # RabbitMQ 4 refuses it itself

                (letter,) = await laboratory.dead_letters(1)
                assert letter.properties.headers["palier-code"] == "copies"
                assert "CC" not in letter.properties.headers
            assert {one.state for one in (await operator.overview(laboratory.session)).seats} == {
                "working"
            }

    run(test())


def test_the_operator_and_the_room_may_ask_only_what_is_theirs(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            await operator.open(laboratory.opening("steps"))
            await operator.start(laboratory.session)
            theirs = Submit(session=laboratory.session, scope=ALL, generation=1)
            snapshot = GetSnapshot(session=laboratory.session)
            as_operator = Account(
                user=OPERATOR, password=SECRETS.operator, connection_name="an operator by hand"
            )
            async with laboratory.server.connected(as_operator) as connection:
                await connection.publish([commanded(one, OPERATOR) for one in (theirs, snapshot)])
            as_room = Account(user=ROOM, password=SECRETS.room, connection_name="a room by hand")
            async with laboratory.server.connected(as_room) as connection:
                with pytest.raises(PublishRefused):
                    await connection.publish([commanded(Start(session=laboratory.session), ROOM)])

            letters = await laboratory.dead_letters(2)

            assert {one.properties.headers["palier-reason"] for one in letters} == {
                "A operator may not submit.",
                "A operator may not get-snapshot.",
            }

    run(test())


def test_a_command_for_a_partition_that_nobody_has_is_unroutable(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, *_ = await laboratory.seated(operator, "steps")
            async with laboratory.by_hand(first) as hand:
                lost = hand.command(
                    arrival(hand), key=f"cmd.7.{laboratory.session}.{first.seat}.submit"
                )

                assert await hand.connection.publish([lost]) == [Outcome.CONFIRMED]

                (letter,) = await laboratory.dead_letters(1, queue="unroutable")
                assert letter.properties.message_id == lost.properties.message_id
                assert letter.routing_key == lost.routing_key

    run(test())


def test_an_answer_that_nobody_can_be_given_stops_nothing(each_laboratory: Laboratory) -> None:
    """A direct reply-to that was made up: the broker cannot deliver there, whatever it says."""
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, *_ = await laboratory.seated(operator, "steps")
            codes = await operator.codes(laboratory.session, (first.seat,))
            joining = Account(user=ROOM, password=SECRETS.room, connection_name="a room by hand")
            async with laboratory.server.connected(joining) as connection:
                await connection.publish(
                    [
                        commanded(
                            Join(session=LOBBY, code=code), ROOM, reply_to=f"{DIRECT_REPLY}.{end}"
                        )
                        for end in ("made-up", "g1h2.AAAA==.x", "x" * 200)
                        for code in (codes[first.seat], "NOCO-DEAT")
                    ]
                )

            assert (await operator.overview(laboratory.session)).status == "lobby"
            await laboratory.told()
            assert await laboratory.lost() == []

    run(test())


def test_a_seat_cannot_ask_where_another_is(each_laboratory: Laboratory) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, *_ = await laboratory.seated(operator, "steps")
            elsewhere = Laboratory(laboratory.server, laboratory.database)
            await elsewhere.seated(operator, "steps")
            await operator.start(elsewhere.session)
            async with laboratory.by_hand(replace_session(first, elsewhere.session)) as hand:
                await hand.connection.replies(hand.take_reply)
                asked = hand.command(GetSnapshot(session=elsewhere.session), reply_to=DIRECT_REPLY)
                await hand.send(asked)

                # it is told of its own session, whichever it names
                snapshot = await hand.result(asked)
                assert snapshot.session == laboratory.session

    run(test())


def replace_session(credentials: Credentials, session: str) -> Credentials:
    """Return credentials that name another session."""
    return replace(credentials, session=session)


def test_a_seat_hears_nothing_of_other_sessions(each_laboratory: Laboratory) -> None:
    laboratory = each_laboratory
    laboratory.seats = laboratory.more_seats(1)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            (only,) = await laboratory.seated(operator, "steps")
            elsewhere = Laboratory(laboratory.server, laboratory.database)
            credentials = await elsewhere.seated(operator, "pairs", auto_start=True)
            async with laboratory.by_hand(only) as hand:
                assert await elsewhere.play(credentials) == {"finished"}
                await operator.start(laboratory.session)
                await hand.heard_of(StageOpened)

                assert {getattr(one.message, "session", "") for one in hand.heard} == {
                    laboratory.session
                }

    run(test())


def test_the_staff_hears_every_session(each_laboratory: Laboratory) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        account = Account(user=OPERATOR, password=SECRETS.operator, connection_name="the staff")
        async with (
            laboratory.working(),
            laboratory.operator() as operator,
            laboratory.server.connected(account) as staff,
        ):
            inbox = Inbox()
            await staff.consume(f"seat.{OPERATOR}", inbox, prefetch=0, exclusive=True)
            credentials = await laboratory.seated(operator, "pairs", auto_start=True)
            assert await laboratory.play(credentials) == {"finished"}

            def kinds() -> list[str | None]:
                return [one.properties.kind for one in inbox.deliveries]

            await until(lambda: "session-finished.v1" in kinds())
            assert kinds().count("released.v1") == 2 + 2 * 2
            assert kinds().count("presence-changed.v1") >= len(laboratory.seats)

    run(test())

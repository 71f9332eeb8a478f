"""A session from its opening to its end, with every part as it is used."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from palier.broker.transport import Account
from palier.client.asking import Asker, join
from palier.client.errors import Rejected
from palier.client.link import Link
from palier.client.state import Asking, Ended, Lobby
from palier.schemas.commands import Join
from palier.schemas.names import LOBBY, ROOM
from palier.schemas.replies import Joined
from palier.workers.persistence import tables
from tests.brokers import run, unique, until
from tests.laboratory import SECRETS, Laboratory, answers, check_record, payoffs, results, status

ROUNDS, MULTIPLIER, ENDOWMENT = 2, 1.6, 20


def earned(laboratory: Laboratory) -> dict[str, Decimal]:
    """Work out from the stored answers what everyone has earned in the public-goods game."""
    total: dict[str, Decimal] = defaultdict(Decimal)
    rounds = answers(laboratory.database, laboratory.session)
    assert len(rounds) == ROUNDS * len(laboratory.seats) / 4
    for answered in rounds.values():
        amounts = {seat: one["amount"] for seat, one in answered.items()}
        share = sum(amounts.values()) * Decimal(repr(MULTIPLIER)) / 4
        for seat, amount in amounts.items():
            total[seat] += ENDOWMENT - amount + share
    return total


def test_bots_play_public_goods_from_codes_to_payoffs(every_laboratory: Laboratory) -> None:
    laboratory = every_laboratory
    laboratory.seats = laboratory.more_seats(8)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            settings = {"rounds": ROUNDS, "multiplier": MULTIPLIER}
            credentials = await laboratory.seated(
                operator, "public-goods", settings=settings, auto_start=True
            )

            outcomes = await laboratory.play(credentials)

            assert outcomes == {"finished"}
            overview = await operator.overview(laboratory.session)
            assert overview.status == "finished"
            assert {one.seat: Decimal(one.payoff) for one in overview.seats} == earned(laboratory)
            await laboratory.told()
            assert await laboratory.lost() == []
        assert await laboratory.left_in("commands.0") == 0

    run(test())

    check_record(laboratory.database, laboratory.session)
    assert payoffs(laboratory.database, laboratory.session) == earned(laboratory)
    kept = results(laboratory.database, laboratory.seats)
    stages_each = 1 + 2 * ROUNDS + 1
    assert len(kept) == len(laboratory.seats) * stages_each
    assert {one.result_kind for one in kept} == {"submitted.v1"}


def test_a_session_waits_in_its_lobby_until_the_last_seat_is_there(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "steps", auto_start=True)
            async with laboratory.link(credentials[0]) as first:
                await until(lambda: first.state.screen == Lobby(present=1, expected=4))
                async with laboratory.link(credentials[1]) as second:
                    await until(lambda: first.state.screen == Lobby(present=2, expected=4))
                    assert status(laboratory.database, laboratory.session) == "lobby"
                    async with laboratory.link(credentials[2]), laboratory.link(credentials[3]):
                        await until(lambda: isinstance(first.state.screen, Asking))
                        await until(lambda: isinstance(second.state.screen, Asking))
            await until(lambda: not present(laboratory))

    run(test())


def present(laboratory: Laboratory) -> list[str]:
    """Return the seats that the record has as present."""
    table = tables.seat
    return [one.name for one in laboratory.database.ask(select(table).where(table.c.present))]


def test_the_operator_starts_a_session_whose_seats_are_not_all_there(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, *_ = await laboratory.seated(operator, "steps")
            async with laboratory.link(first) as link:
                await until(lambda: link.state.session and link.state.expected == 4)

                await operator.start(laboratory.session)

                await until(lambda: isinstance(link.state.screen, Asking))
                with pytest.raises(Rejected, match="is running") as refused:
                    await operator.start(laboratory.session)
                assert refused.value.code == "already-started"

    run(test())


def test_everyone_hears_that_the_operator_closed_the_session_and_why(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, second, *_ = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
            async with laboratory.link(first) as one, laboratory.link(second) as other:
                await until(lambda: isinstance(one.state.screen, Asking))
                await until(lambda: isinstance(other.state.screen, Asking))
                one.submit({"value": 3})
                await until(lambda: one.state.submitted)

                await operator.close(laboratory.session, reason="a fire alarm")

                assert await ending(one) == await ending(other) == ("closed", "a fire alarm")
            async with laboratory.link(second) as later:
                # who comes back after the end is told from the record
                assert await ending(later) == ("closed", "a fire alarm")
            with pytest.raises(Rejected, match="closed already"):
                await operator.close(laboratory.session)
            with pytest.raises(Rejected, match="is closed"):
                await operator.start(laboratory.session)

    run(test())
    check_record(laboratory.database, laboratory.session)
    assert answers(laboratory.database, laboratory.session) == {
        ("all", 1): {laboratory.seats[0]: {"value": 3}}
    }


async def ending(link: Link) -> tuple[str, str]:
    """Wait for the end; return the outcome and the reason."""
    await until(lambda: isinstance(link.state.screen, Ended))
    screen = link.state.screen
    assert isinstance(screen, Ended)
    return screen.outcome, screen.reason


def test_what_cannot_be_opened_is_refused_in_words(small_laboratory: Laboratory) -> None:
    laboratory = small_laboratory
    cases: list[tuple[dict[str, Any], str]] = [
        (
            {"program": "nonsense"},
            "There is no program 'nonsense'; the worker knows: .*public-goods",
        ),
        (
            {"program": "public-goods", "settings": {"rounds": 0}},
            "Setting 'rounds' of public-goods",
        ),
        ({"program": "public-goods", "settings": {"round": 1}}, "Setting 'round' of public-goods"),
        ({"program": "pairs", "seats": ("a", "b", "c")}, "3 participants cannot form groups of 2"),
        ({"program": "steps", "seats": ("a", "b", "a")}, "A seat is named twice"),
        ({"program": "steps", "seats": ("a", "operator")}, "'operator' cannot be a participant's"),
        ({"program": "steps", "seats": ("a", "room")}, "'room' cannot be a participant's"),
        ({"program": "steps", "seats": ("a", "lobby")}, "'lobby' cannot be a participant's"),
    ]

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            for given, words in cases:
                with pytest.raises(Rejected, match=words) as refused:
                    await operator.open(laboratory.opening(**{"program": "steps", **given}))
                assert refused.value.code == "cannot-open"
            assert (await operator.sessions()).sessions == ()
            assert await laboratory.lost() == []

    run(test())


def test_a_name_is_given_to_one_session_only(laboratory: Laboratory) -> None:
    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            await operator.open(laboratory.opening("steps"))

            with pytest.raises(Rejected, match="choose another name") as refused:
                await operator.open(laboratory.opening("steps", seats=laboratory.more_seats(2)))

            assert refused.value.code == "exists"
            with pytest.raises(Rejected, match="choose another name"):
                await operator.open(laboratory.opening("steps", session=LOBBY))
            sessions = (await operator.sessions()).sessions
            assert [(one.session, one.seats) for one in sessions] == [(laboratory.session, 4)]

    run(test())


def test_a_seat_takes_part_in_one_session_at_a_time(laboratory: Laboratory) -> None:
    async def test() -> None:
        later = unique("s")
        async with laboratory.working(), laboratory.operator() as operator:
            await operator.open(laboratory.opening("steps"))

            with pytest.raises(Rejected, match=f"takes part in session {laboratory.session}"):
                await operator.open(laboratory.opening("steps", session=later))

            await operator.close(laboratory.session)
            opened = await operator.open(laboratory.opening("steps", session=later))
            assert opened.seats == laboratory.seats

    run(test())


def test_codes_are_for_the_seats_of_their_session_only(small_laboratory: Laboratory) -> None:
    laboratory = small_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            await operator.open(laboratory.opening("steps"))

            with pytest.raises(Rejected, match="has no seat nobody") as refused:
                await operator.codes(laboratory.session, (laboratory.seats[0], "nobody"))
            assert refused.value.code == "unknown-seat"
            with pytest.raises(Rejected, match="no session elsewhere"):
                await operator.codes("elsewhere", laboratory.seats)

    run(test())


async def joining(laboratory: Laboratory, code: str) -> str:
    """Join with a code; return the seat, or the code of the refusal."""
    try:
        joined = await join(laboratory.server.transport(), code=code, room_password=SECRETS.room)
    except Rejected as refused:
        return refused.code
    return joined.seat


def test_a_code_opens_one_seat_once(laboratory: Laboratory) -> None:
    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            await operator.open(laboratory.opening("steps"))
            seat = laboratory.seats[0]
            old = (await operator.codes(laboratory.session, (seat,)))[seat]
            assert await joining(laboratory, old) == seat
            assert await joining(laboratory, old) == "used-code"
            assert await joining(laboratory, "NOCO-DEAT-ALL") == "unknown-code"

            new = (await operator.codes(laboratory.session, (seat,)))[seat]

            assert await joining(laboratory, old) == "unknown-code"
            # as someone types it who reads it off a slip of paper
            assert await joining(laboratory, new.lower().replace("-", " ")) == seat

    run(test())
    kept = laboratory.database.ask(select(tables.seat.c.code_hash, tables.seat.c.joined_with))
    assert all(len(one.code_hash or "x" * 64) == 64 for one in kept)


def test_a_join_that_is_asked_twice_gets_the_same_password(each_laboratory: Laboratory) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            await operator.open(laboratory.opening("steps"))
            seat = laboratory.seats[0]
            code = (await operator.codes(laboratory.session, (seat,)))[seat]
            account = Account(user=ROOM, password=SECRETS.room, connection_name="who joins")
            asked = Join(session=LOBBY, code=code)
            async with Twice(laboratory.server.transport(), account) as asker:
                first = await asker.ask(asked, Joined)
                second = await asker.ask(asked, Joined)

            assert first == second
            async with laboratory.server.connected(
                Account(user=seat, password=first.password, connection_name="the seat")
            ):
                pass

    run(test())


class Twice(Asker):
    """Asks each time with the same message id, as one does who has heard no answer."""

    async def _answered(self, envelope, key, future):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        same = type(envelope)(
            message=envelope.message,
            message_id=f"the same {self._account.connection_name} {id(self)}",
            user_id=envelope.user_id,
            reply_to=envelope.reply_to,
        )
        self._waiting[same.message_id] = future
        return await super()._answered(same, key, future)


def test_many_sessions_go_on_side_by_side(laboratory: Laboratory) -> None:
    sessions = [unique("s") for _ in range(3)]

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:

            async def one(session: str) -> set[str]:
                other = Laboratory(laboratory.server, laboratory.database)
                other.session = session
                credentials = await other.seated(operator, "pairs", auto_start=True)
                return await other.play(credentials)

            outcomes = await asyncio.gather(*map(one, sessions))

            assert outcomes == [{"finished"}] * 3
            await laboratory.told()

    run(test())
    for session in sessions:
        check_record(laboratory.database, session)
    count = select(func.count()).select_from(tables.answer)
    assert laboratory.database.ask(count)[0][0] == 3 * 4 * 2


def test_a_client_that_comes_late_is_where_the_others_are(each_laboratory: Laboratory) -> None:
    laboratory = each_laboratory
    laboratory.seats = laboratory.more_seats(2)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, second = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
            async with laboratory.link(first) as early:
                await until(lambda: isinstance(early.state.screen, Asking))
                early.submit({"value": 4})
                await until(lambda: early.state.submitted)
                async with Link(laboratory.server.transport(), second) as late:
                    await until(lambda: isinstance(late.state.screen, Asking))
                    late.submit({"value": 5})
                    assert await data_of(early, "second") == {"yours": 4}
                    assert await data_of(late, "second") == {"yours": 5}

    run(test())


async def data_of(link: Link, name: str) -> Mapping[str, Any]:
    """Wait for a stage; return what it shows."""
    await until(lambda: link.state.stage is not None and link.state.stage.name == name)
    assert link.state.stage is not None
    return link.state.stage.data

"""Poison is isolated, and what it left is listed, replayed and dropped; nobody else notices."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest
from pydantic import field_validator

from palier.broker.errors import PublishRefused
from palier.broker.letterbox import Letterbox, opened
from palier.broker.letters import Letter
from palier.broker.transport import Publication
from palier.program import Form, Program
from palier.program import Session as ProgramSession
from palier.schemas.commands import Close
from palier.schemas.events import StageOpened
from palier.schemas.names import ALL, OPERATOR
from palier.schemas.replies import Submitted
from tests.brokers import PATIENCE, run
from tests.laboratory import Laboratory, answers, catalogue, check_record, commanded, running


class Curse:
    """What is wrong with the code, until somebody mends it."""

    active = True


class Cursed(Form):
    value: int

    @field_validator("value")
    @classmethod
    def _unlucky(cls, value: int) -> int:
        if value == 7 and Curse.active:
            raise ZeroDivisionError("nobody thought of seven")
        return value


class Touchy(Program):
    """A number from all, on one of which our code fails, and the end."""

    async def run(self, session: ProgramSession) -> None:
        await session.stage("first", form=Cursed)
        await session.stage("end")


@pytest.fixture
def touchy(each_laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch) -> Laboratory:
    """A laboratory that knows the program above, with its fault."""
    monkeypatch.setattr(Curse, "active", True)
    each_laboratory.catalogue.add("touchy", Touchy)
    return each_laboratory


def box(
    laboratory: Laboratory, queue: str = "dead-letters"
) -> AbstractAsyncContextManager[Letterbox]:
    """Open a letterbox as `palier dead-letters` does."""
    server = laboratory.server
    return opened(server.transport(), server.administrator, queue, keep=lambda _: True)


async def letters(laboratory: Laboratory, count: int, queue: str = "dead-letters") -> list[Letter]:
    """Wait for so many letters, and return them."""
    async with asyncio.timeout(PATIENCE):
        while await laboratory.left_in(queue) < count:  # noqa: ASYNC110 - a queue has no event
            await asyncio.sleep(0.01)
    async with box(laboratory, queue) as held:
        return held.letters


async def replay_all(laboratory: Laboratory, queue: str = "dead-letters") -> int:
    """Replay everything; return how many letters that was."""
    async with box(laboratory, queue) as held:
        return len(await held.replay(held.letters))


def test_a_message_on_which_our_code_fails_is_isolated_and_handled_after_the_mending(
    touchy: Laboratory,
) -> None:
    laboratory = touchy
    other = Laboratory(laboratory.server, laboratory.database)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            seated = await laboratory.seated(operator, "touchy", auto_start=False)
            await operator.start(laboratory.session)
            others = await other.seated(operator, "pairs", auto_start=True)
            async with laboratory.by_hand(seated[0]) as hand:
                await hand.heard_of(StageOpened)
                poison, playing = hand.submit(1, 7), asyncio.create_task(other.play(others))
                await hand.send(poison)
                refused = await hand.result(poison)
                assert refused.code == "worker-error"
                assert "nobody thought of seven" in refused.reason

                (letter,) = await letters(laboratory, 1)
                assert (letter.code, letter.sender) == ("worker-error", seated[0].seat)
                assert (letter.session, letter.kind) == (laboratory.session, "submit.v1")
                assert "ZeroDivisionError: nobody thought of seven" in letter.reason

                # before it is mended a replay fails as it did, and is counted
                assert await replay_all(laboratory) == 1
                (again,) = await letters(laboratory, 1)
                assert (again.id, again.replays) == (letter.id, 1)
                assert (again.code, again.sender) == ("worker-error", seated[0].seat)

                assert await playing == {"finished"}
                Curse.active = False
                assert await replay_all(laboratory) == 1
                assert isinstance(await hand.result(poison, count=3), Submitted)
            bots = laboratory.bots(seated)
            assert set(await asyncio.gather(*(one.play() for one in bots))) == {"finished"}
            await laboratory.told()
            assert await laboratory.lost() == []

    run(test())
    check_record(laboratory.database, laboratory.session)
    found = answers(laboratory.database, laboratory.session)[ALL, 1]
    assert found[laboratory.seats[0]] == {"value": 7}


def test_what_is_settled_meanwhile_is_answered_and_comes_back_no_more(touchy: Laboratory) -> None:
    laboratory = touchy

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            seated = await laboratory.seated(operator, "touchy")
            await operator.start(laboratory.session)
            async with laboratory.by_hand(seated[0]) as hand:
                await hand.heard_of(StageOpened)
                poison = hand.submit(1, 7)
                await hand.send(poison, hand.submit(1, 5))
                await letters(laboratory, 1)
                Curse.active = False

                assert await replay_all(laboratory) == 1

                settled = await hand.result(poison, count=2)
                assert settled.code == "already-submitted"
            await laboratory.told()
            assert await laboratory.lost() == []

    run(test())
    check_record(laboratory.database, laboratory.session)
    found = answers(laboratory.database, laboratory.session)[ALL, 1]
    assert found == {laboratory.seats[0]: {"value": 5}}


def test_what_cannot_be_handled_yet_comes_back(touchy: Laboratory) -> None:
    """Its sender was told that it failed, and keeps it no more: nobody else would send it again."""
    laboratory = touchy

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            seated = await laboratory.seated(operator, "touchy")
            await operator.start(laboratory.session)
            async with laboratory.by_hand(seated[0]) as hand:
                await hand.heard_of(StageOpened)
                await hand.send(hand.submit(1, 7))
                (letter,) = await letters(laboratory, 1)
        laboratory.catalogue = catalogue()  # one that does not know the program
        async with running(laboratory.surroundings()):
            assert await replay_all(laboratory) == 1
            (held,) = await letters(laboratory, 1)
            assert (held.id, held.code, held.replays) == (letter.id, "held", 1)
            assert held.sender == seated[0].seat
        laboratory.catalogue.add("touchy", Touchy)
        Curse.active = False
        async with running(laboratory.surroundings()), laboratory.by_hand(seated[0]) as hand:
            assert await replay_all(laboratory) == 1
            assert isinstance(await hand.heard_of(Submitted), Submitted)
            assert await laboratory.lost() == []

    run(test())
    check_record(laboratory.database, laboratory.session)
    assert answers(laboratory.database, laboratory.session)[ALL, 1]


def test_no_seat_speaks_for_another_in_the_words_of_a_replay(each_laboratory: Laboratory) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, second, *_ = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
            worker = laboratory.server.user
            async with laboratory.by_hand(first) as hand, laboratory.by_hand(second) as other:
                await other.heard_of(StageOpened)
                as_second = {"palier-sender": second.seat, "palier-replays": 1}
                theirs = other.submit(1, 1, headers=as_second)
                for forged in (
                    replace_user(theirs, first.seat),
                    replace_user(theirs, None),
                    replace_user(theirs, worker),
                    hand.submit(1, 1, user_id=worker, headers=as_second),
                    commanded(Close(session=laboratory.session), OPERATOR, headers=as_second),
                ):
                    with pytest.raises(PublishRefused):
                        await hand.connection.publish([forged])
                # under its own key it speaks for itself, whatever it says
                nobodys = hand.submit(1, 2, user_id=None, headers=as_second)
                own = hand.submit(1, 3, headers=as_second)
                await hand.send(nobodys, own)
                assert isinstance(await hand.result(own), Submitted)
                (letter,) = await letters(laboratory, 1)
                assert (letter.code, letter.sender, letter.replays) == ("no-sender", "", 0)

                # and a replay does not make it anybody's
                assert await replay_all(laboratory) == 1
                (again,) = await letters(laboratory, 1)
                assert (again.code, again.sender, again.replays) == ("no-sender", "", 1)
                assert other.answers(theirs) == []
            async with box(laboratory) as held:
                held.drop(held.letters[0])
            assert await laboratory.lost() == []

    run(test())
    check_record(laboratory.database, laboratory.session)
    assert answers(laboratory.database, laboratory.session)[ALL, 1] == {
        laboratory.seats[0]: {"value": 3}
    }


def replace_user(publication: Publication, user: str | None) -> Publication:
    """Return the same, said to be somebody else's."""
    return replace(publication, properties=replace(publication.properties, user_id=user))

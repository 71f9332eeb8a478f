"""A message on which workers die: found out without a broker's help, and nobody else blamed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from palier.broker.letters import read, replay
from palier.broker.transport import Delivery, Publication
from palier.program import Form, Program
from palier.program import Session as ProgramSession
from palier.schemas.addresses import DEAD_LETTERS, seat_queue
from palier.schemas.commands import OpenSession, Start, Submit
from palier.schemas.envelope import unpack
from palier.schemas.message import Reply
from palier.schemas.names import ALL, OPERATOR
from palier.schemas.replies import Refused, Submitted
from palier.workers.persistence import tables
from palier.workers.runtime.batch import BatchHandler, Handled
from palier.workers.runtime.suspects import ATTEMPTS
from tests.databases import Database
from tests.laboratory import Postman, answers, check_record, commanded

SEATS = ("p1", "p2")


class Death(KeyboardInterrupt):
    """The end of a process, in the place where it ends: nobody may catch that."""


class Deadly(Program):
    """A number from all, on one of which the process dies."""

    mended = False

    async def run(self, session: ProgramSession) -> None:
        given = await session.stage("first", form=Number)
        if not Deadly.mended and any(one.value == 7 for one in given.values()):
            raise Death
        await session.stage("end")


class Number(Form):
    value: int


@pytest.fixture
def postman(database: Database, monkeypatch: pytest.MonkeyPatch) -> Postman:
    """Sessions s and other, both started, for two seats each; in s everybody waits for p2."""
    monkeypatch.setattr(Deadly, "mended", False)
    postman = Postman(database.migrated())
    postman.catalogue.add("deadly", Deadly)
    handler = postman.handler()
    others = ("o1", "o2")
    for session, program, seats in (("s", "deadly", SEATS), ("other", "steps", others)):
        opening = OpenSession(session=session, program=program, seats=seats, seed=1)
        handler.handle(
            [postman.asked(opening, OPERATOR), postman.asked(Start(session=session), OPERATOR)]
        )
    handler.handle([postman.delivery(submit("p1", 1))])
    return postman


def submit(seat: str, value: int, *, session: str = "s", **more: Any) -> Publication:
    """Return a seat's answer to the first stage."""
    command = Submit(session=session, scope=ALL, generation=1, answer={"value": value})
    return commanded(command, seat, **more)


def again(delivery: Delivery) -> Delivery:
    """Return a delivery as the next worker gets it."""
    return replace(delivery, redelivered=True)


def deaths(postman: Postman, delivery: Delivery) -> int:
    """Let worker after worker take a message that came back; return how many died on it."""
    for number in range(100):
        handler = postman.handler()
        try:
            handled = handler.handle([again(delivery)])
        except Death:
            continue
        assert letters(handled), "it is put aside"
        return number
    raise AssertionError("workers die for ever")


def published(handled: list[Handled]) -> list[Publication]:
    """Return all that is told."""
    told = [item for one in handled for item in (*one.items, *one.replies)]
    return [one for one in told if isinstance(one, Publication)]


def letters(handled: list[Handled]) -> list[Publication]:
    return [one for one in published(handled) if one.exchange == DEAD_LETTERS]


def said(handled: list[Handled], seat: str) -> list[Any]:
    """Return the results that a seat is told."""
    told = [
        unpack(one.properties, one.body).message
        for one in published(handled)
        if one.routing_key == seat_queue(seat)
    ]
    return [one for one in told if isinstance(one, Reply)]


def taken(publication: Publication, postman: Postman) -> Delivery:
    """Return a dead letter as it comes out of its queue."""
    return replace(postman.delivery(publication), queue="dead-letters")


def test_a_message_on_which_workers_die_is_put_aside_and_its_sender_told(
    postman: Postman, database: Database
) -> None:
    poison = postman.delivery(submit("p2", 7))
    with pytest.raises(Death):
        postman.handler().handle([poison])

    assert deaths(postman, poison) == ATTEMPTS

    handled = postman.handler().handle([again(poison)])
    (letter,) = letters(handled)
    headers = letter.properties.headers
    assert (headers["palier-code"], headers["palier-sender"]) == ("worker-died", "p2")
    assert str(headers["palier-reason"]).startswith("A worker died each time")
    (refused,) = said(handled, "p2")
    assert isinstance(refused, Refused)
    assert refused.code == "worker-died"
    check_record(database, "s")
    assert answers(database, "s")[ALL, 1] == {"p1": {"value": 1}}


def test_those_who_came_with_it_are_handled(postman: Postman, database: Database) -> None:
    poison = postman.delivery(submit("p2", 7))
    before, after = (postman.delivery(submit(one, 3, session="other")) for one in ("o1", "o2"))
    batch = [before, poison, after]
    with pytest.raises(Death):
        postman.handler().handle(batch)

    served: list[Handled] = []
    for _ in range(ATTEMPTS + 1):
        handler = postman.handler()
        try:
            for one in batch:
                served += handler.handle([again(one)])
        except Death:
            continue

    assert len(letters(served)) == 1
    assert set(answers(database, "other")[ALL, 1]) == {"o1", "o2"}
    assert isinstance(said(served, "o1")[0], Submitted)
    check_record(database, "other")


def test_its_copies_kill_nobody_more(postman: Postman) -> None:
    """Its client sent it again while nobody answered: each copy is new to the broker."""
    sent = submit("p2", 7)
    poison = postman.delivery(sent)
    deaths(postman, poison)

    # to the worker that found it out, to one that begins, alone or among others
    for copies in ([postman.delivery(sent)], [postman.delivery(sent) for _ in range(3)]):
        for handler in (postman.handler(), postman.handler()):
            innocent = postman.delivery(submit("p2", 5, session="other"))
            handled = handler.handle([*copies, innocent])
            assert len(letters(handled)) == len(copies)
            assert {one.code for one in said(handled, "p2")} == {"worker-died", "not-a-party"}


def test_a_worker_that_stood_by_knows_what_the_others_died_of(postman: Postman) -> None:
    sent = submit("p2", 7)
    stands_by = postman.handler()
    stands_by.handle([postman.delivery(submit("o1", 3, session="other"))])
    poison = postman.delivery(sent)
    deaths(postman, poison)

    handled = stands_by.handle([again(postman.delivery(sent))])

    assert len(letters(handled)) == 1


def test_a_replay_is_given_its_chance_and_is_handled_once_the_code_is_mended(
    postman: Postman, database: Database
) -> None:
    poison = postman.delivery(submit("p2", 7))
    deaths(postman, poison)
    (letter,) = letters(postman.handler().handle([again(poison)]))

    def replayed(publication: Publication) -> Delivery:
        came = taken(publication, postman)
        return postman.delivery(replay(read(came, account="worker"), came, account="worker"))

    # not mended yet: it kills as many as before, and is a letter again
    second = replayed(letter)
    assert deaths(postman, second) == ATTEMPTS
    (letter,) = letters(postman.handler().handle([again(second)]))
    assert letter.properties.headers["palier-replays"] == 1

    Deadly.mended = True
    handled = postman.handler().handle([replayed(letter)])

    assert letters(handled) == []
    check_record(database, "s")
    assert answers(database, "s")[ALL, 1]["p2"] == {"value": 7}


def test_whoever_is_served_when_workers_are_killed_is_not_to_blame(
    postman: Postman, database: Database
) -> None:
    """Handled, and its worker killed before it could acknowledge, again and again."""
    delivery = postman.delivery(submit("o1", 3, session="other"))

    for _ in range(5 * ATTEMPTS):
        handled = postman.handler().handle([again(delivery)])
        assert isinstance(said(handled, "o1")[-1], Submitted)

    assert database.ask(select(tables.suspect)) == []


def test_a_database_that_was_away_makes_nobody_guilty(postman: Postman, database: Database) -> None:
    """The same batch is tried again and again: that is one attempt."""
    Deadly.mended = False
    handler: BatchHandler = postman.handler()
    batch = [again(postman.delivery(submit("p2", 7)))]

    for _ in range(5 * ATTEMPTS):
        with pytest.raises(Death):
            handler.handle(batch)

    (suspect,) = database.ask(select(tables.suspect))
    assert suspect.attempts == 1


def test_what_was_long_ago_is_forgotten(postman: Postman, database: Database) -> None:
    deaths(postman, postman.delivery(submit("p2", 7)))
    assert len(database.ask(select(tables.suspect))) == 1
    with postman.engine.begin() as db:
        db.execute(update(tables.suspect).values(at=datetime(2020, 1, 1, tzinfo=UTC)))

    postman.handler().handle([postman.delivery(submit("o1", 3, session="other"))])

    assert database.ask(select(tables.suspect)) == []

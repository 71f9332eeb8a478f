"""A command that comes twice, late, early, or from a stranger; and a worker that dies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from palier.broker.transport import Delivery, Publication
from palier.schemas.addresses import EVENTS
from palier.schemas.commands import Join, OpenSession, Start, Submit
from palier.schemas.envelope import DIRECT_REPLY, unpack
from palier.schemas.events import Released, StageOpened
from palier.schemas.message import Message
from palier.schemas.names import ALL, LOBBY, OPERATOR, ROOM
from palier.schemas.replies import Refused, SessionOpened, Submitted
from palier.workers.persistence import tables
from palier.workers.runtime.batch import BatchHandler, Handled
from palier.workers.runtime.parcel import Item
from tests.brokers import run
from tests.databases import Database
from tests.laboratory import (
    Crash,
    Laboratory,
    Postman,
    answers,
    catalogue,
    check_record,
    commanded,
    crashing_commit,
    payoffs,
    results,
    status,
)

SEATS = ("p1", "p2")


@pytest.fixture
def postman(database: Database) -> Postman:
    """A database with its tables, and who brings deliveries."""
    return Postman(database.migrated())


def opened(postman: Postman, handler: BatchHandler, program: str = "steps") -> None:
    """Open session s for two seats and start it."""
    handler.handle(
        [
            postman.asked(OpenSession(session="s", program=program, seats=SEATS, seed=1), OPERATOR),
            postman.asked(Start(session="s"), OPERATOR),
        ]
    )


def submit(
    seat: str, generation: int, value: Any = 5, *, scope: str = ALL, **more: Any
) -> Publication:
    """Return a seat's answer on its way."""
    answer = None if value is None else {"value": value}
    command = Submit(session="s", scope=scope, generation=generation, answer=answer)
    return commanded(command, seat, **more)


def said(handled: Sequence[Handled]) -> list[Message]:
    """Return every message that is told, in order."""
    told: list[Item] = []
    for one in handled:
        told += one.items
        told += one.replies
    return [
        unpack(one.properties, one.body).message for one in told if isinstance(one, Publication)
    ]


def answered(handled: Sequence[Handled], asked: Publication) -> list[Message]:
    """Return the answers to one command, as its sender understands them.

    A release is the answer to every submit that its barrier waited for.
    """
    told: list[Item] = []
    for each in handled:
        told += each.items
        told += each.replies
    heard: list[Message] = []
    for one in told:
        if not isinstance(one, Publication):
            continue
        envelope = unpack(one.properties, one.body)
        match envelope.message:
            case Released(scope=scope, generation=generation) if one.exchange != EVENTS:
                submitted = Submitted(session="s", scope=scope, generation=generation)
                if submitted == acceptance(asked):
                    heard.append(submitted)
            case Submitted() | Refused() | SessionOpened() as result:
                if envelope.causation_id == asked.properties.message_id:
                    heard.append(result)
            case _:
                pass
    return heard


def acceptance(asked: Publication) -> Submitted | None:
    """Return what a submit is answered if it is accepted."""
    command = unpack(asked.properties, asked.body).message
    if not isinstance(command, Submit):
        return None
    return Submitted(session=command.session, scope=command.scope, generation=command.generation)


# -- repetition


def test_a_submit_that_comes_twice_arrives_once_and_is_answered_twice_alike(
    postman: Postman, database: Database
) -> None:
    handler = postman.handler()
    opened(postman, handler)
    asked = submit("p1", 1)

    first = handler.handle([postman.delivery(asked)])
    second = handler.handle([postman.delivery(asked, redelivered=True)])

    assert answered(first, asked) == answered(second, asked)
    assert answered(first, asked) == [Submitted(session="s", scope=ALL, generation=1)]
    assert len(results(database, ["p1"])) == 1
    check_record(database, "s")


def test_a_submit_that_comes_twice_in_one_batch_arrives_once(
    postman: Postman, database: Database
) -> None:
    handler = postman.handler()
    opened(postman, handler)
    asked = submit("p1", 1)

    handled = handler.handle([postman.delivery(asked), postman.delivery(asked)])

    assert answered(handled, asked) == [Submitted(session="s", scope=ALL, generation=1)] * 2
    check_record(database, "s")


def test_another_worker_answers_a_repeated_submit_as_the_first_one_did(
    postman: Postman, database: Database
) -> None:
    first = postman.handler()
    opened(postman, first)
    asked = submit("p1", 1, value=77)
    (refused,) = answered(first.handle([postman.delivery(asked)]), asked)

    again = answered(postman.handler().handle([postman.delivery(asked)]), asked)

    # once what the first one may not have lived to tell, once for the repetition
    assert again == [refused] * 2
    assert isinstance(refused, Refused)
    assert refused.fields.keys() == {"value"}
    check_record(database, "s")


def test_what_is_refused_changes_nothing_and_its_result_is_stored(
    postman: Postman, database: Database
) -> None:
    handler = postman.handler()
    opened(postman, handler)
    handler.handle([postman.delivery(submit("p1", 1, value=1))])
    cases = {
        "already-submitted": submit("p1", 1, value=9),
        "unknown-generation": submit("p2", 2),
        "not-a-party": submit("p2", 1, scope="g1"),
        "invalid": submit("p2", 1, value="many"),
        "no-session": commanded(
            Submit(session="none", scope=ALL, generation=1, answer={"value": 1}), "p2"
        ),
    }

    for code, asked in cases.items():
        (refused,) = answered(handler.handle([postman.delivery(asked)]), asked)
        assert isinstance(refused, Refused)
        assert refused.code == code
        (again,) = answered(handler.handle([postman.delivery(asked)]), asked)
        assert again == refused

    assert answers(database, "s") == {(ALL, 1): {"p1": {"value": 1}}}
    stored = [one.result_kind for one in results(database, SEATS)]
    assert sorted(stored) == ["refused.v1"] * len(cases) + ["submitted.v1"]
    check_record(database, "s")


def test_a_submit_for_a_stage_that_is_over_is_refused(postman: Postman, database: Database) -> None:
    handler = postman.handler()
    opened(postman, handler)
    handler.handle([postman.delivery(submit(one, 1)) for one in SEATS])
    late = submit("p1", 1, value=9)

    (refused,) = answered(handler.handle([postman.delivery(late)]), late)

    assert isinstance(refused, Refused)
    assert refused.code == "released"
    assert answers(database, "s")[ALL, 1] == {"p1": {"value": 5}, "p2": {"value": 5}}


def test_a_stranger_does_not_arrive(postman: Postman, database: Database) -> None:
    handler = postman.handler()
    opened(postman, handler)
    stranger = submit("p3", 1)

    (refused,) = answered(handler.handle([postman.delivery(stranger)]), stranger)

    assert isinstance(refused, Refused)
    assert refused.code == "not-a-party"
    check_record(database, "s")


def test_two_seats_may_choose_the_same_message_id(postman: Postman, database: Database) -> None:
    handler = postman.handler()
    opened(postman, handler)

    for one in SEATS:
        asked = submit(one, 1, message_id="the same")
        assert isinstance(answered(handler.handle([postman.delivery(asked)]), asked)[0], Submitted)

    assert len(answers(database, "s")[ALL, 1]) == 2
    check_record(database, "s")


def test_a_repeated_opening_is_answered_again_and_opens_nothing(
    postman: Postman, database: Database
) -> None:
    handler = postman.handler()
    asked = commanded(OpenSession(session="s", program="steps", seats=SEATS), OPERATOR)

    for each in (handler, handler, postman.handler()):
        told = answered(each.handle([postman.delivery(asked)]), asked)
        assert set(told) == {SessionOpened(session="s", program="steps", seats=SEATS)}

    assert len(database.ask(select(tables.session))) == 1
    check_record(database, "s")


def test_a_whole_session_in_one_batch_is_told_in_order(
    postman: Postman, database: Database
) -> None:
    handler = postman.handler()
    opened(postman, handler)

    handled = handler.handle(
        [
            postman.delivery(submit(seat, generation, None if generation == 3 else 5))
            for generation in (1, 2, 3)
            for seat in SEATS
        ]
    )

    versions = [one.version for one in said(handled) if isinstance(one, Released)]
    assert versions == sorted(versions)
    own = [one for one in said(handled) if isinstance(one, StageOpened) and one.hold]
    assert [one.stage.data for one in own] == [{"yours": 5.0}] * 2
    assert status(database, "s") == "finished"
    check_record(database, "s")


# -- crashes


def everything(*, generation: int) -> list[Publication]:
    """Return an answer of each seat."""
    return [submit(one, generation) for one in SEATS]


def test_a_worker_that_dies_before_the_commit_has_done_nothing(
    postman: Postman, database: Database
) -> None:
    first = postman.handler()
    opened(postman, first)
    asked = everything(generation=1)
    before = database.ask(select(tables.session.c.stamp))
    with crashing_commit(postman.engine), pytest.raises(Crash):
        raise_crash(first, [postman.delivery(one) for one in asked])
    assert database.ask(select(tables.session.c.stamp)) == before
    assert results(database, SEATS) == []

    handled = postman.handler().handle([postman.delivery(one, redelivered=True) for one in asked])

    assert [answered(handled, one) for one in asked] == [
        [Submitted(session="s", scope=ALL, generation=1)]
    ] * 2
    assert [one.generation for one in said(handled) if isinstance(one, Released)] == [1, 1]
    check_record(database, "s")


def raise_crash(handler: BatchHandler, deliveries: Sequence[Delivery]) -> None:
    """Handle a batch in a worker that dies of it; what it would do with its error is not asked."""
    handler._attempt([one for _, one in received(handler, deliveries)])


def received(handler: BatchHandler, deliveries: Sequence[Delivery]) -> list[Any]:
    """Return what the reception lets in."""
    from palier.workers.runtime.reception import Received

    into = Received()
    for one in deliveries:
        handler._reception.receive(one, into)
    return into.wanted


def test_a_worker_that_failed_to_commit_goes_on_from_the_record(
    postman: Postman, database: Database
) -> None:
    handler = postman.handler()
    opened(postman, handler)
    asked = everything(generation=1)
    with crashing_commit(postman.engine), pytest.raises(Crash):
        raise_crash(handler, [postman.delivery(one) for one in asked])

    # the same one: what it had decided in its memory must be gone
    handled = handler.handle([postman.delivery(one, redelivered=True) for one in asked])

    assert all(isinstance(answered(handled, one)[0], Submitted) for one in asked)
    check_record(database, "s")


def test_what_was_committed_and_never_told_is_told_by_the_next_worker(
    postman: Postman, database: Database
) -> None:
    first = postman.handler()
    opened(postman, first)
    asked = everything(generation=1)
    lost = first.handle([postman.delivery(one) for one in asked])

    second = postman.handler()
    untold = second.untold()
    repeated = second.handle([postman.delivery(one, redelivered=True) for one in asked])

    # what the first one opened was never told either, and comes first
    assert said(untold)[-len(said(lost)) :] == said(lost)
    assert [answered(untold, one) for one in asked] == [answered(repeated, one) for one in asked]
    assert [one for one in said(repeated) if isinstance(one, Released)] == []
    check_record(database, "s")


def test_what_was_told_and_not_acknowledged_is_told_again_and_changes_nothing(
    postman: Postman, database: Database
) -> None:
    first = postman.handler()
    opened(postman, first)
    asked = everything(generation=1)
    for one in first.handle([postman.delivery(each) for each in asked]):
        assert one.number is not None
        first.told(one.number)

    second = postman.handler()
    untold = [one for one in second.untold() if one.number is not None]
    repeated = second.handle([postman.delivery(one, redelivered=True) for one in asked])

    assert [one for one in said(repeated) if isinstance(one, Released)] == []
    assert [answered(repeated, one) for one in asked] == [
        [Submitted(session="s", scope=ALL, generation=1)]
    ] * 2
    for one in untold:
        assert one.number is not None
        second.told(one.number)
    second.sweep()
    assert database.ask(select(tables.outbox.c.seq)) == []
    check_record(database, "s")


def test_a_parcel_is_adopted_once(postman: Postman) -> None:
    first = postman.handler()
    opened(postman, first)

    second = postman.handler()

    assert len(second.untold()) == 1
    assert second.untold() == []
    # and what one tells itself is nobody else's to it
    assert first.untold() == []


def test_what_is_told_leaves_the_outbox_with_the_next_transaction(
    postman: Postman, database: Database
) -> None:
    handler = postman.handler()
    opened(postman, handler)
    (parcel,) = database.ask(select(tables.outbox.c.seq))
    handler.told(parcel.seq)

    (handled,) = handler.handle([postman.delivery(submit("p1", 1))])

    assert [one.seq for one in database.ask(select(tables.outbox.c.seq))] == [handled.number]


def test_the_old_worker_does_not_go_on_from_what_it_remembers(
    postman: Postman, database: Database
) -> None:
    old, new = postman.handler(), postman.handler()
    opened(postman, old)
    old.handle([postman.delivery(submit("p1", 1))])
    new.handle([postman.delivery(submit("p2", 1))])
    new.handle([postman.delivery(submit("p1", 2))])

    # it has been away and does not know that the first stage is over
    last = submit("p2", 2)
    handled = old.handle([postman.delivery(last)])

    assert answered(handled, last) == [Submitted(session="s", scope=ALL, generation=2)]
    releases = [one.generation for one in said(handled) if isinstance(one, Released)]
    assert releases[-2:] == [2, 2]
    assert payoffs(database, "s") == {"p1": 5, "p2": 5}
    check_record(database, "s")


def test_a_join_that_comes_again_asks_for_the_same_grant(
    postman: Postman, database: Database
) -> None:
    from palier.schemas.commands import IssueCodes
    from palier.schemas.replies import CodesIssued

    handler = postman.handler()
    opened(postman, handler)
    issued = handler.handle([postman.asked(IssueCodes(session="s", seats=SEATS), OPERATOR)])
    (codes,) = [one.codes for one in said(issued) if isinstance(one, CodesIssued)]
    asked = postman.asked(Join(session=LOBBY, code=codes["p1"]), ROOM, reply_to=f"{DIRECT_REPLY}.x")

    first = handler.handle([asked])
    again = postman.handler().handle([asked])

    assert first[-1].items == again[-1].items
    kept = database.ask("SELECT * FROM inbox") + database.ask("SELECT * FROM seat")
    assert not any(codes["p1"] in str(one) for one in kept), "a code lies in the database"


def test_a_worker_that_takes_over_goes_on_where_the_other_was(laboratory: Laboratory) -> None:
    laboratory.catalogue = catalogue()

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "pairs")
            async with laboratory.by_hand(credentials[0]) as hand:
                await operator.start(laboratory.session)
                opening = await hand.heard_of(StageOpened)
                assert opening.stage.name == "welcome"
                arrival = hand.command(Submit(session=laboratory.session, scope=ALL, generation=1))
                await hand.send(arrival)
                assert isinstance(await hand.result(arrival), Submitted)

        laboratory.catalogue = catalogue()  # another process has read the programs anew
        async with laboratory.working():
            assert await laboratory.play(credentials) == {"finished"}
            await laboratory.told()
            assert await laboratory.lost() == []

    run(test())
    check_record(laboratory.database, laboratory.session)

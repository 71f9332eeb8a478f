"""The end of a session: the last results still come, and then nobody speaks of it any more."""

from __future__ import annotations

import pytest

from palier.broker.transport import Publication
from palier.client import link as links
from palier.client.state import Asking, Ended
from palier.program import Program
from palier.program import Session as ProgramSession
from palier.schemas.commands import OpenSession, Start, Submit
from palier.schemas.events import SessionFinished, StageOpened
from palier.schemas.names import ALL, OPERATOR
from tests.brokers import Memory, run, until
from tests.databases import Database
from tests.laboratory import Laboratory, Number, Postman, catalogue, results


class Single(Program):
    """One stage, and it is over."""

    async def run(self, session: ProgramSession) -> None:
        await session.stage("only", form=Number)


def test_the_last_word_is_told_before_nobody_can_hear_it(database: Database) -> None:
    known = catalogue()
    known.add("single", Single)
    postman = Postman(database.migrated(), known)
    handler = postman.handler()
    opening = OpenSession(session="s", program="single", seats=("p1",))
    handler.handle([postman.asked(one, OPERATOR) for one in (opening, Start(session="s"))])
    last = Submit(session="s", scope=ALL, generation=1, answer={"value": 4})

    handled = handler.handle([postman.asked(last, "p1"), postman.asked(last, "p1")])

    told = [one for each in handled for one in each.items]
    kinds = [
        one.properties.kind if isinstance(one, Publication) else type(one).__name__
        for one in told
        if not isinstance(one, Publication) or "staff" not in one.routing_key
    ]
    assert kinds == [
        "released.v1",
        "session-finished.v1",
        "refused.v1",
        *("Removal", "Unbinding", "Unbinding"),
    ]


def test_a_link_does_not_ask_a_session_that_is_over_again_and_again(
    small_laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    laboratory = small_laboratory
    laboratory.seats = laboratory.more_seats(2)
    monkeypatch.setattr(links, "_TICK", 0.05)
    monkeypatch.setattr("palier.client.doubt._AGAIN", 60.0)

    async def test() -> None:
        assert isinstance(laboratory.server, Memory)
        faults = laboratory.server.server
        async with laboratory.working(), laboratory.operator() as operator:
            first, _ = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
            async with laboratory.link(first) as link:
                await until(lambda: isinstance(link.state.screen, Asking))
                # the command is lost on its way, and the session is closed before it comes again
                faults.drop_next("palier.commands")
                assert link.submit({"value": 3})
                await until(lambda: not faults._lose["palier.commands"])
                await operator.close(laboratory.session)

                await until(lambda: isinstance(link.state.screen, Ended))
                await until(lambda: link.view().pending == 0)

    run(test())
    # asked once more than was lost, and answered for good
    (settled,) = results(laboratory.database, laboratory.seats)
    assert '"code":"not-running"' in settled.result


def test_after_the_end_a_command_is_refused_and_changes_nothing(laboratory: Laboratory) -> None:
    laboratory.seats = laboratory.more_seats(1)
    laboratory.catalogue.add("single", Single)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            (only,) = await laboratory.seated(operator, "single", auto_start=True)
            async with laboratory.by_hand(only) as hand:
                await hand.heard_of(StageOpened)
                last = hand.submit(1, 4)
                await hand.send(last)
                await hand.heard_of(SessionFinished)
                late = hand.command(
                    Submit(session=laboratory.session, scope=ALL, generation=1), message_id="late"
                )

                await hand.send(late)

                await until(lambda: len(results(laboratory.database, [only.seat])) == 2)
            await laboratory.told()

    run(test())
    kept = {one.message_id: one.result for one in results(laboratory.database, laboratory.seats)}
    assert '"code":"not-running"' in kept["late"]

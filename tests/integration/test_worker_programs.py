"""An author's mistakes: the operator hears of them, decisions are kept, nobody else is harmed."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from palier.broker.transport import Account
from palier.client.credentials import Credentials
from palier.client.errors import Rejected
from palier.client.state import Asking, Waiting
from palier.program import Group, Program
from palier.program import Session as ProgramSession
from palier.schemas.envelope import unpack
from palier.schemas.events import ProgramFailed
from palier.schemas.names import ALL, OPERATOR
from palier.schemas.replies import LATER, Refused
from palier.workers.persistence import tables
from palier.workers.runtime.catalogue import Catalogue
from tests.brokers import Inbox, run, until
from tests.laboratory import (
    PROGRAMS,
    SECRETS,
    Laboratory,
    answers,
    catalogue,
    check_record,
    results,
    status,
)

GOOD = """
from palier.program import Field, Form, Program

class Answer(Form):
    value: int = Field(ge=0, le=9)

class Mine(Program):
    async def run(self, session):
        await session.stage("first", form=Answer)
        await session.stage("second", form=Answer)
"""


class FailingInGroups(Program):
    """The first group's code raises before the second one's has begun."""

    async def run(self, session: ProgramSession) -> None:
        await session.stage("welcome")
        await session.each_group(self.play, size=2)

    async def play(self, group: Group) -> None:
        raise LookupError(group.name)


class FailingAtOnce(Program):
    """It raises before there is anything to see."""

    async def run(self, session: ProgramSession) -> None:
        raise LookupError(session.name)


def test_code_that_raises_stops_its_session_and_tells_the_staff_where(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory
    laboratory.seats = laboratory.more_seats(2)
    other = Laboratory(laboratory.server, laboratory.database)

    async def test() -> None:
        staff = Account(user=OPERATOR, password=SECRETS.operator, connection_name="the staff")
        async with (
            laboratory.working(),
            laboratory.operator() as operator,
            laboratory.server.connected(staff) as connection,
        ):
            inbox = Inbox()
            await connection.consume(f"seat.{OPERATOR}", inbox, prefetch=0, exclusive=True)
            others = await other.seated(operator, "pairs", auto_start=True)
            credentials = await laboratory.seated(operator, "failing", auto_start=True)

            playing = [asyncio.create_task(one.play()) for one in laboratory.bots(credentials)]
            await until(
                lambda: any(one.properties.kind == ProgramFailed.kind for one in inbox.deliveries)
            )
            (told,) = [
                unpack(one.properties, one.body).message
                for one in inbox.deliveries
                if one.properties.kind == ProgramFailed.kind
            ]
            assert isinstance(told, ProgramFailed)
            assert told.reason == "ZeroDivisionError: the author divided by nothing"
            assert 'raise ZeroDivisionError("the author' in told.traceback
            overview = await operator.overview(laboratory.session)
            assert (overview.status, overview.reason) == ("stopped", told.reason)
            assert overview.traceback == told.traceback
            assert {one.state for one in overview.seats} == {"submitted"}
            # the other session has waited all the while, on the same worker
            assert await other.play(others) == {"finished"}
            await operator.close(laboratory.session)
            assert set(await asyncio.gather(*playing)) == {"closed"}
            await laboratory.told()
            assert await laboratory.lost() == []

    run(test())
    assert len(answers(laboratory.database, laboratory.session)[ALL, 1]) == 2
    check_record(laboratory.database, laboratory.session)
    check_record(laboratory.database, other.session)


def test_what_raised_is_not_shown_to_participants(small_laboratory: Laboratory) -> None:
    laboratory = small_laboratory
    laboratory.seats = laboratory.more_seats(1)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            (only,) = await laboratory.seated(operator, "failing", auto_start=True)
            async with laboratory.link(only) as link:
                await until(lambda: isinstance(link.state.screen, Asking))
                link.submit({"value": 1})
                await until(lambda: link.state.status == "stopped")
                assert isinstance(link.state.screen, Waiting)
                assert link.state.reason == ""
            async with laboratory.link(only) as later:
                await until(lambda: isinstance(later.state.screen, Waiting))
                await until(lambda: later.state.status == "stopped")
                assert later.state.reason == ""

    run(test())


@pytest.mark.parametrize("program", [FailingInGroups, FailingAtOnce])
def test_code_may_raise_anywhere(laboratory: Laboratory, program: type[Program]) -> None:
    laboratory.catalogue.add("failing-somewhere", program)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "failing-somewhere", auto_start=True)
            playing = [asyncio.create_task(one.play()) for one in laboratory.bots(credentials)]
            await until(lambda: status(laboratory.database, laboratory.session) == "stopped")
            await laboratory.told()

        # whoever takes over reads it up to where it failed
        laboratory.catalogue = catalogue()
        laboratory.catalogue.add("failing-somewhere", program)
        async with laboratory.working(), laboratory.operator() as operator:
            overview = await operator.overview(laboratory.session)
            assert overview.status == "stopped"
            assert overview.reason.startswith("LookupError")
            with pytest.raises(Rejected, match="LookupError") as refused:
                await operator.retry(laboratory.session)
            assert refused.value.code == "failed-again"
            assert (await operator.overview(laboratory.session)).status == "stopped"
            await operator.close(laboratory.session)
            assert set(await asyncio.gather(*playing)) == {"closed"}

    run(test())
    check_record(laboratory.database, laboratory.session)


def test_a_program_that_cannot_be_loaded_is_refused_with_file_and_line(
    small_laboratory: Laboratory, tmp_path: Path
) -> None:
    laboratory = small_laboratory
    write(tmp_path, "broken", "import palier.program\nimport no_such_module\n")
    write(tmp_path, "unfinished", "def run(:\n")
    write(tmp_path, "empty", "x = 1\n")
    laboratory.catalogue = Catalogue([PROGRAMS, tmp_path])
    cases = {
        "broken": r"program\.py cannot be loaded: ModuleNotFoundError: .*program\.py:2\)",
        "unfinished": r"program\.py cannot be loaded: SyntaxError: .*program\.py:1\)",
        "empty": "must define one Program, it defines 0",
    }

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            for program, words in cases.items():
                with pytest.raises(Rejected, match=words) as refused:
                    await operator.open(laboratory.opening(program))
                assert refused.value.code == "cannot-open"
            write(tmp_path, "broken", GOOD)
            # what could not be loaded is read again; what could be stays as it is
            await operator.open(laboratory.opening("broken"))
            assert await laboratory.lost() == []

    run(test())


def write(folder: Path, name: str, source: str) -> None:
    """Write a program's file."""
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "program.py").write_text(source)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("raise OSError('spilt coffee')", "spilt coffee"),
        (GOOD.replace('"second"', '"another"'), None),
        (GOOD.replace('"first"', '"another"'), "the program now opens stage 'another'"),
    ],
    ids=["broken", "changed-later", "changed-before"],
)
def test_a_program_spoilt_between_two_workers_harms_nobody_else(
    laboratory: Laboratory, tmp_path: Path, source: str, words: str | None
) -> None:
    folder = tmp_path / "programs"
    folder.mkdir()
    write(folder, "mine", GOOD)
    laboratory.seats = laboratory.more_seats(2)
    other = Laboratory(laboratory.server, laboratory.database)

    def fresh() -> None:
        """Another process has read no program yet."""
        for one in (laboratory, other):
            one.catalogue = Catalogue([PROGRAMS, folder])

    async def test() -> None:
        fresh()
        async with laboratory.working(), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "mine", auto_start=True)
            others = await other.seated(
                operator, "public-goods", settings={"rounds": 1}, auto_start=True
            )
            async with laboratory.link(credentials[0]) as one, laboratory.link(credentials[1]):
                await until(lambda: isinstance(one.state.screen, Asking))
                one.submit({"value": 3})
                await until(lambda: one.state.submitted)

        write(folder, "mine", source)
        fresh()
        # everyone went away meanwhile: the new worker has to note it in the spoilt session too
        async with laboratory.working(), laboratory.operator() as operator:
            assert await other.play(others) == {"finished"}
            overview = await operator.overview(laboratory.session)
            assert [one.state for one in overview.seats] == ["submitted", "working"]
            if words is None:
                assert overview.status == "running"
            else:
                assert overview.status == "stopped"
                assert re.search(words, overview.reason)
                await refuses_for_now(laboratory, credentials[1])
                with pytest.raises(Rejected, match=words) as refused:
                    await operator.retry(laboratory.session)
                assert refused.value.code == "still-failing"

            write(folder, "mine", GOOD)
            if words is not None:
                effect = await operator.retry(laboratory.session, reason="mended")
                assert "the session is running" in effect.lower()
            assert await laboratory.play(credentials) == {"finished"}

    run(test())
    assert len(answers(laboratory.database, laboratory.session)[ALL, 1]) == 2
    assert status(laboratory.database, other.session) == "finished"
    check_record(laboratory.database, laboratory.session)


async def refuses_for_now(laboratory: Laboratory, credentials: Credentials) -> None:
    """Check that a submit is neither taken nor settled: it is to be sent again."""
    async with laboratory.by_hand(credentials) as hand:
        asked = hand.submit(1, 4)
        await hand.send(asked)
        refused = await hand.result(asked)
        assert isinstance(refused, Refused)
        assert refused.code == "held"
        assert refused.code in LATER
        # what raised is for the operator
        assert (
            refused.reason
            == f"Session {laboratory.session} is stopped: the operator has been told."
        )
    assert results(laboratory.database, [credentials.seat]) == []


def test_a_session_goes_on_with_the_settings_it_was_opened_with(laboratory: Laboratory) -> None:
    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            opening = laboratory.opening("public-goods", settings={"rounds": 3}, seed=5)
            await operator.open(opening)

    run(test())
    (kept,) = laboratory.database.ask(select(tables.session))
    assert kept.settings.items() >= {"rounds": 3, "multiplier": 1.6}.items()
    assert kept.seed == 5

"""A client's journal: what was decided arrives once, whatever dies in between."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path

from palier.client.bot import Bot
from palier.client.journal import Journal
from tests.brokers import run
from tests.laboratory import Laboratory, results, status


def test_bots_with_journals_play_to_the_end_and_leave_nothing_in_them(
    each_laboratory: Laboratory, tmp_path: Path
) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "steps", auto_start=True)
            with ExitStack() as stack:
                journals = [
                    stack.enter_context(Journal(tmp_path / f"{one.seat}.journal"))
                    for one in credentials
                ]
                bots = [
                    Bot(laboratory.server.transport(), one, journal=journal)
                    for one, journal in zip(credentials, journals, strict=True)
                ]
                outcomes = await asyncio.gather(*(one.play() for one in bots))
                assert set(outcomes) == {"finished"}
                assert [one.pending() for one in journals] == [()] * len(journals)
                assert [one.drafts() for one in journals] == [()] * len(journals)

    run(test())
    assert status(laboratory.database, laboratory.session) == "finished"
    assert len(results(laboratory.database, laboratory.seats)) == 3 * len(laboratory.seats)

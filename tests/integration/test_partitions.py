"""A session is conducted from one queue, so that what is said in it has an order."""

from __future__ import annotations

from dataclasses import replace

from palier.schemas.addresses import commands_queue
from palier.schemas.commands import Start, Submit
from palier.schemas.envelope import unpack
from palier.schemas.names import ALL, OPERATOR
from palier.schemas.replies import Refused
from palier.workers.runtime.batch import BatchHandler
from palier.workers.runtime.telling import Teller
from tests.databases import Database
from tests.laboratory import Laboratory, Postman, answers, catalogue


def test_what_comes_through_another_partitions_queue_changes_nothing(
    laboratory: Laboratory, database: Database
) -> None:
    postman = Postman(database.migrated())
    ours = postman.handler()
    other = BatchHandler(
        postman.engine, catalogue=catalogue(), teller=Teller("worker"), partition=1, partitions=2
    )
    opening = laboratory.opening("steps")
    ours.handle(
        [postman.asked(opening, OPERATOR), postman.asked(Start(session=opening.session), OPERATOR)]
    )
    submit = Submit(session=opening.session, scope=ALL, generation=1, answer={"value": 1})
    stray = replace(
        postman.asked(
            submit, opening.seats[0], key=f"cmd.1.{opening.session}.{opening.seats[0]}.submit"
        ),
        queue=commands_queue(1),
    )

    (handled,) = other.handle([stray])

    (told,) = handled.items
    refused = unpack(told.properties, told.body).message  # type: ignore[union-attr]
    assert isinstance(refused, Refused)
    assert refused.code == "wrong-partition"
    assert answers(database, opening.session) == {}

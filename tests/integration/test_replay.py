"""Going through a record again: a worker that takes over is where the other one was.

Programs by chance, and a course of events by chance: arrivals, deadlines, everything an operator
can do, an author's code that stumbles. The same course is gone through twice, once undisturbed, and
once with workers that die, are cut off, hear everything twice, take turns. What the database has in
the end is the same, to the last row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import select

from palier.broker.transport import Delivery, Publication
from palier.schemas.commands import (
    Advance,
    ChangeClock,
    Exclude,
    Intervention,
    Pause,
    Readmit,
    Resume,
    ResumeFrom,
    Retry,
    StandIn,
    Tick,
)
from palier.schemas.names import WORKER
from palier.schemas.replies import Done
from palier.workers.persistence import tables
from palier.workers.runtime.catalogue import Catalogue
from palier.workers.runtime.reception import Presence
from tests.databases import Database
from tests.laboratory import check_record, status
from tests.plans import Outside, Plan, planned, plans
from tests.rehearsal import SESSION, Rehearsal, answer, picture, quick_database

SEATS = ("p1", "p2", "p3", "p4")

DEEDS = {
    "arrive": 8,
    "all arrive": 4,
    "advance": 1,
    "advance all": 1,
    "exclude": 2,
    "readmit": 2,
    "stand in": 1,
    "pause": 1,
    "resume": 2,
    "extend": 2,
    "stop the clock": 1,
    "start the clock": 2,
    "tick": 6,
    "come or go": 1,
    "slip": 2,
    "retry": 3,
    "rewind": 2,
}
FAULTS = ("none", "none", "anew", "killed", "cut off", "twice", "another", "asked")


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that happens; ``which`` chooses among those to whom it can happen."""

    what: str
    which: int
    fault: str


deeds = st.builds(
    Deed,
    what=st.sampled_from([one for one, times in DEEDS.items() for _ in range(times)]),
    which=st.integers(0, 11),
    fault=st.sampled_from(FAULTS),
)


class Course:
    """One way through a program, disturbed or not."""

    def __init__(self, database: Database, plan: Plan) -> None:
        self.outside = Outside()
        self.database = database
        known = Catalogue([])
        known.add("planned", planned(plan, self.outside))
        self.rehearsal = Rehearsal(database, known, seats=SEATS, workers=2)
        self.rehearsal.open("planned")
        self.outside.committed()

    def go(self, deed: Deed, place: int, *, disturbed: bool) -> None:
        """Let something happen; its messages are called after their place in the course."""
        self.rehearsal.later(1)
        asked = self.asked(deed, f"d{place}")
        if not asked:
            return
        if disturbed:
            self.disturbed(deed.fault, asked)
            self.compare()
        else:
            self.handle(asked)

    def disturbed(self, fault: str, asked: Sequence[Publication | Presence]) -> None:
        """Have it handled all the same."""
        rehearsal = self.rehearsal
        deliveries = [self.delivery(one) for one in asked]
        worker = 0
        match fault:
            case "anew":
                rehearsal.restart()
            case "killed":
                rehearsal.killed(deliveries)
                self.outside.undone()
            case "cut off":
                rehearsal.cut_off(deliveries)
                self.outside.undone()
            case "another":
                worker = 1
            case "asked":
                for seat in SEATS:
                    rehearsal.snapshot(seat)
                rehearsal.overview()
                self.outside.undone()
            case _:
                pass
        self.handle(asked, worker=worker)
        if fault == "twice":
            self.handle(asked, worker=1)

    def handle(self, asked: Sequence[Publication | Presence], *, worker: int = 0) -> None:
        """Have a worker handle it, and what it did is on the record."""
        handled = self.rehearsal.workers[worker].handle([self.delivery(one) for one in asked])
        self.outside.committed()
        dead = [
            one
            for each in handled
            for one in each.replies
            if isinstance(one, Publication) and one.exchange == "palier.dead-letters"
        ]
        assert not dead, dead
        first = asked[0]
        if (
            isinstance(first, Publication)
            and first.properties.kind == ResumeFrom.kind
            and isinstance(answer(handled, first), Done)
        ):
            self.outside.rewound()

    def delivery(self, asked: Publication | Presence) -> Delivery:
        """Return it as the worker gets it."""
        if isinstance(asked, Presence):
            return self.rehearsal.postman.presence(asked.seat, present=asked.present)
        return self.rehearsal.postman.delivery(asked)

    def compare(self) -> None:
        """Compare the session that a worker has in mind with the one that the record tells."""
        restored = self.rehearsal.restored()
        self.outside.undone()
        for worker in (0, 1):
            known = self.rehearsal.workers[worker]._memory._known.get(SESSION)
            (kept,) = self.database.ask(select(tables.session))
            if known is not None and known.stamp == kept.stamp:
                if restored.over:
                    # who comes and goes after the end changes nothing of the session
                    restored.present = known.session.present
                now = self.rehearsal.now
                assert picture(known.session, now=now) == picture(restored, now=now)
                if restored.status == "running":
                    paid = [one.payoff for one in known.session.execution.participants]
                    assert paid == [one.payoff for one in restored.execution.participants]

    # -- what happens

    def asked(self, deed: Deed, name: str) -> list[Publication | Presence]:
        """Return the messages by which something happens, or none where it cannot."""
        rehearsal, which = self.rehearsal, deed.which
        match deed.what:
            case "arrive" | "all arrive":
                return self.arrivals(deed, name)
            case "tick":
                rehearsal.later((1, 6, 61)[which % 3])
                return [rehearsal.command(Tick(session=SESSION), WORKER, name=name)]
            case "slip":
                self.outside.slippery = bool(which % 2)
                return []
            case "come or go":
                return [Presence(SEATS[which % len(SEATS)], present=which % 2 == 0)]
            case "rewind":
                runs = self.database.ask(
                    select(tables.stage_run).order_by(
                        tables.stage_run.c.scope, tables.stage_run.c.generation
                    )
                )
                if not runs:
                    return []
                one = runs[which % len(runs)]
                command: Intervention = ResumeFrom(
                    session=SESSION, stage=one.stage, visit=one.visit, scope=one.scope
                )
            case _:
                command = self.command(deed.what, which)
        return [rehearsal.command(command, name=name)]

    def arrivals(self, deed: Deed, name: str) -> list[Publication | Presence]:
        """Return answers of one who is missing, or of all who are missing in a scope."""
        found = self.rehearsal.open_stages()
        if not found:
            return []
        scope, generation, asks, missing = found[deed.which % len(found)]
        if deed.what == "arrive":
            missing = missing[deed.which % len(missing) :][:1] if missing else []
        return [
            self.rehearsal.submit(
                seat, scope, generation, deed.which % 10 if asks else None, name=f"{name}-{seat}"
            )
            for seat in missing
        ]

    def command(self, what: str, which: int) -> Intervention:
        """Return what an operator does."""
        seat = SEATS[which % len(SEATS)]
        answered = {"value": which % 10}
        commands: dict[str, Callable[[], Intervention]] = {
            "advance": lambda: Advance(session=SESSION, seats=(seat,), answer=answered),
            "advance all": lambda: Advance(session=SESSION),
            "exclude": lambda: Exclude(session=SESSION, seats=(seat,)),
            "readmit": lambda: Readmit(session=SESSION, seats=(seat,)),
            "stand in": lambda: StandIn(session=SESSION, seats=(seat,)),
            "pause": lambda: Pause(session=SESSION),
            "resume": lambda: Resume(session=SESSION),
            "extend": lambda: ChangeClock(
                session=SESSION, change="extend", seconds=which * 10 - 40
            ),
            "stop the clock": lambda: ChangeClock(session=SESSION, change="pause"),
            "start the clock": lambda: ChangeClock(session=SESSION, change="resume"),
            "retry": lambda: Retry(session=SESSION),
        }
        return commands[what]()

    def finish(self) -> None:
        """Let nothing go wrong any more: everyone comes to the end."""
        self.outside.slippery = False
        for place in range(100):
            found = status(self.database, SESSION)
            name = f"f{place}"
            if found == "finished":
                break
            self.rehearsal.later(1)
            command: Intervention
            if found == "paused":
                command = Resume(session=SESSION)
            elif found == "stopped":
                command = Retry(session=SESSION)
            else:
                scope, _, asks, missing = self.rehearsal.open_stages()[0]
                assert missing, "all are there and nobody goes on"
                answered: Any = {"value": 2} if asks else None
                command = Advance(session=SESSION, scope=scope, answer=answered)
            asked = self.rehearsal.command(command, name=name)
            self.handle([asked])
        assert status(self.database, SESSION) == "finished"
        check_record(self.database, SESSION)


def gone_through(database: Database, plan: Plan, course: list[Deed], *, disturbed: bool) -> Course:
    """Go through a course to the end."""
    going = Course(database, plan)
    for place, deed in enumerate(course):
        going.go(deed, place, disturbed=disturbed)
        check_record(database, SESSION)
    going.finish()
    return going


def the_same(one: Course, other: Course) -> None:
    """Check that two databases have the same rows."""
    left, right = one.rehearsal.rows(), other.rehearsal.rows()
    for table, rows in left.items():
        if rows != right[table]:
            note(f"{table}\n{rows}\n{right[table]}")
        assert rows == right[table], table


def has_the_same_rows(plan: Plan, course: list[Deed]) -> None:
    """Go through a course twice, once disturbed, and compare what is in the database."""
    with quick_database() as one, quick_database() as other:
        the_same(
            gone_through(one, plan, course, disturbed=False),
            gone_through(other, plan, course, disturbed=True),
        )


COURSES = st.lists(deeds, min_size=10, max_size=30)

SOME = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(SOME, max_examples=600)


@SOME
@given(plan=plans, course=COURSES)
def test_whatever_disturbs_it_a_session_has_the_same_rows_in_the_end(
    plan: Plan, course: list[Deed]
) -> None:
    has_the_same_rows(plan, course)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@MANY
@given(plan=plans, course=COURSES)
def test_however_often_it_is_tried_a_session_has_the_same_rows_in_the_end(
    plan: Plan, course: list[Deed]
) -> None:
    has_the_same_rows(plan, course)

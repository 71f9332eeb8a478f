"""What holds whatever happens: two workers, any order, any repetition, any crash.

Two handlers work on one database. Deliveries come to either, again, and in any order; a handler is
replaced by a new one, with or without having told what it had committed.
"""

from __future__ import annotations

import random
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from palier.broker.transport import Delivery, Publication
from palier.schemas.addresses import barrier_exchange
from palier.schemas.commands import OpenSession, Start, Submit
from palier.schemas.envelope import unpack
from palier.schemas.events import Released
from palier.schemas.names import ALL, OPERATOR
from palier.schemas.replies import Refused, Submitted
from palier.workers.persistence import tables
from palier.workers.runtime.batch import BatchHandler, Handled
from tests.databases import Cluster, Database, Sqlite
from tests.laboratory import (
    Postman,
    answers,
    check_record,
    commanded,
    payoffs,
    results,
    status,
)

SEATS = ("p1", "p2", "p3", "p4")

#: Stages of `Pairs`: welcome and end for all, two rounds for each of two groups.
LAST = {ALL: 2, "g1": 2, "g2": 2}

handlers = st.integers(min_value=0, max_value=1)


class Sitting:
    """A session of `Pairs`, two workers, and all that was ever sent and told."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.postman = Postman(database.migrated())
        self.workers = [self.postman.handler(), self.postman.handler()]
        self.sent: list[Publication] = []
        #: What each worker has committed and not told yet.
        self.untold: list[list[Handled]] = [[], []]
        #: Results by seat and message id, and the bodies of releases by barrier and generation.
        self.told: dict[tuple[str, str], set[bytes]] = defaultdict(set)
        self.releases: dict[tuple[str, int], set[bytes]] = defaultdict(set)

    def open(self) -> None:
        """Open the session and start it."""
        opening = OpenSession(session="s", program="pairs", seats=SEATS, seed=3)
        for message in (opening, Start(session="s")):
            self.handle(0, [self.postman.asked(message, OPERATOR)])

    def submit(self, seat: str, scope: str, generation: int, value: int) -> None:
        """Send an answer; it is not delivered yet."""
        form = scope != ALL
        command = Submit(
            session="s",
            scope=scope,
            generation=generation,
            answer={"value": value} if form else None,
        )
        self.sent.append(commanded(command, seat))

    def handle(self, worker: int, deliveries: list[Delivery]) -> None:
        """Have a worker handle a batch; it is told later, or never."""
        self.untold[worker] += self.workers[worker].handle(deliveries)

    def deliver(self, worker: int, *places: int) -> None:
        """Deliver what was sent in these places."""
        chosen = [self.sent[place % len(self.sent)] for place in places]
        self.handle(worker, [self.postman.delivery(one) for one in chosen])

    def tell(self, worker: int) -> None:
        """Tell what a worker has committed."""
        for one in self.untold[worker]:
            self.hear(one)
            if one.number is not None:
                self.workers[worker].told(one.number)
        self.untold[worker].clear()

    def hear(self, handled: Handled) -> None:
        """Keep what is told."""
        for one in (*handled.items, *handled.replies):
            if not isinstance(one, Publication):
                continue
            envelope = unpack(one.properties, one.body)
            match envelope.message:
                case Submitted() | Refused():
                    seat = one.routing_key.removeprefix("seat.")
                    self.told[seat, envelope.causation_id or ""].add(one.body)
                case Released(scope=scope, generation=generation) if one.exchange.startswith(
                    "palier.barrier."
                ):
                    assert one.exchange == barrier_exchange("s", scope)
                    self.releases[scope, generation].add(one.body)
                case _:
                    pass

    def restart(self, worker: int) -> None:
        """Let a worker die; another takes its place and tells what is left in the outbox."""
        self.untold[worker].clear()
        self.workers[worker] = self.postman.handler()
        self.untold[worker] += self.workers[worker].untold()

    def check(self) -> None:
        """Check what holds at any time."""
        check_record(self.database, "s")
        assert all(len(bodies) == 1 for bodies in self.told.values()), "two results of one command"
        assert all(len(bodies) == 1 for bodies in self.releases.values()), "released twice"

    def finish(self) -> None:
        """Let the faults stop: what is still missing is sent, delivered and told."""
        for _ in range(6):
            for scope, generation, seats in self.open_stages():
                for seat in seats:
                    self.submit(seat, scope, generation, 1)
            self.deliver(0, *range(len(self.sent)))
        for worker in (0, 1):
            self.restart(worker)
            self.tell(worker)
            self.workers[worker].sweep()
        self.check()
        assert status(self.database, "s") == "finished"
        assert self.database.ask(select(tables.outbox.c.seq)) == []
        assert set(self.releases) == {
            (scope, generation) for scope, last in LAST.items() for generation in range(1, last + 1)
        }
        kept = {(one.seat, one.message_id) for one in results(self.database, SEATS)}
        assert kept == {(key(one)) for one in self.sent}, "each command has its result"
        assert payoffs(self.database, "s") == self.earned()

    def open_stages(self) -> list[tuple[str, int, list[str]]]:
        """Return scope, generation and missing seats of every open stage."""
        run, party, arrival = tables.stage_run, tables.party, tables.arrival
        found = []
        for one in self.database.ask(select(run).where(run.c.status == "open")):
            here = [
                {
                    each.seat
                    for each in self.database.ask(
                        select(table).where(
                            table.c.scope == one.scope, table.c.generation == one.generation
                        )
                    )
                }
                for table in (party, arrival)
            ]
            found.append((one.scope, one.generation, sorted(here[0] - here[1])))
        return found

    def earned(self) -> dict[str, Decimal]:
        """Work out from the stored answers what everyone has earned."""
        total = dict.fromkeys(SEATS, Decimal(0))
        for answered in answers(self.database, "s").values():
            for seat, one in answered.items():
                total[seat] += one["value"]
        return total


def key(publication: Publication) -> tuple[str, str]:
    """Return who sent a command, and its message id."""
    properties = publication.properties
    return properties.user_id or "", properties.message_id or ""


class TwoWorkers(RuleBasedStateMachine):
    """Everything that can happen to a session of two groups and two workers."""

    def __init__(self) -> None:
        super().__init__()
        self.sitting = Sitting(self.database())

    def database(self) -> Database:
        """Make an empty database."""
        self.folder = TemporaryDirectory()
        return Sqlite(Path(self.folder.name) / "palier.db")

    @initialize()
    def open(self) -> None:
        """A session begins, and what opened it is told or not."""
        self.sitting.open()

    @rule(
        seat=st.sampled_from(SEATS),
        scope=st.sampled_from([ALL, "g1", "g2"]),
        generation=st.integers(min_value=1, max_value=3),
        value=st.integers(min_value=-1, max_value=9),
    )
    def submit_anything(self, seat: str, scope: str, generation: int, value: int) -> None:
        """A seat sends what may be late, early, foreign or wrong."""
        self.sitting.submit(seat, scope, generation, value)

    def submit_what_is_missing(self, value: int, which: int) -> None:
        """A seat sends what a stage waits for."""
        open_stages = self.sitting.open_stages()
        if open_stages:
            scope, generation, seats = open_stages[which % len(open_stages)]
            if seats:
                self.sitting.submit(seats[which % len(seats)], scope, generation, value)

    @rule(worker=handlers, value=st.integers(min_value=0, max_value=9), which=st.integers(0, 9))
    def someone_who_is_missing_comes(self, worker: int, value: int, which: int) -> None:
        """One whom a stage waits for comes, to either worker."""
        before = len(self.sitting.sent)
        self.submit_what_is_missing(value, which)
        if len(self.sitting.sent) > before:
            self.sitting.deliver(worker, -1)

    @rule(worker=handlers)
    def everyone_who_is_missing_comes(self, worker: int) -> None:
        """All whom the open stages wait for come in one batch."""
        before = len(self.sitting.sent)
        for scope, generation, seats in self.sitting.open_stages():
            for seat in seats:
                self.sitting.submit(seat, scope, generation, 2)
        places = range(before, len(self.sitting.sent))
        if places:
            self.sitting.deliver(worker, *places)

    @rule(
        worker=handlers,
        places=st.lists(st.integers(min_value=0, max_value=50), min_size=1, max_size=6),
    )
    def deliver(self, worker: int, places: list[int]) -> None:
        """Some of what was sent is delivered: again, in another order, to either worker."""
        if self.sitting.sent:
            self.sitting.deliver(worker, *places)

    @rule(worker=handlers)
    def deliver_the_newest(self, worker: int) -> None:
        """What was sent last is delivered, perhaps again."""
        if self.sitting.sent:
            self.sitting.deliver(worker, -1)

    @rule(worker=handlers)
    def tell(self, worker: int) -> None:
        """What a worker has committed is told."""
        self.sitting.tell(worker)

    @rule(worker=handlers)
    def restart(self, worker: int) -> None:
        """A worker dies; what it had not told is left in the outbox."""
        self.sitting.restart(worker)

    @invariant()
    def the_record_is_in_order(self) -> None:
        """See `Sitting.check`."""
        self.sitting.check()

    def teardown(self) -> None:
        """Once the faults stop, everyone gets to the end."""
        try:
            self.sitting.finish()
        finally:
            self.sitting.database.close()
            self.folder.cleanup()


@pytest.mark.timeout(240)  # only to make a failure small takes so long
def test_two_workers_release_each_generation_once_whatever_comes() -> None:
    run_state_machine_as_test(
        TwoWorkers,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(240)
def test_two_workers_release_each_generation_once_on_postgresql(cluster: Cluster) -> None:
    class OnPostgresql(TwoWorkers):
        def database(self) -> Database:
            self.folder = TemporaryDirectory()
            self._lent = cluster.database()
            return self._lent.__enter__()

        def teardown(self) -> None:
            try:
                super().teardown()
            finally:
                self._lent.__exit__(None, None, None)

    run_state_machine_as_test(
        OnPostgresql,
        settings=settings(
            max_examples=5,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("seed", range(3))
def test_two_workers_at_the_same_moment_release_each_generation_once(
    database: Database, seed: int
) -> None:
    """The real thing: two threads, each with every delivery, in its own order and batches."""
    chance = random.Random(seed)
    sitting = Sitting(database)
    sitting.open()
    second = Postman(database.engine())
    workers = [sitting.workers[0], second.handler()]

    def work(worker: BatchHandler, batches: list[list[Delivery]]) -> list[Handled]:
        return [told for batch in batches for told in worker.handle(batch)]

    with ThreadPoolExecutor(max_workers=2) as threads:
        while open_stages := sitting.open_stages():
            sent = len(sitting.sent)
            for scope, generation, seats in open_stages:
                for seat in seats:
                    sitting.submit(seat, scope, generation, chance.randrange(10))
            fresh = sitting.sent[sent:]
            orders = [chance.sample(fresh, len(fresh)) for _ in workers]
            working = [
                threads.submit(work, worker, batched(sitting.postman, order, chance))
                for worker, order in zip(workers, orders, strict=True)
            ]
            for one in working:
                for handled in one.result():
                    sitting.hear(handled)
            sitting.check()

    assert status(database, "s") == "finished"
    assert payoffs(database, "s") == sitting.earned()
    assert sorted(sitting.releases) == sorted(
        (scope, generation) for scope, last in LAST.items() for generation in range(1, last + 1)
    )


def batched(postman: Postman, sent: list[Any], chance: random.Random) -> list[list[Delivery]]:
    """Cut what was sent into batches of any size."""
    batches: list[list[Delivery]] = [[]]
    for one in sent:
        batches[-1].append(postman.delivery(one))
        if chance.random() < 0.5:
            batches.append([])
    return [one for one in batches if one]

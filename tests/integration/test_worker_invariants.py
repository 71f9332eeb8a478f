"""What holds whatever happens: two workers, any order, any repetition, any crash, any intervention.

Two workers share one database. Commands come to either, again, and in any order; workers die at any
point between taking a message and acknowledging it; an operator does whatever can be done; clients
hear what they are told late, in another order, twice or never.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
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
from palier.schemas.commands import (
    Advance,
    Attend,
    CallForHelp,
    ChangeClock,
    Exclude,
    Painted,
    Pause,
    Post,
    Readmit,
    Resume,
    ResumeFrom,
    Retry,
    StandIn,
    Submit,
)
from palier.schemas.names import ALL
from palier.workers.persistence import tables
from palier.workers.runtime.batch import BatchHandler, Handled
from tests.databases import Cluster, Database
from tests.ensemble import Ensemble
from tests.laboratory import Postman, answers, commanded, payoffs, status
from tests.plans import Again, Arrive, Measure, Pay, Plan, Show, Split, Stumble, Turn
from tests.rehearsal import SESSION, quick_database

SEATS = ("p1", "p2", "p3", "p4")

#: The folder of a program of which some stages are talked in.
SCREENS = Path(__file__).parents[1] / "planned"

#: Welcome for all, two rounds in pairs with all that can happen in them, and the end for all.
PLAN: Plan = (
    Show("welcome"),
    Split(
        (
            Again(
                2,
                (
                    Show("ask", asks="number", shows="own", deadline=60, missing="declared"),
                    Pay("answer"),
                    Stumble(),
                    Measure(),
                ),
            ),
        )
    ),
    Show("look", shows="own", deadline=60, missing="exclude"),
    Show("end", asks="guess", shows="measured", deadline=60, missing="bot"),
)

#: Pairs that are drawn anew, with roles; then each alone, and in pairs as they come.
DRAWN: Plan = (
    Show("welcome"),
    Again(
        2,
        (
            Split(
                (
                    Turn((Show("turn", asks="number", shows="own"),)),
                    Show("ask", asks="number", shows="own", deadline=60, missing="declared"),
                    Pay("answer"),
                    Stumble(),
                ),
                matching="strangers",
                roles=("first", "second"),
            ),
        ),
    ),
    Arrive((Show("look"),), (Show("rest", shows="own", deadline=60, missing="exclude"),)),
    Show("end", asks="guess", shows="own"),
)

#: The same without anything that hangs on an operator or the time.
PLAIN: Plan = (
    Show("welcome"),
    Split((Again(2, (Show("ask", asks="number"), Pay("answer"))),)),
    Show("end", shows="own"),
)

workers = st.integers(min_value=0, max_value=1)
places = st.lists(st.integers(min_value=0, max_value=50), min_size=1, max_size=6)
seats = st.sampled_from(SEATS)


class Everything(RuleBasedStateMachine):
    """Everything that can happen to a session of two groups and two workers."""

    plan = PLAN

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.ensemble = Ensemble(self.database(), self.plan, seats=SEATS, folder=SCREENS)
        self.rehearsal = self.ensemble.rehearsal

    def database(self) -> Database:
        """Make an empty database."""
        return self.closing.enter_context(quick_database())

    @initialize()
    def open(self) -> None:
        """A session begins."""
        self.rehearsal.open("planned")
        self.ensemble.outside.committed()
        for worker in (0, 1):
            self.ensemble.restart(worker)

    # -- participants

    @rule(
        seat=seats,
        scope=st.sampled_from([ALL, "g1", "g2", "p1g1", "p2g1", "p2g1-first", "a1"]),
        generation=st.integers(min_value=1, max_value=4),
        value=st.none() | st.integers(min_value=-1, max_value=9),
    )
    def send_anything(self, seat: str, scope: str, generation: int, value: int | None) -> None:
        """A seat sends what may be late, early, foreign or wrong."""
        self.ensemble.submit(seat, scope, generation, value)

    def missing(self, which: int, *, everyone: bool) -> list[Publication]:
        """Return answers of who is missing: in one scope or in all of them."""
        found = [
            (scope, generation, asks, seat)
            for scope, generation, asks, missing in self.rehearsal.open_stages()
            for seat in missing
        ]
        if not everyone:
            found = [found[which % len(found)]] if found else []
        return [
            self.ensemble.submit(seat, scope, generation, which % 10 if asks else None)
            for scope, generation, asks, seat in found
        ]

    @rule(worker=workers, which=st.integers(0, 20))
    def someone_who_is_missing_comes(self, worker: int, which: int) -> None:
        """One whom a stage waits for comes, to either worker."""
        if coming := self.missing(which, everyone=False):
            self.ensemble.handle(worker, *coming)

    @rule(worker=workers, which=st.integers(0, 20))
    def everyone_who_is_missing_comes(self, worker: int, which: int) -> None:
        """All whom the open stages wait for come in one batch."""
        if coming := self.missing(which, everyone=True):
            self.ensemble.handle(worker, *coming)

    @rule(worker=workers, where=places, redelivered=st.booleans())
    def deliver(self, worker: int, where: list[int], redelivered: bool) -> None:
        """Some of what was sent is delivered: again, in another order, to either worker."""
        sent = self.ensemble.sent
        if sent:
            chosen = [sent[place % len(sent)] for place in where]
            self.ensemble.handle(worker, *chosen, redelivered=redelivered)

    @rule(worker=workers, seat=seats, other=st.none() | seats)
    def forge(self, worker: int, seat: str, other: str | None) -> None:
        """A message comes whose sender the broker does not vouch for, or is somebody else."""
        message = Submit(session=SESSION, scope=ALL, generation=1)
        before = sum(self.ensemble.dead.values())
        if other == seat:
            return
        forged = commanded(message, seat, user_id=other)
        self.ensemble.handle(worker, forged)
        self.ensemble.tell(worker)
        assert sum(self.ensemble.dead.values()) == before + 1

    def somewhere(self, which: int) -> tuple[str, int]:
        """Return scope and generation of a stage that is open, or was, or will be."""
        found = [(scope, generation) for scope, generation, _, _ in self.rehearsal.open_stages()]
        scope, generation = found[which % len(found)] if found else (ALL, 1)
        return scope, generation + (which % 7 == 1) - (which % 7 == 2 and generation > 1)

    @rule(worker=workers, seat=seats, which=st.integers(0, 20), dies=st.booleans())
    def post(self, worker: int, seat: str, which: int, dies: bool) -> None:
        """A seat says something to all, and its worker may die of it; it may come again later."""
        scope, generation = self.somewhere(which)
        said = Post(
            session=SESSION, scope=scope, generation=generation, stream="talk", value="Well?"
        )
        sent = self.ensemble.send(said, account=seat)
        if dies:
            self.ensemble.killed(worker, sent)
        self.ensemble.handle(1 - worker if dies else worker, sent, redelivered=dies)

    @rule(worker=workers, seat=seats, which=st.integers(0, 20), seconds=st.sampled_from([-0.1, 1]))
    def paint(self, worker: int, seat: str, which: int, seconds: float) -> None:
        """A desk reports that it has shown a stage: in time, late, or of none of its own."""
        scope, generation = self.somewhere(which)
        report = Painted(
            session=SESSION,
            scope=scope,
            generation=generation,
            at=self.rehearsal.now + timedelta(seconds=seconds),
            off_by=0.01,
        )
        self.ensemble.handle(worker, self.ensemble.send(report, account=seat))

    @rule(worker=workers, seat=seats, answered=st.booleans())
    def call_for_help(self, worker: int, seat: str, answered: bool) -> None:
        """A participant asks for help, and may be given it."""
        asked = self.ensemble.send(CallForHelp(session=SESSION, text="Well?"), account=seat)
        self.ensemble.handle(worker, asked)
        if answered:
            self.command(1 - worker, Attend(session=SESSION, seats=(seat,)))

    # -- workers

    @rule(worker=workers)
    def tell(self, worker: int) -> None:
        """What a worker has committed is told."""
        self.ensemble.tell(worker)

    @rule(worker=workers)
    def die_before_a_message_or_after_a_commit(self, worker: int) -> None:
        """A worker dies; what it had not told is left in the outbox."""
        self.ensemble.restart(worker)

    @rule(worker=workers, which=st.integers(0, 20))
    def die_in_a_transaction(self, worker: int, which: int) -> None:
        """A worker dies before its commit; what it was given comes again."""
        if coming := self.missing(which, everyone=which % 2 == 0):
            self.ensemble.killed(worker, *coming)
            self.ensemble.handle(1 - worker, *coming, redelivered=True)

    @rule(worker=workers, items=st.integers(0, 8))
    def die_while_telling(self, worker: int, items: int) -> None:
        """A worker dies when it has told a part of it, or all and acknowledged nothing."""
        self.ensemble.tell(worker, items=items)

    @rule(worker=workers, which=st.integers(0, 20))
    def the_database_fails_once(self, worker: int, which: int) -> None:
        """A commit fails; the same worker tries again."""
        if coming := self.missing(which, everyone=which % 2 == 0):
            self.ensemble.cut_off(worker, *coming)
            self.ensemble.handle(worker, *coming)

    # -- time

    @rule(worker=workers, seconds=st.sampled_from([0.0, 0.6, 61.0]), often=st.integers(1, 3))
    def tick(self, worker: int, seconds: float, often: int) -> None:
        """Time passes; a worker hears of it early, in time, late, more than once."""
        self.rehearsal.later(seconds)
        self.ensemble.handle(worker, *(self.rehearsal.tick() for _ in range(often)))

    # -- the operator

    def command(self, worker: int, message: Any) -> None:
        """The operator intervenes; it may be delivered again later."""
        self.ensemble.handle(worker, self.ensemble.send(message))

    @rule(worker=workers, chosen=st.lists(seats, unique=True, max_size=2))
    def advance(self, worker: int, chosen: list[str]) -> None:
        """Some, or all, are let arrive."""
        self.command(worker, Advance(session=SESSION, seats=tuple(chosen)))

    @rule(worker=workers, kind=st.sampled_from([Exclude, Readmit, StandIn]), seat=seats)
    def change_a_standing(self, worker: int, kind: type[Exclude], seat: str) -> None:
        """A seat is excluded, let in again, or played by a bot."""
        self.command(worker, kind(session=SESSION, seats=(seat,)))

    @rule(worker=workers)
    def exclude_who_is_missing_last(self, worker: int) -> None:
        """The others need not wait any longer."""
        for _, _, _, missing in self.rehearsal.open_stages():
            if len(missing) == 1:
                self.command(worker, Exclude(session=SESSION, seats=tuple(missing)))
                return

    @rule(worker=workers, kind=st.sampled_from([Pause, Resume, Retry]))
    def hold_or_go_on(self, worker: int, kind: type[Pause]) -> None:
        """The session is held, or goes on."""
        self.command(worker, kind(session=SESSION))

    @rule(
        worker=workers,
        change=st.sampled_from(["extend", "pause", "resume"]),
        seconds=st.sampled_from([-50, 30]),
    )
    def change_the_clock(self, worker: int, change: Any, seconds: int) -> None:
        """Clocks are changed."""
        self.command(worker, ChangeClock(session=SESSION, change=change, seconds=seconds))

    @rule(slippery=st.booleans())
    def make_it_slippery(self, slippery: bool) -> None:
        """From now on the author's code raises, or does not."""
        self.ensemble.outside.slippery = slippery

    @rule(worker=workers, which=st.integers(0, 20))
    def go_on_from_an_earlier_stage(self, worker: int, which: int) -> None:
        """The session goes on from where it was."""
        run = tables.stage_run
        rows = self.ensemble.database.ask(
            select(run).where(run.c.status != "void").order_by(run.c.scope, run.c.generation)
        )
        if rows and which % 4 == 0:
            one = rows[which % len(rows)]
            self.ensemble.outside.rewound()
            again = ResumeFrom(session=SESSION, stage=one.stage, visit=one.visit, scope=one.scope)
            self.ensemble.handle(worker, self.rehearsal.command(again))

    # -- clients

    @rule(seat=seats, which=st.integers(0, 20), shuffled=st.booleans())
    def hear(self, seat: str, which: int, shuffled: bool) -> None:
        """A client hears some of what is told, in order or in another one."""
        client = self.ensemble.clients[seat]
        for _ in range(which % 8 + 1):
            if client.queue:
                client.hear(client.queue.pop(which % len(client.queue) if shuffled else 0))

    @rule(seat=seats, which=st.integers(0, 20))
    def lose(self, seat: str, which: int) -> None:
        """A hint is lost on its way."""
        queue = self.ensemble.clients[seat].queue
        if queue:
            queue.pop(which % len(queue))

    @rule(seat=seats, which=st.integers(0, 20))
    def hear_twice(self, seat: str, which: int) -> None:
        """A client was not heard to acknowledge something, and it comes again."""
        queue = self.ensemble.clients[seat].queue
        if queue:
            queue.append(queue[which % len(queue)])

    @rule()
    def answer_who_asks(self) -> None:
        """Clients in doubt are told where the session is."""
        self.ensemble.deliver_to_doubting()

    @rule(seat=seats)
    def come_late(self, seat: str) -> None:
        """A client is started, again or for the first time."""
        self.ensemble.clients[seat].restart()
        delivery = self.rehearsal.postman.presence(seat, present=True)
        self.ensemble.untold[0] += self.rehearsal.workers[0].handle([delivery])

    @invariant()
    def the_record_is_in_order(self) -> None:
        """See `Ensemble.check`."""
        self.ensemble.check()

    def teardown(self) -> None:
        """Once the faults stop, everyone gets to the end."""
        try:
            if self.ensemble.sent or self.rehearsal.log():
                self.finish()
        finally:
            self.closing.close()

    def finish(self) -> None:
        """Send what is missing, deliver all of it, tell and hear everything."""
        ensemble, rehearsal = self.ensemble, self.rehearsal
        ensemble.outside.slippery = False
        for _ in range(30):
            found = status(ensemble.database, SESSION)
            if found == "finished":
                break
            if found == "paused":
                ensemble.handle(0, rehearsal.command(Resume(session=SESSION)))
            elif found == "stopped":
                ensemble.handle(0, rehearsal.command(Retry(session=SESSION)))
            else:
                ensemble.handle(0, *self.missing(2, everyone=True))
        ensemble.handle(0, *ensemble.sent)
        ensemble.settle()
        ensemble.check_the_end()


def tried(machine: type[Everything], *, examples: int, steps: int) -> None:
    """Run a machine."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(240)  # only to make a failure small takes so long
def test_two_workers_release_each_generation_once_whatever_comes() -> None:
    tried(Everything, examples=25, steps=30)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_however_often_it_is_tried_each_generation_is_released_once() -> None:
    tried(Everything, examples=500, steps=50)


class Drawn(Everything):
    """Everything that can happen to a session whose groups are drawn anew."""

    plan = DRAWN


@pytest.mark.timeout(240)
def test_groups_that_are_drawn_anew_lead_nobody_on_whatever_comes() -> None:
    tried(Drawn, examples=15, steps=30)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_however_often_it_is_tried_groups_drawn_anew_lead_nobody_on() -> None:
    tried(Drawn, examples=300, steps=50)


def on_postgresql(cluster: Cluster) -> type[Everything]:
    """Return the machine on PostgreSQL."""

    class OnPostgresql(Everything):
        def database(self) -> Database:
            return self.closing.enter_context(cluster.database())

    return OnPostgresql


@pytest.mark.timeout(240)
def test_two_workers_release_each_generation_once_on_postgresql(cluster: Cluster) -> None:
    tried(on_postgresql(cluster), examples=5, steps=20)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_however_often_it_is_tried_on_postgresql(cluster: Cluster) -> None:
    tried(on_postgresql(cluster), examples=60, steps=50)


@pytest.mark.parametrize("seed", range(3))
def test_two_workers_at_the_same_moment_release_each_generation_once(
    database: Database, seed: int
) -> None:
    """The real thing: two threads, each with every delivery, in its own order and batches."""
    chance = random.Random(seed)
    ensemble = Ensemble(database, PLAIN, seats=SEATS)
    ensemble.rehearsal.open("planned")
    first, second = ensemble.rehearsal.workers
    postmen = [ensemble.rehearsal.postman, Postman(database.engine())]

    def work(worker: BatchHandler, batches: list[list[Delivery]]) -> list[Handled]:
        return [told for batch in batches for told in worker.handle(batch)]

    with ThreadPoolExecutor(max_workers=2) as threads:
        while open_stages := ensemble.rehearsal.open_stages():
            fresh = [
                ensemble.submit(seat, scope, generation, chance.randrange(10) if asks else None)
                for scope, generation, asks, missing in open_stages
                for seat in missing
            ]
            working = [
                threads.submit(
                    work, worker, batched(postman, chance.sample(fresh, len(fresh)), chance)
                )
                for worker, postman in zip((first, second), postmen, strict=True)
            ]
            ensemble.untold = [one.result() for one in working]
            for number in (0, 1):
                ensemble.tell(number)
            ensemble.check()

    ensemble.settle()
    ensemble.check_the_end()
    assert payoffs(database, SESSION) == earned(database)
    releases = [
        (one.body["scope"], one.body["generation"]) for one in ensemble.rehearsal.log("released")
    ]
    assert sorted(releases) == [(scope, at) for scope in (ALL, "g1", "g2") for at in (1, 2)]


def earned(database: Database) -> dict[str, Decimal]:
    """Work out from the stored answers what everyone has earned, and one for each pair."""
    total = dict.fromkeys(SEATS, Decimal(2))
    for answered in answers(database, SESSION).values():
        for seat, one in answered.items():
            total[seat] += one["value"]
    return total


def batched(postman: Postman, sent: list[Any], chance: random.Random) -> list[list[Delivery]]:
    """Cut what was sent into batches of any size."""
    batches: list[list[Delivery]] = [[]]
    for one in sent:
        batches[-1].append(postman.delivery(one))
        if chance.random() < 0.5:
            batches.append([])
    return [one for one in batches if one]

"""A session, two workers that share it, and a client at each seat: everything but a broker.

What a worker tells goes where its bindings lead, into a queue for each seat; what becomes of it
there (heard late, in another order, twice, or never) is for a test to say.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from palier.broker.topology import Binding, Removal, Unbinding
from palier.broker.transport import Publication
from palier.client.state import ClientState
from palier.schemas import events
from palier.schemas.addresses import DEAD_LETTERS, EVENTS, barrier_exchange, seat_queue
from palier.schemas.commands import CallForHelp, GetSnapshot, Post, Submit
from palier.schemas.envelope import Envelope, unpack
from palier.schemas.message import Message, Reply
from palier.schemas.names import ALL
from palier.schemas.replies import LATER, HelpNoted, PostTaken, Refused, Snapshot, Submitted
from palier.workers.persistence import tables
from palier.workers.runtime.batch import Handled
from palier.workers.runtime.catalogue import Catalogue
from palier.workers.runtime.parcel import Item
from tests.databases import Database
from tests.laboratory import check_record, results, status
from tests.plans import Outside, Plan, planned
from tests.rehearsal import SESSION, Rehearsal

Scoped = events.StageOpened | events.Released | events.ClockChanged
Changing = (Scoped, events.StatusChanged, events.SessionFinished)


#: Commands of participants whose one result is kept.
_STORED = {one.kind for one in (Submit, Post, CallForHelp)}


@dataclass(slots=True)
class Client:
    """A client, and what lies in its queue."""

    state: ClientState
    queue: list[Envelope[Message]] = field(default_factory=list)
    #: A snapshot is to be asked for.
    doubts: bool = True
    #: The highest generation of each scope that it has shown.
    shown: dict[str, int] = field(default_factory=dict)

    def hear(self, envelope: Envelope[Message]) -> None:
        """Take a message as a link does."""
        before = self.state
        match envelope.message:
            case Snapshot() as snapshot:
                step = before.synchronised(snapshot)
                self.state, self.doubts = step.state, step.ask
            case Submitted(scope=scope, generation=generation):
                self.state = before.accepted(scope, generation)
            case Reply():
                pass
            case event:
                step = before.heard(event)
                self.state, self.doubts = step.state, self.doubts or step.ask
        self._check(before)

    def restart(self) -> None:
        """Be a client that knows nothing, as after its computer was switched on."""
        self.state = ClientState(seat=self.state.seat, session=SESSION)
        self.doubts = True
        self.shown.clear()

    def _check(self, before: ClientState) -> None:
        for scope, version in self.state.versions.items():
            assert version >= before.versions.get(scope, 0), "a version fell"
        stage = self.state.stage
        if stage is not None:
            assert stage.generation >= self.shown.get(stage.scope, 0), "a generation fell"
            self.shown[stage.scope] = stage.generation
            if "you" in stage.data:
                assert f"p{stage.data['you']}" == self.state.seat, "another's data"


class Ensemble:
    """One session with all that was ever sent and told, and what of it was heard."""

    def __init__(
        self,
        database: Database,
        plan: Plan,
        *,
        seats: tuple[str, ...],
        folder: Path | None = None,
    ) -> None:
        self.database = database
        self.seats = seats
        self.outside = Outside()
        known = Catalogue([])
        known.add("planned", planned(plan, self.outside), folder=folder)
        self.rehearsal = Rehearsal(database, known, seats=seats, workers=2)
        self.clients = {seat: Client(ClientState(seat=seat, session=SESSION)) for seat in seats}
        #: Everything that was sent, to be delivered again at any time.
        self.sent: list[Publication] = []
        #: What each worker has committed and not told yet.
        self.untold: list[list[Handled]] = [[], []]
        self._bindings: set[tuple[str, str, str]] = set()
        #: Results by seat and message id; what was told of each version of each scope.
        self._results: dict[tuple[str, str], set[bytes]] = defaultdict(set)
        self._versions: dict[str, dict[int, set[bytes]]] = defaultdict(lambda: defaultdict(set))
        #: What was told of each post, by scope, generation and number.
        self._posts: dict[tuple[str, int, int], set[bytes]] = defaultdict(set)
        #: Dead letters, by the code that says why.
        self.dead: dict[str, int] = defaultdict(int)

    # -- what is sent and handled

    def submit(self, seat: str, scope: str, generation: int, value: int | None) -> Publication:
        """Send an answer; it is not delivered yet."""
        self.sent.append(self.rehearsal.submit(seat, scope, generation, value))
        return self.sent[-1]

    def send(self, message: Any, **account: str) -> Publication:
        """Send a command; it is not delivered yet."""
        self.sent.append(self.rehearsal.command(message, **account))
        return self.sent[-1]

    def handle(self, worker: int, *publications: Publication, redelivered: bool = False) -> None:
        """Have a worker handle a batch; it is told later, or never by this worker."""
        handled = self.rehearsal.handle(*publications, worker=worker, redelivered=redelivered)
        self.outside.committed()
        self.untold[worker] += handled

    def killed(self, worker: int, *publications: Publication) -> None:
        """Have a worker die of a batch before its commit."""
        deliveries = [self.rehearsal.postman.delivery(one) for one in publications]
        self.untold[worker] = self.rehearsal.killed(deliveries, worker=worker)
        self.outside.undone()

    def cut_off(self, worker: int, *publications: Publication) -> None:
        """Have the database fail a worker once."""
        deliveries = [self.rehearsal.postman.delivery(one) for one in publications]
        self.rehearsal.cut_off(deliveries, worker=worker)
        self.outside.undone()

    def restart(self, worker: int) -> None:
        """Let a worker die; the next one tells what it finds untold."""
        self.untold[worker] = self.rehearsal.restart(worker)

    def deliver_to_doubting(self) -> None:
        """Answer everybody who asks where the session is; the answer is heard later."""
        for seat, client in self.clients.items():
            if client.doubts:
                client.doubts = False
                self.ask_for(seat)

    def ask_for(self, seat: str) -> None:
        """Let a client ask for its snapshot."""
        asked = self.rehearsal.command(GetSnapshot(session=SESSION), seat)
        self.handle(0, asked)

    # -- what is told and heard

    def tell(self, worker: int, *, items: int | None = None) -> None:
        """Tell what a worker has committed; only so many ``items`` of it if it dies meanwhile."""
        told = 0
        for one in self.untold[worker]:
            for item in (*one.items, *one.replies):
                if told == items:
                    self.restart(worker)
                    return
                self._tell(item)
                told += 1
            if one.number is not None and items is None:
                self.rehearsal.workers[worker].told(one.number)
        self.untold[worker] = []
        if items is not None:
            # all of it was told, and nobody lives who knows
            self.restart(worker)

    def _tell(self, item: Item) -> None:
        match item:
            case Binding(exchange, queue, key):
                self._bindings.add((exchange, queue, key))
            case Unbinding(exchange, queue, key):
                self._bindings.discard((exchange, queue, key))
            case Removal(exchange):
                self._bindings = {one for one in self._bindings if one[0] != exchange}
            case Publication(exchange=exchange) if exchange == DEAD_LETTERS:
                self.dead[str(item.properties.headers["palier-code"])] += 1
            case Publication():
                self._publish(item)
            case _:
                pass

    def _publish(self, item: Publication) -> None:
        envelope = unpack(item.properties, item.body)
        self._keep(item, envelope)
        for seat, client in self.clients.items():
            queue = seat_queue(seat)
            if item.exchange == "":
                reached = item.routing_key == queue
            else:
                reached = any(
                    exchange == item.exchange and bound == queue and _matches(key, item.routing_key)
                    for exchange, bound, key in self._bindings
                )
            if reached:
                client.queue.append(envelope)

    def _keep(self, item: Publication, envelope: Envelope[Message]) -> None:
        message = envelope.message
        match message:
            case Refused(code=code) if code in LATER:
                pass
            case Submitted() | Refused() | PostTaken() | HelpNoted():
                seat = item.routing_key.removeprefix("seat.")
                self._results[seat, envelope.causation_id or ""].add(item.body)
            case events.Posted(scope=scope, generation=generation, post=post):
                self._posts[scope, generation, post.number].add(item.body)
            case events.StageOpened(hold=True):
                pass
            case events.StageOpened(stage=stage, version=version):
                self._told(stage.scope, version, item, barrier=True)
            case (
                events.Released(scope=scope, version=version)
                | events.ClockChanged(scope=scope, version=version)
            ):
                self._told(scope, version, item, barrier=True)
            case events.StatusChanged(version=version) | events.SessionFinished(version=version):
                self._told(ALL, version, item, barrier=False)
            case _:
                pass

    def _told(self, scope: str, version: int, item: Publication, *, barrier: bool) -> None:
        if barrier and item.exchange == EVENTS:
            if item.routing_key.startswith(f"evt.{SESSION}.staff."):
                return  # the same for the staff
            _, _, _, seat, _ = item.routing_key.split(".")
            assert seat in self._seats_of(scope), "told to who is not in it"
        elif barrier:
            assert item.exchange == barrier_exchange(SESSION, scope)
        self._versions[scope][version].add(item.body)

    def _seats_of(self, scope: str) -> set[str]:
        """Return who is in a scope, or was before it was formed again."""
        formed = self.rehearsal.log("scope-formed")
        return {seat for one in formed if one.body["scope"] == scope for seat in one.body["seats"]}

    # -- what holds

    def check(self) -> None:
        """Check what holds at any time."""
        check_record(self.database, SESSION)
        assert all(len(bodies) == 1 for bodies in self._results.values()), "two results of one"
        self._check_posts()
        for scope, told in self._versions.items():
            assert all(len(bodies) == 1 for bodies in told.values()), f"{scope} told two ways"
        run = tables.stage_run
        opened: dict[str, int] = defaultdict(int)
        for one in self.database.ask(select(run)):
            opened[one.scope] = max(opened[one.scope], one.generation)
        for client in self.clients.values():
            stage = client.state.stage
            if stage is not None and stage.scope != ALL:
                assert client.state.seat in self._seats_of(stage.scope), "led on by other seats"
            for scope, generation in client.shown.items():
                assert generation <= opened[scope], "somebody is ahead of the session"

    def _check_posts(self) -> None:
        numbers: dict[tuple[str, int], list[int]] = defaultdict(list)
        messages: list[tuple[str, str]] = []
        for one in self.database.ask(select(tables.post).order_by(tables.post.c.number)):
            numbers[one.scope, one.generation].append(one.number)
            messages.append((one.seat, one.message_id))
        for found in numbers.values():
            assert found == list(range(1, len(found) + 1)), "the posts have a gap"
        assert len(set(messages)) == len(messages), "a post counts twice"
        assert all(len(bodies) == 1 for bodies in self._posts.values()), "a post is told two ways"
        kept = {(*where, number) for where, found in numbers.items() for number in found}
        assert set(self._posts) <= kept, "a post is told and not kept"

    def settle(self) -> None:
        """Let the faults stop: all is told, all is heard, who doubts is answered."""
        for worker in (0, 1):
            self.restart(worker)
        for _ in range(4):
            for worker in (0, 1):
                self.tell(worker)
            for client in self.clients.values():
                client.doubts = True
                while client.queue:
                    client.hear(client.queue.pop(0))
            self.deliver_to_doubting()
        for worker in (0, 1):
            self.tell(worker)
            self.rehearsal.workers[worker].sweep()
        self.check()

    def check_the_end(self) -> None:
        """Check what holds when everything was handled, told and heard."""
        assert status(self.database, SESSION) == "finished"
        assert self.database.ask(select(tables.outbox.c.seq)) == []
        scopes = self.database.ask(select(tables.scope))
        for one in scopes:
            told = self._versions.get(one.name, {})
            assert sorted(told) == list(range(1, one.version + 1)), "a version was never told"
        kept = {(one.seat, one.message_id) for one in results(self.database, self.seats)}
        sent = {(key(one)) for one in self.sent if one.properties.kind in _STORED}
        assert kept == sent, "each command has its one result"
        posts = self.database.ask(select(tables.post))
        kept_posts = {(one.scope, one.generation, one.number) for one in posts}
        assert set(self._posts) == kept_posts, "a post was never told"
        for seat, client in self.clients.items():
            while client.queue:
                client.hear(client.queue.pop(0))
            truth = self.rehearsal.snapshot(seat)
            assert client.state.over, seat
            assert (client.state.versions, client.state.stage) == (truth.versions, truth.stage)


def key(publication: Publication) -> tuple[str, str]:
    """Return who sent a command, and its message id."""
    properties = publication.properties
    return properties.user_id or "", properties.message_id or ""


def _matches(binding: str, routing_key: str) -> bool:
    """Tell whether a topic of the kind that we use matches: words, and ``#`` in the end."""
    if binding.endswith(".#"):
        return routing_key.startswith(binding[:-1])
    return binding in {"", routing_key}

"""Live stages: what is done is taken in one order, kept once, and the same whoever takes over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from palier.program import (
    Entity,
    Field,
    Form,
    Group,
    Live,
    Participant,
    Program,
    Refuse,
    Session,
    action,
    db,
)
from palier.schemas.commands import (
    Close,
    Exclude,
    GetSnapshot,
    Pause,
    Readmit,
    Resume,
    ResumeFrom,
    Retry,
    StandIn,
    Submit,
)
from palier.schemas.events import Intervened, LiveChanged, Released
from palier.schemas.replies import Acted, Refused, Submitted
from palier.workers.persistence import tables
from palier.workers.persistence.export import export
from palier.workers.runtime.catalogue import Catalogue
from tests.databases import Database
from tests.laboratory import payoffs
from tests.rehearsal import SESSION, Quick, Rehearsal, answer, quick_database, rehearse, said
from tests.shops import SEATS, Shop, act, data, shopping


@pytest.fixture
def quick() -> Iterator[Quick]:
    with quick_database() as database:
        yield database


def taken(rehearsal: Rehearsal, seat: str, action: str, **body: Any) -> int:
    """Do something and return its number."""
    found = rehearsal.ask(act(action, **body), seat)
    assert isinstance(found, Acted), found
    return found.number


def refused(rehearsal: Rehearsal, seat: str, action: str, **body: Any) -> Refused:
    """Try to do something; return why it was not done."""
    found = rehearsal.ask(act(action, **body), seat)
    assert isinstance(found, Refused), found
    return found


def rows(rehearsal: Rehearsal) -> list[Any]:
    return rehearsal.database.ask(select(tables.action).order_by(tables.action.c.number))


def test_what_is_done_is_kept_paid_and_told_at_once(database: Database) -> None:
    rehearsal = rehearse(database, shopping, seats=SEATS)
    assert data(rehearsal.snapshot("p1")) == {
        "place": "market",
        "sold": [],
        "pieces": 0,
        "coins": 20,
    }
    asked = rehearsal.command(act("buy", pieces=3), "p2")
    handled = rehearsal.handle(asked)

    assert answer(handled, asked) == Acted(session=SESSION, number=1)
    told = [one for one in said(handled) if isinstance(one, LiveChanged)]
    own, public = told
    assert (own.own, own.version, list(own.change.data)) == (True, 1, ["coins"])
    assert (public.own, public.version, public.scope, public.generation) == (False, 1, "all", 1)
    assert public.change.data == {
        "sold": [{"who": "p2", "pieces": 3, "at": rehearsal.now.isoformat()}],
        "pieces": 3,
    }
    # what only grows is told by its new end
    again = rehearsal.handle(rehearsal.command(act("buy", pieces=1), "p3"))
    last = next(one for one in said(again) if isinstance(one, LiveChanged) and not one.own)
    assert list(last.change.appended) == ["sold"]
    assert last.change.data == {"pieces": 4}

    assert payoffs(database, SESSION) == {"p1": 0, "p2": Decimal(3), "p3": Decimal(1), "p4": 0}
    snapshot = rehearsal.snapshot("p2")
    assert snapshot.live is not None
    assert (snapshot.live.version, snapshot.live.own) == (2, 1)
    assert data(snapshot)["coins"] == own.change.data["coins"]
    rehearsal.consistent()


def test_nobody_is_told_what_another_alone_is_shown(quick: Quick) -> None:
    rehearsal = rehearse(quick, shopping, seats=SEATS)
    taken(rehearsal, "p2", "buy", pieces=1)

    assert data(rehearsal.snapshot("p1"))["coins"] == 20
    assert "coins" not in str(data(rehearsal.snapshot("p1"))["sold"])


def test_the_author_refuses_in_a_sentence_and_nothing_has_changed(database: Database) -> None:
    rehearsal = rehearse(database, shopping, seats=SEATS)
    taken(rehearsal, "p1", "buy", pieces=2)
    before = [rehearsal.snapshot(one) for one in SEATS]
    found: Any = None
    while not isinstance(found, Refused):
        before = [rehearsal.snapshot(one) for one in SEATS]
        found = rehearsal.ask(act("buy", pieces=5), "p1")

    assert found.code == "not-allowed"
    assert "and you have" in found.reason
    assert [rehearsal.snapshot(one) for one in SEATS] == before
    last = rows(rehearsal)[-1]
    assert (last.outcome, last.reason) == ("refused", found.reason)
    rehearsal.consistent()


def test_what_fails_changes_nothing_and_the_operator_is_told_where(database: Database) -> None:
    rehearsal = rehearse(database, shopping, seats=SEATS)
    taken(rehearsal, "p1", "buy", pieces=2)
    before = [rehearsal.snapshot(one) for one in SEATS]

    asked = rehearsal.command(act("stumble"), "p3")
    handled = rehearsal.handle(asked)

    found = answer(handled, asked)
    assert isinstance(found, Refused)
    assert found.code == "failed"
    assert "divided" not in found.reason
    (alarm,) = [one for one in said(handled) if isinstance(one, Intervened)]
    assert alarm.what == "action-failed"
    assert "ZeroDivisionError" in str(alarm.body["traceback"])
    assert [rehearsal.snapshot(one) for one in SEATS] == before
    assert payoffs(database, SESSION)["p3"] == 0
    assert taken(rehearsal, "p3", "buy", pieces=1) == 3
    rehearsal.consistent()


def test_a_repeated_act_is_done_once_whoever_handles_it(database: Database) -> None:
    rehearsal = rehearse(database, shopping, seats=SEATS)
    asked = rehearsal.command(act("buy", pieces=2), "p1", name="the-same")

    answers = [answer(rehearsal.handle(asked, worker=one), asked) for one in (0, 0, 1, 1)]

    assert answers == [Acted(session=SESSION, number=1)] * 4
    assert len(rows(rehearsal)) == 1
    refusal = rehearsal.command(act("buy", pieces=5, note="x" * 21), "p1", name="another")
    told = [answer(rehearsal.handle(refusal, worker=one), refusal) for one in (0, 1)]
    assert told[0] == told[1]


def test_no_act_is_lost_or_doubled_whichever_worker_dies_when(database: Database) -> None:
    rehearsal = rehearse(database, shopping, seats=SEATS)
    asked = [rehearsal.command(act("buy", pieces=1), SEATS[n % 4]) for n in range(5)]

    rehearsal.handle(asked[0])
    # killed before its commit: nothing of it happened, and the broker brings it again
    rehearsal.killed([rehearsal.postman.delivery(one) for one in asked[1:3]])
    rehearsal.handle(*asked[1:3], worker=1)
    rehearsal.cut_off([rehearsal.postman.delivery(asked[3])], worker=0)
    rehearsal.handle(asked[3], worker=0)
    # killed between its commit and its word: the next one tells what was committed
    rehearsal.handle(asked[4], worker=1)
    told = [one for one in said(rehearsal.restart(1)) if isinstance(one, LiveChanged)]
    assert [one.version for one in told if not one.own][-1] == 5
    rehearsal.handle(*asked, worker=0)

    assert [one.outcome for one in rows(rehearsal)] == ["taken"] * 5
    assert data(rehearsal.snapshot("p1"))["pieces"] == 5
    rehearsal.consistent()


def test_the_stage_ends_for_all_when_an_action_says_so(database: Database) -> None:
    rehearsal = rehearse(database, shopping, seats=SEATS)
    rehearsal.arrive("p4")
    for n in range(5):
        taken(rehearsal, SEATS[n % 3], "buy", pieces=1)
    handled = rehearsal.handle(rehearsal.command(act("buy", pieces=1), "p3"))

    (released, _) = [one for one in said(handled) if isinstance(one, Released)]
    assert released.next is not None
    assert (released.next.name, released.next.data["sold"]) == ("after", 6)
    hows = rehearsal.database.ask(
        select(tables.arrival.c.seat, tables.arrival.c.how).order_by(tables.arrival.c.seat)
    )
    assert [tuple(one) for one in hows] == [
        ("p1", "default"),
        ("p2", "default"),
        ("p3", "default"),
        ("p4", "submitted"),
    ]
    assert refused(rehearsal, "p1", "buy", pieces=1).code == "released"
    rehearsal.consistent()


def test_at_the_deadline_everybody_goes_on(database: Database) -> None:
    rehearsal = rehearse(database, shopping, seats=SEATS)
    taken(rehearsal, "p1", "buy", pieces=1)
    rehearsal.later(60)
    assert refused(rehearsal, "p2", "buy", pieces=1).code == "too-late"

    rehearsal.handle(rehearsal.tick())

    assert rehearsal.stages() == {"all": ("after", "open")}
    rehearsal.consistent()


def test_who_has_finished_the_stage_does_nothing_in_it(quick: Quick) -> None:
    rehearsal = rehearse(quick, shopping, seats=SEATS)
    rehearsal.arrive("p1")

    assert refused(rehearsal, "p1", "buy", pieces=1).code == "arrived"
    assert taken(rehearsal, "p2", "buy", pieces=1) == 1


def test_what_cannot_be_done_is_refused_with_its_reason(quick: Quick) -> None:
    rehearsal = rehearse(quick, shopping, seats=SEATS)

    assert refused(rehearsal, "p1", "sell").code == "unknown-action"
    assert "buy, weigh, stumble" in refused(rehearsal, "p1", "sell").reason
    wrong = refused(rehearsal, "p1", "buy", pieces=9)
    assert (wrong.code, list(wrong.fields)) == ("invalid", ["pieces"])
    assert refused(rehearsal, "p1", "weigh", pieces=1).code == "invalid"
    assert refused(rehearsal, "p9", "weigh").code == "not-a-party"
    rehearsal.ask(Exclude(session=SESSION, seats=("p3",), reason="ill"))
    assert refused(rehearsal, "p3", "weigh").code == "not-a-party"
    rehearsal.ask(Readmit(session=SESSION, seats=("p3",)))
    assert taken(rehearsal, "p3", "weigh")
    rehearsal.ask(Pause(session=SESSION))
    paused = refused(rehearsal, "p1", "weigh")
    assert (paused.code, "is paused" in paused.reason) == ("paused", True)
    rehearsal.ask(Resume(session=SESSION))
    assert taken(rehearsal, "p1", "weigh")
    rehearsal.ask(Close(session=SESSION))
    assert refused(rehearsal, "p1", "weigh").code == "not-running"
    assert {one.outcome for one in rows(rehearsal)} == {"taken"}


def test_a_bot_that_stands_in_goes_on_and_who_acts_is_back(quick: Quick) -> None:
    rehearsal = rehearse(quick, shopping, seats=SEATS)
    rehearsal.ask(StandIn(session=SESSION, seats=("p1", "p2")))
    taken(rehearsal, "p2", "buy", pieces=1)
    rehearsal.later(1)
    rehearsal.handle(rehearsal.tick())

    assert [one.seat for one in rehearsal.overview().seats if one.state == "submitted"] == ["p1"]
    assert rehearsal.snapshot("p2").standing == "active"
    rehearsal.consistent()


def test_a_program_that_was_changed_is_found_out_and_brought_back(database: Database) -> None:
    rehearsal = rehearse(database, shopping, seats=SEATS)
    taken(rehearsal, "p1", "buy", pieces=2)

    class Cheaper(Shop):
        def shown(self) -> dict[str, Any]:
            return {**super().shown(), "pieces": len(self.sold)}

    async def changed(session: Session) -> None:
        await session.stage("shop", live=Cheaper(), data={"place": "market"}, deadline=60)

    rehearsal.becomes(changed)
    rehearsal.restart()
    found = rehearsal.overview()
    assert found.status == "stopped"
    assert "p1 do 'buy'" in found.reason
    assert "shown then" in found.reason
    assert refused(rehearsal, "p2", "buy", pieces=1).code == "paused"

    rehearsal.becomes(shopping)
    rehearsal.ask(Retry(session=SESSION))
    assert taken(rehearsal, "p2", "buy", pieces=1) == 2
    assert data(rehearsal.snapshot("p2"))["pieces"] == 3
    rehearsal.consistent()


def test_what_was_done_is_set_aside_when_the_session_goes_on_from_before(
    database: Database,
) -> None:
    rehearsal = rehearse(database, shopping, seats=SEATS)
    taken(rehearsal, "p1", "buy", pieces=2)
    rehearsal.later(1)
    rehearsal.ask(ResumeFrom(session=SESSION, stage="shop", reason="once more"))

    assert data(rehearsal.snapshot("p1"))["sold"] == []
    assert payoffs(database, SESSION)["p1"] == 0
    found = rehearsal.ask(act("buy", generation=2, pieces=1), "p2")
    assert found == Acted(session=SESSION, number=2)
    rehearsal.consistent()

    with rehearsal.postman.engine.begin() as db:
        table = {one.name: one for one in export(db, SESSION)}["actions"]
    place = {name: at for at, name in enumerate(table.columns)}
    shown = ("number", "generation", "seat", "action", "outcome", "set_aside", "body")
    assert [tuple(row[place[one]] for one in shown) for row in table.rows] == [
        (1, 1, "p1", "buy", "taken", True, {"pieces": 2, "note": ""}),
        (2, 2, "p2", "buy", "taken", False, {"pieces": 1, "note": ""}),
    ]


def test_many_at_once_are_done_in_the_order_in_which_they_came(database: Database) -> None:
    async def body(session: Session) -> None:
        await session.stage("shop", live=Shop(coins=10_000, sales=1000))

    rehearsal = rehearse(database, body, seats=SEATS)
    asked = [rehearsal.command(act("buy", pieces=1 + n % 5), SEATS[n % 4]) for n in range(150)]
    handled = rehearsal.handle(*asked[:90])
    handled += rehearsal.handle(*asked[90:], worker=1)

    # the second worker tells again what the first may not have told
    versions = dict.fromkeys(
        one.version for one in said(handled) if isinstance(one, LiveChanged) and not one.own
    )
    assert list(versions) == list(range(1, 151))
    sold = data(rehearsal.snapshot("p1"))["sold"]
    assert [(one["who"], one["pieces"]) for one in sold] == [
        (SEATS[n % 4], 1 + n % 5) for n in range(150)
    ]
    assert refused(rehearsal, "p1", "stumble").code == "failed"
    rehearsal.consistent()


def test_groups_have_live_stages_of_their_own(database: Database) -> None:
    async def body(session: Session) -> None:
        async def play(group: Any) -> int:
            shop = Shop(sales=2)
            await group.stage("shop", live=shop)
            return len(shop.sold)

        sold = await session.each_group(play, size=2)
        await session.stage("after", data={"sold": sold})

    rehearsal = rehearse(database, body, seats=SEATS)
    groups = {
        one.name: one.seats
        for one in rehearsal.database.ask(select(tables.scope))
        if one.name != "all"
    }
    for name in [*groups, *groups]:
        for seat in groups[name][:1]:
            found = rehearsal.ask(act("buy", scope=name, pieces=1), seat)
            assert isinstance(found, Acted), found
        rehearsal.restart()

    assert rehearsal.stages()["all"] == ("after", "open")
    assert data(rehearsal.snapshot("p1")) == {"sold": [2, 2]}
    rehearsal.consistent()


FAULTS = ("none", "none", "anew", "killed", "twice", "another", "asked")
deeds = st.tuples(
    st.sampled_from(["buy", "buy", "buy", "weigh", "stumble", "arrive", "exclude", "pause"]),
    st.integers(0, 3),
    st.integers(1, 5),
    st.sampled_from(FAULTS),
)


def go(rehearsal: Rehearsal, course: Sequence[tuple[str, int, int, str]], *, faults: bool) -> None:
    """Let things happen, disturbed or not; a message is called after its place in the course.

    Disturbed, a worker that takes over is asked after each what it shows.
    """
    for place, (what, which, pieces, fault) in enumerate(course):
        rehearsal.later(1)
        seat = SEATS[which]
        if what == "exclude":
            back = pieces > 2
            seats = (seat,)
            asked = rehearsal.command(
                Readmit(session=SESSION, seats=seats)
                if back
                else Exclude(session=SESSION, seats=seats),
                name=f"d{place}",
            )
        elif what == "pause":
            goes_on = pieces > 1
            asked = rehearsal.command(
                Resume(session=SESSION) if goes_on else Pause(session=SESSION), name=f"d{place}"
            )
        elif what == "arrive":
            if pieces < 5:
                continue
            asked = rehearsal.submit(seat, "all", 1, name=f"d{place}")
        else:
            command = act(what, pieces=pieces) if what == "buy" else act(what)
            asked = rehearsal.command(command, seat, name=f"d{place}")
        if not faults:
            rehearsal.handle(asked)
            continue
        if fault == "killed":
            rehearsal.killed([rehearsal.postman.delivery(asked)])
        elif fault == "anew":
            rehearsal.restart()
        elif fault == "asked":
            question = rehearsal.command(GetSnapshot(session=SESSION), seat, name=f"q{place}")
            rehearsal.handle(question, asked, worker=1)
        rehearsal.handle(*[asked] * (2 if fault == "twice" else 1), worker=fault == "another")
        rehearsal.consistent()


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
@given(course=st.lists(deeds, max_size=14))
def test_from_any_point_whoever_takes_over_shows_the_same_and_the_record_is_the_undisturbed(
    course: list[tuple[str, int, int, str]],
) -> None:
    found = []
    for faults in (False, True):
        with quick_database() as database:
            # what the instrument showed is on the record, and the same in both
            rehearsal = rehearse(database, shopping, seats=SEATS)
            go(rehearsal, [one for one in course if one[0] != "weigh"], faults=faults)
            rows = rehearsal.rows()
            found.append({name: rows[name] for name in ("action", "participant", "stage_run")})
    assert found[0] == found[1]


def test_an_answer_is_given_beside_what_is_done(quick: Quick) -> None:
    class Word(Shop.Buy):
        pass

    async def body(session: Session) -> None:
        shop = Shop(sales=2)
        answers = await session.stage("shop", live=shop, form=Word, missing=Word(pieces=4))
        given = {one.seat: answer.pieces for one, answer in answers.items()}
        await session.stage("after", data={"given": given})

    rehearsal = rehearse(quick, body, seats=SEATS)
    submitted = rehearsal.ask(
        Submit(session=SESSION, scope="all", generation=1, answer={"pieces": 1}), "p1"
    )
    assert isinstance(submitted, Submitted)
    taken(rehearsal, "p2", "buy", pieces=1)
    taken(rehearsal, "p3", "buy", pieces=1)

    assert data(rehearsal.snapshot("p1"))["given"] == {"p1": 1, "p2": 4, "p3": 4, "p4": 4}


class Ledger(Entity):
    """One line for each thing that was written down."""

    text: str


class Scribe(Live):
    """What is written down goes into a table."""

    class Line(Form):
        text: str = Field(max_length=20)

    def __init__(self) -> None:
        self.lines: list[int] = []

    @action
    def write(self, who: Participant, line: Line) -> None:
        """Write a line, and refuse it then if it is empty."""
        self.lines.append(self.transaction(enter, f"{who.seat}: {line.text}"))
        if line.text == "no":
            raise Refuse("This is not written down.")
        if line.text == "oh":
            raise ZeroDivisionError

    @action
    def persist(self, _who: Participant) -> None:
        """Go on though something could not be written."""
        with suppress(Exception):
            self.transaction(nothing)
        self.lines.append(self.transaction(enter, "again"))

    def shown(self) -> dict[str, Any]:
        return {"lines": self.lines}


def nothing() -> int:
    db.add(Ledger(text=None))
    return 0


def enter(text: str) -> int:
    db.add(Ledger(text=text))
    return len(list(Ledger.where()))


def test_what_an_action_writes_into_tables_is_kept_with_it_or_not_at_all(
    database: Database,
) -> None:
    class Writing(Program):
        entities = (Ledger,)

        async def run(self, session: Session) -> None:
            await session.stage("desk", live=Scribe())

    known = Catalogue([])
    known.add("writing", Writing)
    rehearsal = Rehearsal(database, known, seats=SEATS, workers=2)
    rehearsal.open("writing")
    taken(rehearsal, "p1", "write", text="one")
    assert refused(rehearsal, "p2", "write", text="no").code == "not-allowed"
    assert refused(rehearsal, "p2", "write", text="oh").code == "failed"
    rehearsal.restart()
    taken(rehearsal, "p2", "write", text="two")

    assert data(rehearsal.snapshot("p1")) == {"lines": [1, 2]}
    rehearsal.consistent()

    taken(rehearsal, "p2", "persist")
    assert refused(rehearsal, "p2", "write", text="no").code == "not-allowed"
    rehearsal.restart()
    taken(rehearsal, "p2", "persist")
    assert data(rehearsal.snapshot("p1")) == {"lines": [1, 2, 3, 4]}
    rehearsal.consistent()


#: What an author keeps outside of the object.
ELSEWHERE: list[int] = []


class Careless(Live):
    """Changes whatever it is given, and refuses then."""

    class Bid(Form):
        bid: int

    def __init__(self, shared: list[int], payee: Participant) -> None:
        self.shared = shared
        self.payee = payee
        self.bids: list[int] = []
        self.deck: list[int] = []

    @action
    def draw(self, _who: Participant) -> None:
        """Take the last card of those that were dealt."""
        self.deck = self.once("deck", lambda: [1, 2, 3])
        self.shared.append(self.deck.pop())

    @action
    def bid(self, who: Participant, body: Bid) -> None:
        """Pay somebody else too."""
        self.bids.append(body.bid)
        self.payee.pay(1)
        who.pay(2)

    @action
    def refuse(self, who: Participant) -> None:
        """Change everything first."""
        self.deck.append(self.scope.random.randint(4, 9))
        self.shared.append(9)
        self.payee.pay(100)
        self.bids.clear()
        raise Refuse(f"Not {who.seat}.")

    @action
    def spoil(self, _who: Participant) -> None:
        """Keep what cannot be copied."""
        self.spoilt = (one for one in self.deck)

    @action
    def shout(self, _who: Participant) -> None:
        """Show more than fits into a message."""
        self.shared += [1_000_000] * 100_000

    @action
    def look(self, _who: Participant) -> None:
        """Look at something that is not on the record."""
        ELSEWHERE.append(len(ELSEWHERE))
        if len(ELSEWHERE) > 1:
            raise Refuse("It was looked at before.")

    def shown(self) -> dict[str, Any]:
        return {"bids": self.bids, "deck": self.deck, "shared": self.shared}


def test_what_an_action_does_to_what_it_was_given_is_not_done_to_the_record(quick: Quick) -> None:
    async def body(session: Session) -> None:
        async def desk(group: Group) -> None:
            shared = [7]
            # one is paid who is in the other group
            live = Careless(shared, session.participants[-1])
            await group.stage("desk", live=live)
            data = {"shared": shared, "deck": live.deck, "luck": group.random.random()}
            await group.stage("after", data=data)

        await session.each_group(desk, size=2)

    rehearsal = rehearse(quick, body, seats=SEATS)
    for asked, done in (
        (act("draw", scope="g1"), Acted),
        (act("bid", scope="g1", bid=1), Acted),
        (act("bid", scope="g1", bid=1), Acted),
        (act("refuse", scope="g1"), Refused),
        (act("bid", scope="g1", bid=1), Acted),
        (act("refuse", scope="g1"), Refused),
    ):
        assert isinstance(rehearsal.ask(asked, "p1"), done)
        rehearsal.consistent()
    assert data(rehearsal.snapshot("p1")) == {
        "bids": [1, 1, 1],
        "deck": [1, 2],
        "shared": [7, 3],
    }
    assert payoffs(rehearsal.database, SESSION)["p4"] == Decimal(3)

    rehearsal.restart()
    rehearsal.arrive()
    rehearsal.consistent()
    # what was given to it is its own from then on
    assert data(rehearsal.snapshot("p1"))["shared"] == [7]
    assert data(rehearsal.snapshot("p1"))["deck"] == [1, 2]


def test_what_fits_into_no_message_is_an_action_that_failed(quick: Quick) -> None:
    async def body(session: Session) -> None:
        await session.stage("desk", live=Careless([], session.participants[0]))

    rehearsal = rehearse(quick, body, seats=SEATS)
    assert refused(rehearsal, "p1", "shout").code == "failed"
    assert "Live stage shows 800" in rows(rehearsal)[-1].reason
    taken(rehearsal, "p1", "draw")
    assert data(rehearsal.snapshot("p1"))["shared"] == [3]
    rehearsal.consistent()


def test_what_cannot_be_taken_back_stops_the_session_and_is_not_gone_on_from(quick: Quick) -> None:
    async def body(session: Session) -> None:
        await session.stage("desk", live=Careless([], session.participants[0]))

    ELSEWHERE.clear()
    rehearsal = rehearse(quick, body, seats=SEATS)
    taken(rehearsal, "p1", "look")
    assert refused(rehearsal, "p2", "refuse").code == "paused"
    assert rehearsal.overview().status == "stopped"
    assert "keep everything in the object itself" in rehearsal.overview().reason


def test_a_state_that_cannot_be_copied_any_more_is_an_action_that_failed(quick: Quick) -> None:
    async def body(session: Session) -> None:
        await session.stage("desk", live=Careless([], session.participants[0]))

    rehearsal = rehearse(quick, body, seats=SEATS)
    taken(rehearsal, "p1", "spoil")
    found = [rehearsal.ask(act("draw"), "p2") for _ in range(70)]
    assert all(isinstance(one, Acted) for one in found[:62])
    assert {one.code for one in found[62:]} == {"failed"}
    assert "cannot be copied" in rows(rehearsal)[-1].reason
    rehearsal.consistent()


class Weight:
    """Counts how often it is copied."""

    copied = 0

    def __deepcopy__(self, _known: object) -> Weight:
        type(self).copied += 1
        return self


class Heavy(Live):
    """What is done, and something heavy besides."""

    def __init__(self) -> None:
        self.weight = Weight()
        self.done = 0

    @action
    def go(self, _who: Participant) -> None:
        """Count."""
        self.done += 1

    @action
    def refuse(self, who: Participant) -> None:
        """Count, and refuse then."""
        self.done += 1
        raise Refuse(f"Not {who.seat}.")

    def shown(self) -> dict[str, Any]:
        return {"done": self.done}


def test_who_takes_over_copies_a_state_once_however_much_was_done(quick: Quick) -> None:
    async def body(session: Session) -> None:
        await session.stage("desk", live=Heavy())

    rehearsal = rehearse(quick, body, seats=SEATS)
    for number in range(150):
        taken(rehearsal, SEATS[number % 4], "go")
    rehearsal.restart()
    Weight.copied = 0
    assert data(rehearsal.snapshot("p1")) == {"done": 150}
    assert Weight.copied == 3  # two when the stage opens, one of what came to 128
    assert refused(rehearsal, "p2", "refuse").code == "not-allowed"
    taken(rehearsal, "p1", "go")
    assert data(rehearsal.snapshot("p1")) == {"done": 151}
    rehearsal.consistent()

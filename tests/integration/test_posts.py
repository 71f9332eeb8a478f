"""What participants say within a stage: each post counts once, in one order for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from palier.broker.transport import Publication
from palier.program import Session as ProgramSession
from palier.schemas import events
from palier.schemas.addresses import barrier_exchange
from palier.schemas.commands import Close, Exclude, GetPosts, Pause, Post, Resume, ResumeFrom
from palier.schemas.events import Posted, PostedValue
from palier.schemas.replies import Posts, PostTaken, Refused
from palier.workers.persistence import tables
from palier.workers.persistence.export import export
from tests.databases import Database
from tests.laboratory import Number
from tests.rehearsal import SESSION, Quick, Rehearsal, answer, quick_database, said
from tests.screened import PLAIN, TALKING, screened, write

SEATS = ("p1", "p2", "p3")


@pytest.fixture
def quick() -> Iterator[Quick]:
    with quick_database() as database:
        yield database


async def talk(session: ProgramSession) -> None:
    await session.stage("talk")
    await session.stage("after")


def talking(database: Database, folder: Path, *, body: object = talk) -> Rehearsal:
    """Open a session whose first stage people talk in."""
    write(folder, "talk", TALKING)
    write(folder, "after", PLAIN)
    assert callable(body)
    return screened(database, folder, body, seats=SEATS)


def posted(value: str | float, *, stream: str = "talk", generation: int = 1) -> Post:
    return Post(session=SESSION, scope="all", generation=generation, stream=stream, value=value)


def taken(rehearsal: Rehearsal, seat: str, value: str | float, *, stream: str = "talk") -> int:
    """Post and return the number."""
    found = rehearsal.ask(posted(value, stream=stream), seat)
    assert isinstance(found, PostTaken), found
    return found.number


def refused(rehearsal: Rehearsal, seat: str, command: Post) -> str:
    """Return the code with which a post is refused."""
    found = rehearsal.ask(command, seat)
    assert isinstance(found, Refused), found
    return found.code


def read(rehearsal: Rehearsal, seat: str = "p1", *, after: int = 0, generation: int = 1) -> Posts:
    """Return what a seat is told was posted."""
    found = rehearsal.ask(
        GetPosts(session=SESSION, scope="all", generation=generation, after=after), seat
    )
    assert isinstance(found, Posts), found
    return found


def values(posts: tuple[PostedValue, ...]) -> list[tuple[int, str, str, str | float]]:
    return [(one.number, one.seat, one.stream, one.value) for one in posts]


def test_a_post_is_kept_and_told_to_all_of_the_stage(database: Database, tmp_path: Path) -> None:
    rehearsal = talking(database, tmp_path)
    asked = rehearsal.command(posted("Good morning, \u00e9t\u00e9!"), "p1")
    handled = rehearsal.handle(asked)

    assert answer(handled, asked) == PostTaken(session=SESSION, number=1)
    told = [one for one in said(handled) if isinstance(one, Posted)]
    assert len(told) == 2  # to the stage, and to staff
    assert told[0] == told[1]
    assert (told[0].scope, told[0].generation) == ("all", 1)
    first = PostedValue(
        number=1, stream="talk", seat="p1", at=rehearsal.now, value="Good morning, \u00e9t\u00e9!"
    )
    assert told[0].post == first
    to = [
        one.exchange
        for each in handled
        for one in each.items
        if isinstance(one, Publication) and one.properties.kind == Posted.kind
    ]
    assert to[0] == barrier_exchange(SESSION, "all")

    assert taken(rehearsal, "p3", 12.5, stream="prices") == 2
    assert values(read(rehearsal).posts) == [
        (1, "p1", "talk", "Good morning, \u00e9t\u00e9!"),
        (2, "p3", "prices", 12.5),
    ]
    assert values(read(rehearsal, after=1).posts) == [(2, "p3", "prices", 12.5)]
    assert rehearsal.snapshot("p2").posts == 2
    rehearsal.consistent()


def test_a_repeated_post_counts_once_whoever_handles_it(database: Database, tmp_path: Path) -> None:
    rehearsal = talking(database, tmp_path)
    asked = rehearsal.command(posted("once"), "p1", name="the-same")

    answers = [answer(rehearsal.handle(asked, worker=one), asked) for one in (0, 0, 1, 1)]

    assert answers == [PostTaken(session=SESSION, number=1)] * 4
    assert values(read(rehearsal).posts) == [(1, "p1", "talk", "once")]
    assert rehearsal.snapshot("p1").posts == 1


def test_numbers_have_no_gap_whichever_worker_dies_when(database: Database, tmp_path: Path) -> None:
    rehearsal = talking(database, tmp_path)
    asked = [rehearsal.command(posted(f"word {n}"), SEATS[n % 3]) for n in range(8)]

    rehearsal.handle(asked[0])
    # killed before its commit: nothing of it happened, and the broker brings it again
    rehearsal.killed([rehearsal.postman.delivery(one) for one in asked[1:3]])
    rehearsal.handle(*asked[1:3], worker=1)
    # the first has an old picture now
    rehearsal.handle(asked[3], worker=0)
    rehearsal.cut_off([rehearsal.postman.delivery(asked[4])], worker=1)
    rehearsal.handle(asked[4], worker=1)
    # killed between its commit and its word: the next one tells what was committed
    rehearsal.handle(asked[5], worker=0)
    told = [one.post.number for one in said(rehearsal.restart(0)) if isinstance(one, Posted)]
    assert told[-1] == 6
    rehearsal.handle(*asked, worker=1)

    rows = rehearsal.database.ask(select(tables.post).order_by(tables.post.c.number))
    assert [(one.number, one.value) for one in rows] == [(n + 1, f"word {n}") for n in range(8)]
    rehearsal.consistent()


def test_posts_are_counted_on_after_a_restart(quick: Quick, tmp_path: Path) -> None:
    rehearsal = talking(quick, tmp_path)
    taken(rehearsal, "p1", "one")
    rehearsal.restart()

    assert taken(rehearsal, "p2", "two") == 2


def test_who_has_arrived_may_go_on_talking(quick: Quick, tmp_path: Path) -> None:
    rehearsal = talking(quick, tmp_path)
    rehearsal.arrive("p1")

    assert taken(rehearsal, "p1", "I am ready") == 1


def test_what_cannot_be_posted_is_refused_with_its_reason(quick: Quick, tmp_path: Path) -> None:
    rehearsal = talking(quick, tmp_path)

    assert refused(rehearsal, "p1", posted("x", stream="gossip")) == "unknown-stream"
    assert refused(rehearsal, "p9", posted("x")) == "not-a-party"
    assert refused(rehearsal, "p1", posted("x", generation=2)) == "unknown-generation"
    elsewhere = Post(session=SESSION, scope="g1", generation=1, stream="talk", value="x")
    assert refused(rehearsal, "p1", elsewhere) == "not-a-party"
    rehearsal.ask(Exclude(session=SESSION, seats=("p3",), reason="ill"))
    assert refused(rehearsal, "p3", posted("x")) == "not-a-party"
    rehearsal.ask(Pause(session=SESSION))
    assert refused(rehearsal, "p1", posted("x")) == "not-running"
    rehearsal.ask(Resume(session=SESSION))
    rehearsal.arrive()
    assert refused(rehearsal, "p1", posted("x")) == "released"
    assert refused(rehearsal, "p1", posted("x", generation=2)) == "unknown-stream"
    rehearsal.ask(Close(session=SESSION))
    assert refused(rehearsal, "p1", posted("x", generation=2)) == "not-running"
    assert rehearsal.database.ask(select(tables.post)) == []


def test_a_stage_without_a_screen_has_no_streams(quick: Quick, tmp_path: Path) -> None:
    async def body(session: ProgramSession) -> None:
        await session.stage("first", form=Number)

    rehearsal = screened(quick, tmp_path, body, seats=SEATS)

    assert refused(rehearsal, "p1", posted("x")) == "unknown-stream"


def test_many_posts_come_in_pages(quick: Quick, tmp_path: Path) -> None:
    rehearsal = talking(quick, tmp_path)
    for seat in SEATS:
        rehearsal.handle(
            *(rehearsal.command(posted(f"{n} ".ljust(1000, "é")), seat) for n in range(80))
        )

    pages: list[Posts] = []
    while not pages or pages[-1].more:
        last = pages[-1].posts[-1].number if pages else 0
        pages.append(read(rehearsal, SEATS[len(pages)], after=last))

    assert len(pages) > 1
    assert all(len(one.encode()) < 250_000 for one in pages)
    assert [post.number for one in pages for post in one.posts] == list(range(1, 241))


def test_posts_of_the_same_batch_are_read_with_the_others(quick: Quick, tmp_path: Path) -> None:
    rehearsal = talking(quick, tmp_path)
    question = rehearsal.command(GetPosts(session=SESSION, scope="all", generation=1), "p2")

    handled = rehearsal.handle(
        rehearsal.command(posted("one"), "p1"),
        question,
        rehearsal.command(posted("two"), "p1"),
    )

    found = answer(handled, question)
    assert isinstance(found, Posts)
    assert values(found.posts) == [(1, "p1", "talk", "one")]
    assert rehearsal.snapshot("p1").posts == 2
    rehearsal.consistent()


def test_posts_are_for_the_parties_of_their_stage(quick: Quick, tmp_path: Path) -> None:
    rehearsal = talking(quick, tmp_path)
    taken(rehearsal, "p1", "hush")

    for seat, generation in (("p9", 1), ("p1", 2)):
        found = rehearsal.ask(GetPosts(session=SESSION, scope="all", generation=generation), seat)
        assert isinstance(found, Refused)
        assert found.code == "not-a-party"
    rehearsal.arrive()
    # what was said can be read when the stage is over
    assert values(read(rehearsal, "p2").posts) == [(1, "p1", "talk", "hush")]


def test_posts_are_exported_also_those_that_were_set_aside(
    database: Database, tmp_path: Path
) -> None:
    rehearsal = talking(database, tmp_path)
    taken(rehearsal, "p1", "before")
    rehearsal.later(1)
    rehearsal.ask(ResumeFrom(session=SESSION, stage="talk", reason="once more"))
    found = rehearsal.ask(posted(3, stream="prices", generation=2), "p2")
    assert found == PostTaken(session=SESSION, number=1)

    with rehearsal.postman.engine.begin() as db:
        table = {one.name: one for one in export(db, SESSION)}["posts"]

    assert table.columns == (
        *("session", "scope", "generation", "stage", "visit"),
        *("number", "stream", "seat", "at", "value", "set_aside"),
    )
    assert [(one[2], one[3], *one[5:8], *one[9:]) for one in table.rows] == [
        (1, "talk", 1, "talk", "p1", "before", True),
        (2, "talk", 1, "prices", "p2", 3.0, False),
    ]
    rehearsal.consistent()


def test_who_talks_too_much_is_told_to_slow_down(quick: Quick, tmp_path: Path) -> None:
    rehearsal = talking(quick, tmp_path)
    asked = [rehearsal.command(posted(f"{n}"), "p1") for n in range(300)]

    answers = [
        one for one in said(rehearsal.handle(*asked)) if isinstance(one, PostTaken | Refused)
    ]

    codes = {one.code for one in answers if isinstance(one, Refused)}
    assert codes == {"too-fast"}
    posts = [one for one in answers if isinstance(one, PostTaken)]
    assert [one.number for one in posts] == list(range(1, len(posts) + 1))
    assert not any(isinstance(one, events.SeatRefused) for one in answers)

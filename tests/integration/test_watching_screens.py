"""An author edits screens while a session runs: what is saved is shown, mistakes change nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from palier.program import Session as ProgramSession
from palier.schemas.commands import Close, GetContent, Retry
from palier.schemas.events import ScreenChanged
from palier.schemas.replies import Content, Done
from palier.workers.runtime.catalogue import SCREENS
from palier.workers.runtime.watch import Watch
from tests.brokers import run
from tests.laboratory import Laboratory, Number, running
from tests.rehearsal import SESSION, Quick, Rehearsal, program, quick_database
from tests.screened import ASKING, PLAIN, PNG, asking, digest_of, plain, screened, write


@pytest.fixture
def quick() -> Iterator[Quick]:
    with quick_database() as database:
        yield database


async def two_stages(session: ProgramSession) -> None:
    await session.stage("first", form=Number)
    await session.stage("second")


class Author:
    """Somebody who edits the screens of a session that runs, and what a worker sees of it."""

    def __init__(self, rehearsal: Rehearsal, folder: Path) -> None:
        self.rehearsal = rehearsal
        self.folder = folder
        self.watch = Watch(rehearsal.catalogue, rehearsal.workers[:1])
        self._saved = 0
        assert self.watch.look() == []

    def save(self, name: str, text: str) -> None:
        path = write(self.folder, name, text)
        self._saved += 1
        # a clock that is coarse must not hide that it was saved again
        os.utime(path, ns=(self._saved * 10**9, self._saved * 10**9))

    def digest(self, name: str) -> str:
        return digest_of(self.folder, name)

    def told(self) -> list[tuple[str, str | None, str]]:
        """Return what is told after the next look, and the one after that."""
        found = [one for _ in range(2) for one in self.watch.look()]
        assert {one.session for one in found} <= {SESSION}
        return [(one.before, one.after, one.problem) for one in found]

    def shown(self, seat: str = "p1") -> str | None:
        stage = self.rehearsal.snapshot(seat).stage
        assert stage is not None
        return stage.screen


@pytest.fixture
def author(quick: Quick, tmp_path: Path) -> Author:
    write(tmp_path, "first", ASKING)
    write(tmp_path, "second", PLAIN)
    return Author(screened(quick, tmp_path, two_stages), tmp_path)


def test_what_is_saved_is_shown_and_told_once(author: Author) -> None:
    first, second = author.digest("first"), author.digest("second")
    author.save("second", plain("Goodbye."))

    assert author.told() == [(second, author.digest("second"), "")]
    assert author.told() == []
    assert author.shown() == first
    snapshot = author.rehearsal.snapshot("p1")
    assert set(snapshot.contents) == {first, author.digest("second")}
    author.rehearsal.arrive(value=1)
    assert author.shown() == author.digest("second")
    author.rehearsal.consistent()


def test_a_stage_that_is_open_shows_it_too(author: Author) -> None:
    before = author.digest("first")
    author.save("first", ASKING.replace("<screen>", '<screen title="Once more">'))

    assert author.told() == [(before, author.digest("first"), "")]
    assert author.shown() == author.digest("first") != before
    found = author.rehearsal.ask(GetContent(session=SESSION, digest=author.shown() or ""), "p1")
    assert isinstance(found, Content)
    author.rehearsal.consistent()


def test_saving_the_same_again_tells_nothing(author: Author) -> None:
    author.save("first", ASKING)

    assert author.told() == []


def test_a_picture_that_is_drawn_anew_is_another_screen(quick: Quick, tmp_path: Path) -> None:
    write(tmp_path, "second", PLAIN)
    (tmp_path / SCREENS / "curve.png").write_bytes(PNG)
    write(
        tmp_path,
        "first",
        asking().replace("\n  <number", '<image source="curve.png" alt="A curve"/><number'),
    )
    author = Author(screened(quick, tmp_path, two_stages), tmp_path)
    before = author.digest("first")
    (tmp_path / SCREENS / "curve.png").write_bytes(PNG + b", another")

    assert author.told() == [(before, author.digest("first"), "")]


def test_mistakes_are_told_and_change_nothing(author: Author) -> None:
    before = author.digest("first")
    author.save("first", "<screen>\n  <txt>Oh</txt>\n</screen>")

    ((told, after, problem),) = author.told()
    assert (told, after) == (before, None)
    assert f"{author.folder / SCREENS / 'first.xml'}:2:3: There is no <txt>." in problem
    assert author.told() == []
    assert author.shown() == before
    author.rehearsal.consistent()

    # mended as it was: nothing is shown anew, and the mistakes are gone
    author.save("first", ASKING)
    assert author.told() == [(before, before, "")]
    assert author.told() == []


def test_other_mistakes_are_told_anew(author: Author) -> None:
    before = author.digest("first")
    author.save("first", "<screen><oh/></screen>")
    assert len(author.told()) == 1
    author.save("first", "<screen><dear/></screen>")

    ((_, _, problem),) = author.told()

    assert "<dear>" in problem
    author.save("first", ASKING.replace("<screen>", '<screen title="Well">'))
    assert author.told() == [(before, author.digest("first"), "")]


def test_a_file_in_the_middle_of_being_written_is_not_told_as_broken(author: Author) -> None:
    before = author.digest("first")
    author.save("first", "<screen><num")
    assert author.watch.look() == []
    author.save("first", ASKING.replace("<screen>", '<screen title="Whole">'))

    assert author.told() == [(before, author.digest("first"), "")]


def test_what_does_not_fit_an_open_stage_is_a_mistake_too(author: Author) -> None:
    before = author.digest("first")
    author.save("first", asking("valeu"))

    ((told, after, problem),) = author.told()

    assert (told, after) == (before, None)
    assert "first.xml:2:" in problem
    assert author.shown() == before


def test_the_mistakes_of_one_file_keep_the_others_as_they_were(author: Author) -> None:
    first, second = author.digest("first"), author.digest("second")
    author.save("first", "<screen><oh/></screen>")
    author.save("second", plain("Goodbye."))

    assert [one[:2] for one in author.told()] == [(first, None)]
    assert second in author.rehearsal.snapshot("p1").contents
    author.save("first", ASKING)
    assert sorted(author.told()) == sorted(
        [(first, first, ""), (second, author.digest("second"), "")]
    )


def test_a_file_that_is_gone_is_said(author: Author) -> None:
    second = author.digest("second")
    path = author.folder / SCREENS / "second.xml"
    path.unlink()

    assert author.told() == [(second, None, f"{path} is gone.")]
    assert author.told() == []


def test_a_new_file_counts_from_the_next_opening_on(author: Author, quick: Quick) -> None:
    author.save("third", PLAIN)

    assert author.told() == []
    assert author.digest("third") in author.rehearsal.snapshot("p1").contents


def test_what_a_retry_has_read_anew_is_told_to_all(author: Author) -> None:
    second = author.digest("second")
    author.save("second", "<screen><text>Nobody goes on from here.</text></screen>")
    assert author.told() == [(second, author.digest("second"), "")]
    unfit = author.digest("second")
    author.rehearsal.arrive(value=1)
    assert author.rehearsal.overview().status == "stopped"

    author.save("second", plain("Goodbye."))
    assert isinstance(author.rehearsal.ask(Retry(session=SESSION)), Done)

    assert author.shown() == author.digest("second")
    assert author.told() == [(unfit, author.digest("second"), "")]


def test_nobody_is_told_when_the_session_is_over(author: Author) -> None:
    author.rehearsal.ask(Close(session=SESSION))
    author.save("second", plain("Goodbye."))

    assert author.told() == []


def test_a_worker_that_takes_over_watches_before_anything_is_asked(author: Author) -> None:
    second = author.digest("second")
    known = type(author.rehearsal.catalogue)([])
    known.add("example", program(two_stages), folder=author.folder)
    author.rehearsal.catalogue = author.rehearsal.postman.catalogue = known
    author.rehearsal.restart()
    watch = Watch(known, author.rehearsal.workers[:1])
    assert watch.look() == []

    author.save("second", plain("Goodbye."))

    assert [(one.before, one.after) for one in watch.look()] == [(second, author.digest("second"))]


def test_desks_hear_of_what_is_saved(small_laboratory: Laboratory, tmp_path: Path) -> None:
    laboratory = small_laboratory
    write(tmp_path, "first", ASKING)
    before = digest_of(tmp_path, "first")
    laboratory.catalogue.add("edited", program(two_stages), folder=tmp_path)

    async def test() -> None:
        surroundings = replace(laboratory.surroundings(), watch=True)
        async with running(surroundings), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "edited")
            await operator.start(laboratory.session)
            async with laboratory.by_hand(credentials[0]) as hand:
                write(tmp_path, "first", ASKING.replace("<screen>", '<screen title="Anew">'))
                changed = await hand.heard_of(ScreenChanged)
                assert changed == ScreenChanged(
                    session=laboratory.session, before=before, after=digest_of(tmp_path, "first")
                )
                question = hand.command(
                    GetContent(session=laboratory.session, digest=changed.after)
                )
                await hand.send(question)
                assert isinstance(await hand.result(question), Content)

    run(test())

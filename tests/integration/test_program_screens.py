"""The screens of a program: which of them shows a stage, and what becomes of their mistakes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from palier.program import Session as ProgramSession
from palier.schemas import bundle
from palier.schemas.commands import GetContent, OpenSession, Retry
from palier.schemas.events import Released, StageOpened
from palier.schemas.replies import Content, Done, Refused
from palier.workers.persistence.export import export
from palier.workers.runtime.catalogue import SCREENS, Catalogue
from tests.laboratory import Number
from tests.rehearsal import SESSION, Quick, Rehearsal, program, quick_database, said
from tests.screened import ASKING, PLAIN, PNG, asking, digest_of, plain, screened, write


@pytest.fixture
def quick() -> Iterator[Quick]:
    """A database that costs little: for what no database has a part in."""
    with quick_database() as database:
        yield database


async def two_stages(session: ProgramSession) -> None:
    await session.stage("first", form=Number)
    await session.stage("second")


async def one_stage(session: ProgramSession) -> None:
    await session.stage("first")


def content(rehearsal: Rehearsal, digest: str, *, seat: str = "p1") -> Content | Refused:
    found = rehearsal.ask(GetContent(session=SESSION, digest=digest), seat)
    assert isinstance(found, Content | Refused)
    return found


def stopped(rehearsal: Rehearsal) -> str:
    """Return why a session is stopped."""
    overview = rehearsal.overview()
    assert overview.status == "stopped"
    return overview.reason


def shown(rehearsal: Rehearsal, seat: str = "p1") -> tuple[str, str | None]:
    """Return the name of a seat's stage, and its screen."""
    stage = rehearsal.snapshot(seat).stage
    assert stage is not None
    return stage.name, stage.screen


# -- which one


def test_a_stage_is_shown_by_the_screen_that_is_called_as_it(quick: Quick, tmp_path: Path) -> None:
    write(tmp_path, "first", ASKING)
    rehearsal = screened(quick, tmp_path, two_stages)

    assert shown(rehearsal) == ("first", digest_of(tmp_path, "first"))
    rehearsal.arrive(value=1)
    assert shown(rehearsal) == ("second", None)
    rehearsal.consistent()


def test_a_stage_may_name_another_screen_or_none(quick: Quick, tmp_path: Path) -> None:
    write(tmp_path, "first", PLAIN)
    write(tmp_path, "other", plain("Another."))

    async def body(session: ProgramSession) -> None:
        await session.stage("first", screen="other")
        await session.stage("first", screen="")
        await session.stage("first")

    rehearsal = screened(quick, tmp_path, body)
    seen = []
    for _ in range(3):
        seen.append(shown(rehearsal)[1])
        rehearsal.arrive()

    assert seen == [digest_of(tmp_path, "other"), None, digest_of(tmp_path, "first")]
    with rehearsal.postman.engine.begin() as db:
        stages = {one.name: one for one in export(db, SESSION)}["stages"]
    assert [row[stages.columns.index("screen")] for row in stages.rows] == ["other", "", "first"]
    rehearsal.consistent()


def test_everybody_is_told_of_the_screen_also_by_what_is_their_own(
    quick: Quick, tmp_path: Path
) -> None:
    write(tmp_path, "first", PLAIN)
    write(tmp_path, "second", plain("{yours}"))

    async def body(session: ProgramSession) -> None:
        await session.stage("first")
        await session.stage("second", data=lambda one: {"yours": one.number})

    rehearsal = screened(quick, tmp_path, body)
    arriving = [rehearsal.submit(seat, "all", 1) for seat in ("p1", "p2")]
    told = said(rehearsal.handle(*arriving))

    second = digest_of(tmp_path, "second")
    own = [one.stage for one in told if isinstance(one, StageOpened)]
    assert [(one.screen, one.data) for one in own] == [
        (second, {"yours": 1}),
        (second, {"yours": 2}),
    ]
    following = [one.next for one in told if isinstance(one, Released)]
    assert [one.screen for one in following if one] == [second, second]  # to all, and to staff


# -- mistakes


def test_screens_with_mistakes_are_told_with_their_places_when_a_session_is_opened(
    quick: Quick, tmp_path: Path
) -> None:
    path = write(tmp_path, "first", "<screen>\n  <txt>Hello</txt>\n</screen>")
    rehearsal = Rehearsal(quick, Catalogue([]), seats=("p1",))
    rehearsal.catalogue.add("example", program(one_stage), folder=tmp_path)
    opening = OpenSession(session=SESSION, program="example", seats=("p1",))

    refused = rehearsal.ask(opening)

    assert isinstance(refused, Refused)
    assert refused.code == "cannot-open"
    assert f"{path}:2:3: There is no <txt>." in refused.reason
    write(tmp_path, "first", PLAIN)
    assert not isinstance(rehearsal.ask(opening), Refused)


def test_of_many_mistakes_the_first_few_are_told(quick: Quick, tmp_path: Path) -> None:
    path = write(tmp_path, "first", f"<screen>{'<txt>a</txt>' * 9}</screen>")
    rehearsal = Rehearsal(quick, Catalogue([]), seats=("p1",))
    rehearsal.catalogue.add("example", program(one_stage), folder=tmp_path)

    refused = rehearsal.ask(OpenSession(session=SESSION, program="example", seats=("p1",)))

    assert isinstance(refused, Refused)
    assert refused.reason.count(str(path)) == 5
    assert refused.reason.endswith("… and 4 more.")


def test_a_screen_that_is_not_there_stops_the_session_until_it_is(
    quick: Quick, tmp_path: Path
) -> None:
    write(tmp_path, "first", PLAIN)

    async def body(session: ProgramSession) -> None:
        await session.stage("welcome")
        await session.stage("second", screen="frist")

    rehearsal = screened(quick, tmp_path, body)
    rehearsal.arrive()

    reason = stopped(rehearsal)
    assert "screen='frist'" in reason
    assert "Did you mean 'first'?" in reason
    assert shown(rehearsal) == ("welcome", None)
    write(tmp_path, "frist", PLAIN)
    assert isinstance(rehearsal.ask(Retry(session=SESSION)), Done)
    assert shown(rehearsal) == ("second", digest_of(tmp_path, "frist"))
    rehearsal.consistent()


@pytest.mark.parametrize("first", [True, False], ids=["at-the-start", "later"])
def test_a_screen_that_does_not_fit_its_stage_stops_the_session_until_it_is_mended(
    quick: Quick, tmp_path: Path, *, first: bool
) -> None:
    path = write(tmp_path, "asking", asking("valeu"))

    async def body(session: ProgramSession) -> None:
        if not first:
            await session.stage("welcome")
        await session.stage("asking", form=Number)

    rehearsal = screened(quick, tmp_path, body)
    if not first:
        rehearsal.arrive()

    reason = stopped(rehearsal)
    assert "Screen 'asking' does not fit stage 'asking'." in reason
    assert f"{path}:2:" in reason
    # tried again as it is, it is found out again
    again = rehearsal.ask(Retry(session=SESSION))
    assert isinstance(again, Refused)
    assert again.code == "failed-again"
    write(tmp_path, "asking", ASKING)
    assert isinstance(rehearsal.ask(Retry(session=SESSION)), Done)
    assert shown(rehearsal) == ("asking", digest_of(tmp_path, "asking"))
    rehearsal.arrive(value=2)
    assert rehearsal.overview().status == "finished"
    rehearsal.consistent()


def test_each_seat_is_seen_to_have_what_its_screen_shows(quick: Quick, tmp_path: Path) -> None:
    path = write(tmp_path, "first", plain("{rank} of {count}"))

    async def body(session: ProgramSession) -> None:
        def shown_to(one: object) -> dict[str, JsonValue]:
            mine: dict[str, JsonValue] = {"count": 2}
            return mine if getattr(one, "number", 0) == 2 else {"rank": 1, **mine}

        await session.stage("first", data=shown_to)

    rehearsal = screened(quick, tmp_path, body)

    assert f"{path}:1:" in stopped(rehearsal)


def test_data_cannot_have_the_names_that_every_screen_has(quick: Quick, tmp_path: Path) -> None:
    async def body(session: ProgramSession) -> None:
        await session.stage("first", data={"arrived": 3})

    reason = stopped(screened(quick, tmp_path, body))

    assert "ProgramError" in reason
    assert "cannot have the name 'arrived'" in reason
    assert "'my_arrived'" in reason


def test_the_name_of_a_screen_is_a_name(quick: Quick, tmp_path: Path) -> None:
    async def body(session: ProgramSession) -> None:
        await session.stage("first", screen="../../etc/passwd")

    assert "Stage 'first' has a screen" in stopped(screened(quick, tmp_path, body))


# -- on the record


def test_a_screen_that_was_changed_disturbs_no_replay(quick: Quick, tmp_path: Path) -> None:
    write(tmp_path, "first", ASKING)
    write(tmp_path, "second", PLAIN)
    rehearsal = screened(quick, tmp_path, two_stages)
    rehearsal.arrive(value=1)
    before = shown(rehearsal)

    # one that would not fit its stage any more, and one that is only other
    write(tmp_path, "first", asking("nothing"))
    write(tmp_path, "second", plain("Goodbye."))
    rehearsal.catalogue.reload("example")
    rehearsal.restart()

    assert rehearsal.overview().status == "running"
    assert shown(rehearsal) == ("second", digest_of(tmp_path, "second")) != before
    rehearsal.consistent()
    rehearsal.arrive()
    assert rehearsal.overview().status == "finished"


def test_a_screen_that_was_taken_away_leaves_the_form(quick: Quick, tmp_path: Path) -> None:
    path = write(tmp_path, "first", ASKING)
    rehearsal = screened(quick, tmp_path, two_stages)

    path.unlink()
    rehearsal.catalogue.reload("example")

    assert shown(rehearsal) == ("first", None)
    rehearsal.arrive(value=1)
    assert shown(rehearsal) == ("second", None)


def test_stages_are_told_without_screens_where_the_program_cannot_be_loaded(
    quick: Quick, tmp_path: Path
) -> None:
    write(tmp_path, "first", ASKING)
    rehearsal = screened(quick, tmp_path, two_stages)
    write(tmp_path, "second", "<screen><oops/></screen>")

    # another process reads everything anew
    fresh = Catalogue([])
    fresh.add("example", program(two_stages), folder=tmp_path)
    rehearsal.catalogue = rehearsal.postman.catalogue = fresh
    rehearsal.restart()

    snapshot = rehearsal.snapshot("p1")
    assert snapshot.status == "stopped"
    assert (snapshot.contents, snapshot.bundle) == ((), None)
    assert shown(rehearsal) == ("first", None)
    assert "There is no <oops>." in stopped(rehearsal)
    write(tmp_path, "second", PLAIN)
    assert isinstance(rehearsal.ask(Retry(session=SESSION)), Done)
    assert shown(rehearsal) == ("first", digest_of(tmp_path, "first"))
    rehearsal.consistent()


# -- contents


def test_a_seat_is_given_whatever_its_program_shows_by_hash(quick: Quick, tmp_path: Path) -> None:
    (tmp_path / SCREENS).mkdir()
    (tmp_path / SCREENS / "curve.png").write_bytes(PNG)
    write(tmp_path, "first", '<screen><image source="curve.png" alt="A curve"/></screen>')
    write(tmp_path, "second", PLAIN)
    (tmp_path / bundle.FILE).write_bytes(b'{"signed": "controllers"}\n')
    rehearsal = screened(quick, tmp_path, two_stages, start=False)

    snapshot = rehearsal.snapshot("p1")  # in the lobby already: there is time then

    picture = hashlib.sha256(PNG).hexdigest()
    screens = {digest_of(tmp_path, one) for one in ("first", "second")}
    assert set(snapshot.contents) == {picture, *screens}
    assert snapshot.bundle == hashlib.sha256(b'{"signed": "controllers"}\n').hexdigest()
    media = {}
    for digest in (*snapshot.contents, snapshot.bundle):
        found = content(rehearsal, digest)
        assert isinstance(found, Content)
        assert hashlib.sha256(base64.b64decode(found.data)).hexdigest() == digest == found.digest
        media[digest] = found.media
    assert media == {
        picture: "image/png",
        **dict.fromkeys(screens, "application/vnd.palier.screen+json"),
        snapshot.bundle: "application/vnd.palier.bundle+json",
    }


def test_a_content_that_was_replaced_can_be_had_still(quick: Quick, tmp_path: Path) -> None:
    write(tmp_path, "first", PLAIN)
    rehearsal = screened(quick, tmp_path, one_stage)
    before = digest_of(tmp_path, "first")
    write(tmp_path, "first", plain("Another."))
    rehearsal.catalogue.reload("example")

    assert before not in rehearsal.snapshot("p1").contents
    assert isinstance(content(rehearsal, before), Content)


def test_contents_are_for_the_seats_of_their_session_alone(quick: Quick, tmp_path: Path) -> None:
    write(tmp_path, "first", PLAIN)
    rehearsal = screened(quick, tmp_path, one_stage)
    digest = digest_of(tmp_path, "first")

    stranger = content(rehearsal, digest, seat="p9")
    nothing = content(rehearsal, "0" * 64)

    assert isinstance(stranger, Refused)
    assert stranger.code == "no-session"
    assert isinstance(nothing, Refused)
    assert nothing.code == "unknown-content"


def test_a_bundle_that_fits_into_no_message_is_refused(quick: Quick, tmp_path: Path) -> None:
    (tmp_path / bundle.FILE).write_bytes(b"x" * 700_001)
    rehearsal = Rehearsal(quick, Catalogue([]), seats=("p1",))
    rehearsal.catalogue.add("example", program(one_stage), folder=tmp_path)
    opening = OpenSession(session=SESSION, program="example", seats=("p1",))

    refused = rehearsal.ask(opening)

    assert isinstance(refused, Refused)
    assert "at most 700000" in refused.reason
    (tmp_path / bundle.FILE).write_bytes(b"x" * 700_000)
    assert not isinstance(rehearsal.ask(opening), Refused)
    signed = rehearsal.snapshot("p1").bundle
    assert signed is not None
    found = content(rehearsal, signed)
    assert isinstance(found, Content)
    assert len(base64.b64decode(found.data)) == 700_000

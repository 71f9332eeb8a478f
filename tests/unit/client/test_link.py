"""A link strikes off what is committed, and only that."""

from __future__ import annotations

from datetime import UTC, datetime

from palier.broker.memory import MemoryServer
from palier.client.credentials import Credentials
from palier.client.link import Link
from palier.client.state import Asking, ClientState
from palier.schemas.envelope import MAX_BODY, Envelope
from palier.schemas.events import Released, Stage
from tests.brokers import run

STAGE = Stage(
    scope="all",
    generation=1,
    name="ask",
    visit=1,
    title="Ask",
    parties=2,
    opened_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def linked() -> Link:
    """Return a link that has a stage before it, and no connection."""
    credentials = Credentials(seat="p1", password="secret", session="new", partition=0)
    link = Link(MemoryServer().transport(), credentials)
    link.state = ClientState(
        seat="p1", session="new", status="running", versions={"all": 1}, stage=STAGE
    )
    return link


def released(session: str) -> Envelope[Released]:
    event = Released(session=session, scope="all", generation=1, version=2, stage="ask")
    return Envelope(message=event)


def test_the_release_of_its_own_barrier_strikes_a_submit_off() -> None:
    async def test() -> None:
        link = linked()
        assert link.submit({"value": 1})

        link._hear(released("new"))

        assert link.view().pending == 0

    run(test())


def test_a_release_of_an_earlier_session_strikes_nothing_off() -> None:
    async def test() -> None:
        link = linked()
        assert link.submit({"value": 1})

        link._hear(released("old"))

        assert link.view().pending == 1
        assert isinstance(link.state.screen, Asking)

    run(test())


def test_an_answer_too_large_to_travel_is_refused_in_words_and_kept_nowhere() -> None:
    async def test() -> None:
        link = linked()

        assert not link.submit({"text": "x" * MAX_BODY})

        screen = link.state.screen
        assert isinstance(screen, Asking)
        assert "the limit is" in screen.refusal
        assert not screen.sending
        assert link.view().pending == 0

    run(test())

"""A snapshot that was taken before an answer came in, and is told after its result."""

from __future__ import annotations

from datetime import UTC, datetime

from palier.client.state import ClientState, Waiting
from palier.schemas.events import Stage
from palier.schemas.replies import Snapshot

STAGE = Stage(
    scope="all",
    generation=1,
    name="first",
    visit=1,
    title="First",
    parties=2,
    opened_at=datetime(2026, 1, 1, tzinfo=UTC),
)
#: What the worker says of a seat that has not answered yet.
BEFORE = Snapshot(
    session="s",
    seat="p1",
    partition=0,
    program="steps",
    status="running",
    versions={"all": 1},
    stage=STAGE,
    expected=2,
    now=STAGE.opened_at,
)


def test_an_answer_that_is_committed_stays_so() -> None:
    open_stage = ClientState(seat="p1", session="s").synchronised(BEFORE).state
    accepted = open_stage.submitting({"value": 3}).accepted("all", 1)

    after = accepted.synchronised(BEFORE)

    assert after.ask is False
    assert after.state.screen == Waiting(stage=STAGE, answer={"value": 3}, arrived=1, expected=2)
    assert not after.state.may_submit


def test_an_answer_on_its_way_is_still_known_when_its_result_comes() -> None:
    open_stage = ClientState(seat="p1", session="s").synchronised(BEFORE).state
    sending = open_stage.submitting({"value": 3})

    after = sending.synchronised(BEFORE).state

    assert after.sending
    screen = after.accepted("all", 1).screen
    assert isinstance(screen, Waiting)
    assert screen.answer == {"value": 3}


def test_the_first_snapshot_of_another_stage_brings_its_own_answer() -> None:
    open_stage = ClientState(seat="p1", session="s").synchronised(BEFORE).state
    accepted = open_stage.submitting({"value": 3}).accepted("all", 1)
    later = STAGE.model_copy(update={"generation": 2})

    after = accepted.synchronised(
        BEFORE.model_copy(update={"stage": later, "versions": {"all": 2}})
    ).state

    assert (after.submitted, after.answer) == (False, None)

"""A client obeys the highest version it knows, and asks when in doubt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.client.state import (
    Asking,
    ClientState,
    Ended,
    Excluded,
    Held,
    Lobby,
    Note,
    Notice,
    Step,
    Waiting,
)
from palier.schemas.events import (
    Arrived,
    Clock,
    ClockChanged,
    Released,
    SeatChanged,
    SessionFinished,
    Stage,
    StageOpened,
    StatusChanged,
)
from palier.schemas.message import Message
from palier.schemas.replies import How, Refused, Snapshot

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def stage(generation: int, *, scope: str = "all", private: bool = False, **more: Any) -> Stage:
    return Stage(
        scope=scope,
        generation=generation,
        name=f"stage-{generation}",
        visit=1,
        title=f"Stage {generation}",
        private=private,
        parties=4,
        opened_at=NOW,
        **more,
    )


def snapshot(**more: Any) -> Snapshot:
    given: dict[str, Any] = {
        "session": "s",
        "seat": "p1",
        "partition": 0,
        "program": "Example",
        "status": "running",
        "versions": {"all": 1},
        "stage": stage(1),
        "expected": 4,
        "now": NOW,
    }
    return Snapshot(**{**given, **more})


def release(generation: int, *, version: int, then: Stage | None) -> Released:
    return Released(
        session="s",
        scope=then.scope if then else "all",
        generation=generation,
        version=version,
        stage="any",
        next=then,
    )


def synchronised(**more: Any) -> ClientState:
    return ClientState(seat="p1", session="s").synchronised(snapshot(**more)).state


def test_before_the_first_stage_it_waits_in_the_lobby() -> None:
    state = synchronised(status="lobby", stage=None, versions={"all": 0}, present=2)

    assert state.screen == Lobby(present=2, expected=4)


def test_a_release_brings_the_next_stage() -> None:
    step = synchronised().heard(release(1, version=2, then=stage(2)))

    assert not step.ask
    assert step.state.screen == Asking(stage=stage(2))


def test_a_release_heard_twice_changes_nothing() -> None:
    once = synchronised().heard(release(1, version=2, then=stage(2))).state

    assert once.heard(release(1, version=2, then=stage(2))) == Step(state=once)


def test_a_gap_in_versions_is_obeyed_and_asked_about() -> None:
    step = synchronised().heard(release(2, version=3, then=stage(3)))

    assert step.ask
    assert step.state.screen == Asking(stage=stage(3))


def test_what_other_sessions_do_changes_nothing() -> None:
    state = synchronised()
    other = SessionFinished(session="t", version=9, outcome="closed")

    assert state.heard(other) == Step(state=state)


def test_own_data_are_shown_only_once_the_barrier_opens() -> None:
    own = stage(2, private=True, data={"you earned": 3})
    held = synchronised().heard(StageOpened(session="s", version=2, stage=own, hold=True))
    assert held.state.screen == Asking(stage=stage(1))

    step = held.state.heard(release(1, version=2, then=stage(2, private=True)))

    assert step.state.screen == Asking(stage=own)
    assert not step.ask


def test_when_own_data_did_not_come_it_waits_and_asks() -> None:
    step = synchronised().heard(release(1, version=2, then=stage(2, private=True)))

    assert step.ask
    assert isinstance(step.state.screen, Waiting)


def test_a_release_without_a_next_stage_means_that_others_go_on() -> None:
    state = synchronised(submitted=True).heard(release(1, version=2, then=None)).state

    screen = state.screen
    assert isinstance(screen, Waiting)
    assert screen.released


def test_an_old_snapshot_is_asked_for_again() -> None:
    ahead = synchronised().heard(release(1, version=2, then=stage(2))).state

    step = ahead.synchronised(snapshot())

    assert step == Step(state=ahead, ask=True)


def test_a_snapshot_of_the_same_stage_keeps_what_is_being_sent() -> None:
    sending = synchronised().submitting({"value": 1})

    state = sending.synchronised(snapshot()).state

    assert state.sending


def test_a_result_ends_the_sending() -> None:
    state = synchronised().submitting({"value": 1}).accepted("all", 1)

    screen = state.screen
    assert isinstance(screen, Waiting)
    assert screen.answer == {"value": 1}


def test_a_result_for_an_earlier_stage_changes_nothing() -> None:
    state = synchronised().heard(release(1, version=2, then=stage(2))).state

    assert state.accepted("all", 1) is state


def test_a_refused_answer_can_be_corrected() -> None:
    refusal = Refused(session="s", code="invalid", reason="no", fields={"value": "too big"})

    step = synchronised().submitting({"value": 99}).refused("all", 1, refusal)

    screen = step.state.screen
    assert isinstance(screen, Asking)
    assert screen.problems == {"value": "too big"}
    assert step.state.may_submit


def test_a_refusal_because_the_stage_is_over_leads_to_a_question() -> None:
    refusal = Refused(session="s", code="released", reason="over")

    step = synchronised().submitting(None).refused("all", 1, refusal)

    assert step.ask


def test_nothing_can_be_submitted_twice_or_after_the_end() -> None:
    state = synchronised()

    assert state.may_submit
    assert not state.submitting(None).may_submit
    assert not state.accepted("all", 1).may_submit
    assert not synchronised(status="closed").may_submit


def test_how_many_have_arrived_never_falls() -> None:
    def arrived(count: int) -> Arrived:
        return Arrived(session="s", scope="all", generation=1, arrived=count, expected=4)

    state = synchronised().heard(arrived(3)).state.heard(arrived(2)).state

    assert state.arrived == 3


def test_the_end_is_the_end() -> None:
    state = synchronised().heard(SessionFinished(session="s", version=2, outcome="finished")).state

    assert state.screen == Ended(outcome="finished", stage=stage(1))


@given(st.lists(st.integers(min_value=0, max_value=5), max_size=30))
def test_for_any_order_and_repetition_of_hints_the_generation_never_falls(
    order: list[int],
) -> None:
    hints = [release(at, version=at + 1, then=stage(at + 1)) for at in range(1, 7)]
    state, reached = synchronised(), 1

    for at in order:
        state = state.heard(hints[at]).state
        assert state.stage is not None
        assert state.stage.generation >= reached
        reached = state.stage.generation

    assert reached == max([at + 2 for at in order], default=1)


@given(st.lists(st.booleans(), min_size=5, max_size=5))
def test_whatever_hints_are_lost_a_snapshot_brings_it_to_where_the_session_is(
    kept: list[bool],
) -> None:
    hints = [release(at, version=at + 1, then=stage(at + 1)) for at in range(1, 6)]
    state = synchronised()
    for hint, arrives in zip(hints, kept, strict=True):
        if arrives:
            state = state.heard(hint).state

    state = state.synchronised(snapshot(versions={"all": 6}, stage=stage(6))).state

    assert state.screen == Asking(stage=stage(6))


@dataclass(frozen=True)
class Told:
    """What a session of one scope told in order, and what a snapshot would say after each."""

    events: tuple[Message, ...]
    after: tuple[Snapshot, ...]


@st.composite
def courses(draw: st.DrawFn) -> Told:
    """Draw what a session goes through: releases, clocks that are changed, pauses and stops."""
    events: list[Message] = []
    after = [snapshot()]
    for version in range(2, draw(st.integers(min_value=2, max_value=12))):
        before = after[-1]
        assert before.stage is not None
        kinds = ["clock", "status", *(["release"] if before.status == "running" else [])]
        match draw(st.sampled_from(kinds)):
            case "release":
                after_it = before.model_copy(update={"stage": stage(before.stage.generation + 1)})
                event: Message = release(
                    before.stage.generation, version=version, then=after_it.stage
                )
            case "clock":
                clock = Clock(left=draw(st.floats(min_value=0, max_value=900)))
                timed = before.stage.model_copy(update={"clock": clock})
                after_it = before.model_copy(update={"stage": timed})
                event = ClockChanged(
                    session="s",
                    scope="all",
                    generation=before.stage.generation,
                    version=version,
                    clock=clock,
                )
            case _:
                now = draw(st.sampled_from(["running", "paused", "stopped"]))
                after_it = before.model_copy(update={"status": now})
                event = StatusChanged(session="s", version=version, status=now)
        events.append(event)
        after.append(after_it.model_copy(update={"versions": {"all": version}}))
    return Told(tuple(events), tuple(after))


@given(courses(), st.data())
def test_in_any_order_and_with_any_loss_it_never_falls_back_and_a_snapshot_sets_it_right(
    told: Told, data: st.DataObject
) -> None:
    heard = data.draw(st.lists(st.sampled_from(told.events), max_size=20)) if told.events else []
    state, reached, version = synchronised(), 1, 1

    for event in heard:
        step = state.heard(event)
        now = step.state.versions["all"]
        assert step.ask == (now > version + 1), "what was missed is asked about, and only that"
        state, version = step.state, now
        assert state.stage is not None
        assert state.stage.generation >= reached
        reached = state.stage.generation
    assert state.synchronised(told.after[-1]) == Step(
        state=synchronised(**told.after[-1].model_dump())
    )


@given(courses())
def test_heard_in_order_a_course_needs_no_snapshot(told: Told) -> None:
    state = synchronised()

    for event, snapshot_then in zip(told.events, told.after[1:], strict=True):
        step = state.heard(event)
        assert not step.ask
        state = step.state
        assert state == synchronised(**snapshot_then.model_dump())


# -- what does not move the stage ---------------------------------------------------------------


def status(now: Literal["running"] | Held, *, version: int) -> StatusChanged:
    return StatusChanged(session="s", version=version, status=now)


@pytest.mark.parametrize("now", ["paused", "stopped"])
def test_a_session_that_is_held_locks_the_form_and_takes_what_was_handed_in(now: Held) -> None:
    step = synchronised().heard(status(now, version=2))

    assert not step.ask
    assert step.state.held == now
    assert step.state.screen == Asking(stage=stage(1), locked=True)
    assert step.state.may_submit, "an answer that was on its way is not lost"
    assert step.state == synchronised(status=now, versions={"all": 2})
    goes_on = step.state.heard(status("running", version=3)).state
    assert goes_on.held is None
    assert goes_on.screen == Asking(stage=stage(1))


def test_the_reason_of_a_pause_is_told_while_it_lasts() -> None:
    fire = StatusChanged(session="s", version=2, status="paused", reason="Fire drill.")
    state = synchronised().heard(fire).state

    assert state.reason == "Fire drill."
    assert state.heard(status("running", version=3)).state.reason == ""


def test_an_old_change_of_status_changes_nothing_and_a_gap_is_asked_about() -> None:
    state = synchronised(versions={"all": 4})

    assert state.heard(status("paused", version=4)) == Step(state=state)
    step = state.heard(status("paused", version=6))
    assert step.ask
    assert step.state.held


def test_a_clock_that_was_changed_is_the_clock_of_the_open_stage_only() -> None:
    state = synchronised()
    clock = Clock(left=30.0)
    changed = ClockChanged(session="s", scope="all", generation=1, version=2, clock=clock)

    step = state.heard(changed)
    assert not step.ask
    assert step.state.stage is not None
    assert step.state.stage.clock == clock
    other = state.heard(changed.model_copy(update={"generation": 7})).state
    assert other.stage == state.stage
    assert other.versions == {"all": 2}
    assert state.heard(changed.model_copy(update={"version": 1})) == Step(state=state)


def test_a_change_for_this_seat_alone_is_asked_about() -> None:
    state = synchronised()

    assert state.heard(SeatChanged(session="s", seat="p1")) == Step(state=state, ask=True)
    assert state.heard(SeatChanged(session="s", seat="p2")) == Step(state=state)
    assert state.heard(SeatChanged(session="other", seat="p1")) == Step(state=state)


def test_a_seat_that_was_left_out_has_a_screen_of_its_own_and_can_submit_nothing() -> None:
    state = synchronised(standing="excluded")

    assert state.screen == Excluded()
    assert not state.may_submit
    assert state.clock is None
    moved = state.heard(release(1, version=2, then=stage(2))).state
    assert moved.screen == Excluded(), "what the others do is not for it"
    assert synchronised(standing="excluded", status="closed").screen == Ended(
        outcome="closed", stage=stage(1)
    )


def test_a_seat_that_is_let_in_again_goes_on_where_it_was() -> None:
    state = synchronised(standing="excluded").synchronised(snapshot()).state

    assert state.screen == Asking(stage=stage(1))
    assert state.may_submit


def test_a_seat_for_which_a_bot_stands_in_can_come_back_by_answering() -> None:
    state = synchronised(standing="bot")

    assert state.told == Notice(note=Note.STOOD_IN)
    assert state.may_submit


@pytest.mark.parametrize("how", ["default", "bot", "operator"])
def test_a_stage_that_was_answered_for_a_seat_says_how(how: How) -> None:
    state = synchronised(submitted=True, answer={"value": 0}, how=how)

    waiting = Waiting(stage=stage(1), answer={"value": 0}, arrived=0, expected=4, how=how)
    assert state.screen == waiting
    own = synchronised(submitted=True, answer={"value": 0}, how="submitted")
    assert own.screen == replace(waiting, how=None)
    assert state.heard(release(1, version=2, then=stage(2))).state.screen == Asking(stage=stage(2))


def test_a_clock_concerns_whoever_has_not_been_released_from_it() -> None:
    clock = Clock(left=30.0)
    state = synchronised(stage=stage(1, clock=clock))

    assert state.clock == clock
    assert state.accepted("all", 1).clock == clock
    assert state.heard(release(1, version=2, then=None)).state.clock is None
    assert state.heard(release(1, version=2, then=stage(2))).state.clock is None
    over = SessionFinished(session="s", version=2, outcome="closed")
    assert state.heard(over).state.clock is None


def test_what_became_of_an_answer_is_told_until_the_next_is_given() -> None:
    refusal = Refused(session="s", code="released", reason="Over.")
    state = synchronised().submitting({"value": 1}).refused("all", 1, refusal).state
    moved = state.heard(release(1, version=2, then=stage(2))).state

    assert moved.told == Notice(note=Note.GONE_ON)
    assert moved.submitting({"value": 2}).told is None


def test_an_answer_that_was_refused_after_the_stage_had_gone_is_told_too() -> None:
    refusal = Refused(session="s", code="released", reason="Over.")
    moved = synchronised().heard(release(1, version=2, then=stage(2))).state

    step = moved.refused("all", 1, refusal)
    assert step.state.told == Notice(note=Note.GONE_ON)
    assert step.state.screen == Asking(stage=stage(2))


def test_an_answer_that_was_put_off_stays_on_its_way() -> None:
    state = synchronised().submitting({"value": 1}).put_off("all", 1)

    assert state.screen == Asking(stage=stage(1), sending=True, notice=Notice(note=Note.LATER))
    assert state.put_off("all", 9) is state
    assert state.accepted("all", 1).of_answer is None


def test_an_answer_that_was_not_written_can_be_given_again() -> None:
    state = synchronised().submitting({"value": 1}).unwritten("all", 1, "full")

    full = Notice(note=Note.UNWRITTEN, detail="full")
    assert state.screen == Asking(stage=stage(1), notice=full)
    assert state.may_submit
    moved = synchronised().heard(release(1, version=2, then=stage(2))).state
    assert moved.unwritten("all", 1, "full").told == full


def test_a_stage_of_the_same_number_that_opened_at_another_time_is_another() -> None:
    sending = synchronised().submitting({"value": 1})
    again = stage(1).model_copy(update={"opened_at": NOW.replace(year=2027)})

    same = sending.synchronised(snapshot(stage=stage(1))).state
    other = sending.synchronised(snapshot(stage=again)).state
    assert same.sending
    assert not other.sending


@pytest.mark.parametrize(
    ("code", "told"),
    [("wrong-answer", None), ("attempts-used", Notice(note=Note.ATTEMPTS_USED))],
)
def test_a_wrong_answer_to_a_quiz_may_be_corrected_and_the_last_one_is_told(
    code: str, told: Notice | None
) -> None:
    refusal = Refused(session="s", code=code, reason="Not right: q1.", fields={"q1": "No."})
    state = synchronised().submitting({"q1": 1}).refused("all", 1, refusal).state
    assert isinstance(state.screen, Asking)
    assert not state.sending
    assert (state.problems, state.refusal, state.screen.notice) == ({"q1": "No."}, "", told)

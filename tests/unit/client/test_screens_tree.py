"""The screens as a tree of items: Dear PyGui builds it without any display."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import dearpygui.dearpygui as dpg
import pytest
from pydantic import JsonValue

from palier.client.screens.desk import Desk
from palier.client.screens.draft import Draft
from palier.client.screens.kit import Kit, press
from palier.client.screens.sample_errands import NotedErrands
from palier.client.screens.samples import sample_views
from palier.client.screens.window import context
from palier.client.state import Asking, Connectivity, Countdown, Ended, Note, View, Waiting
from palier.client.state import Notice as Told
from palier.schemas.events import Stage
from palier.schemas.forms import FlagField, FormSpec, IntegerField, NumberField, TextField
from palier.schemas.replies import How


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="en") as made:
        yield made


class Submits(NotedErrands):
    """What was handed in, in order, and to which stages."""

    @property
    def stages(self) -> list[str]:
        return [stage.name for stage, _ in self.submitted]

    @property
    def answers(self) -> list[dict[str, JsonValue] | None]:
        return [answer for _, answer in self.submitted]

    @property
    def told(self) -> list[tuple[str, Draft]]:
        return [(stage.name, draft) for stage, draft in self.drafts]


@pytest.fixture
def submits() -> Submits:
    return Submits()


@pytest.fixture
def desk(kit: Kit, submits: Submits) -> Desk:
    return Desk(kit, title="Palier", errands=submits)


VIEWS = sample_views()
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def put(kit: Kit, field: str, text: str) -> None:
    """Type into a line as the item's own handler would report it."""
    item = kit.named[f"field.{field}"]
    dpg.set_value(item, text)
    registry = dpg.get_item_info(item)["handlers"]
    handlers = dpg.get_item_children(registry) if registry else None
    assert handlers
    (handler,) = next(group for group in handlers.values() if group)
    dpg.get_item_callback(handler)(handler, item, None)


def shown(item: int | str) -> bool:
    return bool(dpg.get_item_configuration(item)["show"])


def enabled(item: int | str) -> bool:
    return bool(dpg.get_item_configuration(item)["enabled"])


def texts() -> set[str]:
    """Return all that is said in the window."""
    kind = "mvAppItemType::mvText"
    return {dpg.get_value(one) for one in dpg.get_all_items() if dpg.get_item_type(one) == kind}


def tick(desk: Desk) -> None:
    desk.tick(NOW, 1280, 800)


def asking(**changes: object) -> View:
    screen = VIEWS["form"].screen
    assert isinstance(screen, Asking)
    return replace(VIEWS["form"], screen=replace(screen, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("palette", ["light", "dark"])
@pytest.mark.parametrize("name", VIEWS)
def test_every_screen_can_be_built(name: str, palette: str, language: str) -> None:
    with context(palette=palette, scale=1.5, language=language) as kit:  # type: ignore[arg-type]
        desk = Desk(kit, title="Palier", errands=NotedErrands())
        desk.show(sample_views(language)[name])  # type: ignore[arg-type]
        assert desk.screen


def test_a_filled_form_is_handed_in_as_the_answer(kit: Kit, desk: Desk, submits: Submits) -> None:
    desk.show(VIEWS["form"])
    put(kit, "amount", "12")
    put(kit, "guess", "9.5")
    press(kit.named["submit"])
    assert submits.answers == [{"amount": 12, "guess": 9.5}]
    assert submits.stages == ["contribute"]


def test_a_form_with_problems_is_not_handed_in(kit: Kit, desk: Desk, submits: Submits) -> None:
    desk.show(VIEWS["form"])
    put(kit, "guess", "25")
    press(kit.named["submit"])
    assert submits.answers == []
    assert dpg.get_value(kit.named["problem.amount"]) == "Please answer this question."
    assert dpg.get_value(kit.named["problem.guess"]) == "Enter a number between 0 and 20."


def test_editing_clears_the_problem(kit: Kit, desk: Desk) -> None:
    desk.show(VIEWS["form"])
    press(kit.named["submit"])
    assert shown(kit.named["problem.amount"])
    put(kit, "amount", "1")
    assert not shown(kit.named["problem.amount"])


def test_an_answer_under_way_cannot_be_handed_in_twice(
    kit: Kit, desk: Desk, submits: Submits
) -> None:
    desk.show(VIEWS["form"])
    put(kit, "amount", "12")
    put(kit, "guess", "9")
    press(kit.named["submit"])
    press(kit.named["submit"])
    assert len(submits.answers) == 1
    assert dpg.get_item_label(kit.named["submit"]) == "Sending…"
    assert not enabled(kit.named["submit"])
    assert not enabled(kit.named["field.amount"])


def test_an_answer_that_could_not_be_handed_in_can_be_tried_again(kit: Kit) -> None:
    class Failing(NotedErrands):
        def submit(self, stage: Stage, answer: dict[str, JsonValue] | None) -> None:
            super().submit(stage, answer)
            raise RuntimeError("no link")

    Desk(kit, title="Palier", errands=Failing()).show(VIEWS["results"])
    with pytest.raises(RuntimeError):
        press(kit.named["submit"])
    assert enabled(kit.named["submit"])


def test_a_refused_answer_can_be_corrected(kit: Kit, desk: Desk) -> None:
    desk.show(asking(sending=True))
    assert not enabled(kit.named["field.amount"])
    desk.show(asking(problems={"amount": "The pot is full."}))
    assert enabled(kit.named["field.amount"])
    assert dpg.get_value(kit.named["problem.amount"]) == "The pot is full."


def test_a_refusal_that_concerns_no_field_is_said_above_the_button(kit: Kit, desk: Desk) -> None:
    desk.show(asking(refusal="The stage is paused."))
    assert shown(kit.named["refusal"])
    assert dpg.get_value(kit.named["refusal"]) == "The stage is paused."


def test_an_answer_that_the_disk_did_not_take_is_said_at_the_form_and_can_be_sent_again(
    kit: Kit, desk: Desk, submits: Submits
) -> None:
    desk.show(VIEWS["form"])
    put(kit, "amount", "12")
    put(kit, "guess", "9")
    press(kit.named["submit"])
    desk.show(asking(sending=True))
    desk.show(asking(notice=Told(note=Note.UNWRITTEN, detail="the disk is full")))
    assert shown(kit.named["refusal"])
    assert "the disk is full" in dpg.get_value(kit.named["refusal"])
    assert "NOT" in dpg.get_value(kit.named["refusal"])
    assert dpg.get_value(kit.named["field.amount"]) == "12"
    press(kit.named["submit"])
    assert submits.answers == [{"amount": 12, "guess": 9}] * 2


def test_an_answer_that_is_kept_for_later_says_so_and_cannot_change(kit: Kit, desk: Desk) -> None:
    desk.show(asking(sending=True, notice=Told(note=Note.LATER)))
    assert "as soon as the session takes answers again" in dpg.get_value(kit.named["refusal"])
    assert not enabled(kit.named["field.amount"])


def test_what_became_of_an_answer_is_told_across_the_window_while_connected(
    kit: Kit, desk: Desk
) -> None:
    desk.show(replace(VIEWS["form"], notice=Told(note=Note.GONE_ON)))
    assert "that answer does not count" in dpg.get_value(kit.named["strip"])
    desk.show(VIEWS["form"])
    assert dpg.get_value(kit.named["strip"]) == ""


def test_a_seat_that_was_moved_shows_nothing_of_it_any_more(
    kit: Kit, desk: Desk, submits: Submits
) -> None:
    refused = replace(VIEWS["form"], connectivity=Connectivity.REFUSED, note="wrong password")
    desk.show(refused)
    assert dpg.get_value(kit.named["strip"]).endswith("wrong password")
    put(kit, "amount", "12")
    put(kit, "guess", "9")
    press(kit.named["submit"])
    assert submits.answers == [], "nobody would take it"
    desk.show(replace(refused, notice=Told(note=Note.MOVED)))
    assert desk.screen == "moved"
    assert "submit" not in kit.named
    assert dpg.get_value(kit.named["strip"]) == ""
    assert "Pot last period" not in texts()


# -- countdowns ---------------------------------------------------------------------------------


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(kit: Kit, submits: Submits, clock: Clock) -> Desk:
    """A desk whose clock a test sets."""
    return Desk(kit, title="Palier", errands=submits, clock=clock)


def test_a_countdown_counts_the_seconds_and_says_when_time_is_up(
    kit: Kit, timed: Desk, clock: Clock
) -> None:
    timed.show(replace(VIEWS["form"], countdown=Countdown(deadline=1075.0)))
    said = []
    for now in (1000.0, 1000.4, 1060.0, 1065.0, 1074.5, 1075.0, 1999.0):
        clock.now = now
        tick(timed)
        said.append(dpg.get_value(kit.named["countdown"]))
    assert said == ["1:15", "1:15", "0:15", "0:10", "0:01", "Time is up", "Time is up"]
    assert enabled(kit.named["submit"]), "whether it still counts is the worker's say"


def test_a_countdown_is_drawn_anew_only_when_it_reads_otherwise(
    kit: Kit, timed: Desk, clock: Clock
) -> None:
    timed.show(replace(VIEWS["form"], countdown=Countdown(deadline=1030.0)))
    drawn = []
    for tenth in range(30):
        clock.now = 1000.0 + tenth / 10
        tick(timed)
        drawn.append(tuple(dpg.get_item_children(kit.named["countdown.drawn"], 2)))
    assert len(set(drawn)) == 3
    assert all(drawn)


def test_a_clock_that_stands_still_reads_the_same_for_ever(
    kit: Kit, timed: Desk, clock: Clock
) -> None:
    timed.show(replace(VIEWS["form"], countdown=Countdown(left=42.0)))
    tick(timed)
    clock.now += 3600
    tick(timed)
    assert dpg.get_value(kit.named["countdown"]) == "0:42"
    assert timed.until_next() is None


def test_who_is_done_is_not_told_that_time_is_up(kit: Kit, timed: Desk, clock: Clock) -> None:
    timed.show(replace(VIEWS["waiting"], countdown=Countdown(deadline=1005.0)))
    tick(timed)
    assert dpg.get_value(kit.named["countdown"]) == "0:05"
    clock.now = 1006.0
    tick(timed)
    assert dpg.get_value(kit.named["countdown"]) == ""


def test_a_countdown_goes_with_its_stage(kit: Kit, timed: Desk) -> None:
    timed.show(replace(VIEWS["form"], countdown=Countdown(deadline=1005.0)))
    tick(timed)
    timed.show(VIEWS["results"])
    tick(timed)
    assert dpg.get_value(kit.named["countdown"]) == ""


# -- a session that is held, a seat that is left out ----------------------------------------------


def test_a_paused_session_keeps_the_form_and_takes_nothing_until_it_goes_on(
    kit: Kit, desk: Desk, submits: Submits
) -> None:
    desk.show(VIEWS["form"])
    put(kit, "amount", "12")
    line = kit.named["field.amount"]
    desk.show(VIEWS["paused"])
    assert dpg.get_value(kit.named["held"]) == "The session is paused."
    assert dpg.get_value(kit.named["held.reason"]).startswith("A fire drill")
    assert not enabled(kit.named["submit"])
    put(kit, "guess", "9")
    press(kit.named["submit"])
    desk.enter()
    assert submits.answers == []

    desk.show(VIEWS["form"])
    assert kit.named["field.amount"] == line
    assert dpg.get_value(line) == "12"
    assert dpg.get_value(kit.named["held"]) == ""
    press(kit.named["submit"])
    assert submits.answers == [{"amount": 12, "guess": 9}]


def test_a_page_without_a_form_is_not_left_while_the_session_is_held(
    kit: Kit, desk: Desk, submits: Submits
) -> None:
    screen = VIEWS["results"].screen
    assert isinstance(screen, Asking)
    desk.show(replace(VIEWS["results"], screen=replace(screen, locked=True), held="stopped"))
    desk.enter()
    assert submits.answers == []
    assert dpg.get_value(kit.named["held"]).startswith("The session is stopped")
    assert not shown(kit.named["held.reason"])


def test_an_answer_on_its_way_stays_so_while_the_session_is_held(kit: Kit, desk: Desk) -> None:
    desk.show(asking(sending=True, locked=True))
    assert dpg.get_item_label(kit.named["submit"]) == "Sending…"
    assert not enabled(kit.named["field.amount"])


def test_a_seat_that_is_left_out_comes_back_to_what_it_had_typed(kit: Kit, desk: Desk) -> None:
    desk.show(VIEWS["form"])
    put(kit, "amount", "12")
    desk.show(VIEWS["excluded"])
    assert desk.screen == "excluded"
    assert "The session goes on without you" in texts()
    desk.show(VIEWS["form"])
    assert dpg.get_value(kit.named["field.amount"]) == "12"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("default", "Time was up: this was taken as your answer"),
        ("bot", "A bot has answered in your place"),
        ("operator", "The person in charge has answered in your place"),
    ],
)
def test_what_was_taken_as_an_answer_is_shown_with_how_it_came(
    kit: Kit, desk: Desk, how: How, said: str
) -> None:
    screen = VIEWS["waiting"].screen
    assert isinstance(screen, Waiting)
    desk.show(VIEWS["waiting"])
    assert dpg.get_value(kit.named["recorded"]) == "Your decision is recorded"
    taken = replace(screen, answer={"amount": 0, "guess": 2.5}, how=how)
    desk.show(replace(VIEWS["waiting"], screen=taken))
    assert dpg.get_value(kit.named["recorded"]) == said
    assert {"Your contribution", "0", "2.5"} <= texts()


def test_a_stage_without_a_form_that_was_gone_through_for_a_seat_says_so(
    kit: Kit, desk: Desk
) -> None:
    results = VIEWS["results"].screen
    assert isinstance(results, Asking)
    screen = Waiting(stage=results.stage, answer=None, arrived=1, expected=4, how="default")
    desk.show(replace(VIEWS["waiting"], screen=screen))
    assert dpg.get_value(kit.named["recorded"]) == "Time was up: you count as ready"


# -- drafts -------------------------------------------------------------------------------------


def test_what_is_typed_is_told_once_for_each_change(kit: Kit, desk: Desk, submits: Submits) -> None:
    desk.show(VIEWS["form"])
    tick(desk)
    assert submits.told == [], "nothing was typed"
    put(kit, "amount", "1")
    tick(desk)
    tick(desk)
    put(kit, "amount", "12")
    put(kit, "guess", "9")
    tick(desk)
    assert submits.told == [
        ("contribute", {"amount": "1", "guess": None}),
        ("contribute", {"amount": "12", "guess": "9"}),
    ]


def test_what_is_on_its_way_is_typed_no_more(kit: Kit, desk: Desk, submits: Submits) -> None:
    desk.show(VIEWS["form"])
    put(kit, "amount", "1")
    desk.show(VIEWS["sending"])
    tick(desk)
    assert submits.told == []


def test_a_draft_from_before_is_in_the_form_and_not_told_again(
    kit: Kit, desk: Desk, submits: Submits
) -> None:
    desk.show(replace(VIEWS["form"], draft={"amount": "12", "guess": "9,5"}))
    tick(desk)
    assert dpg.get_value(kit.named["field.amount"]) == "12"
    assert dpg.get_value(kit.named["field.guess"]) == "9,5"
    assert submits.told == []
    put(kit, "guess", "9.5")
    press(kit.named["submit"])
    assert submits.answers == [{"amount": 12, "guess": 9.5}]


def test_a_draft_from_before_never_replaces_what_is_typed_now(kit: Kit, desk: Desk) -> None:
    desk.show(VIEWS["form"])
    put(kit, "amount", "1")
    desk.show(replace(VIEWS["form"], draft={"amount": "12", "guess": None}))
    assert dpg.get_value(kit.named["field.amount"]) == "1"


def test_the_same_generation_keeps_its_items_and_what_was_typed(kit: Kit, desk: Desk) -> None:
    desk.show(VIEWS["form"])
    put(kit, "amount", "1")
    before = kit.named["field.amount"]
    desk.show(VIEWS["reconnecting"])
    assert kit.named["field.amount"] == before
    assert dpg.get_value(before) == "1"
    assert "reconnecting" in dpg.get_value(kit.named["strip"])


def test_what_changes_nothing_wakes_nobody(desk: Desk) -> None:
    assert desk.take(VIEWS["form"])
    assert not desk.take(VIEWS["form"])


def test_another_generation_begins_empty(kit: Kit, desk: Desk) -> None:
    desk.show(VIEWS["form"])
    put(kit, "amount", "1")
    screen = VIEWS["form"].screen
    assert isinstance(screen, Asking)
    desk.show(asking(stage=screen.stage.model_copy(update={"generation": 6})))
    assert dpg.get_value(kit.named["field.amount"]) == ""


def test_the_same_stage_of_another_session_begins_empty(kit: Kit, desk: Desk) -> None:
    desk.show(VIEWS["form"])
    put(kit, "amount", "1")
    desk.show(replace(VIEWS["form"], session="wednesday-1"))
    assert dpg.get_value(kit.named["field.amount"]) == ""


def test_a_page_that_is_left_leaves_nothing_behind(desk: Desk) -> None:
    def turn() -> int:
        for name in VIEWS:
            desk.show(VIEWS[name])
        return len(dpg.get_all_items())

    assert turn() == turn() == turn()


def test_new_data_of_the_same_stage_are_told_without_touching_the_form(
    kit: Kit, desk: Desk
) -> None:
    desk.show(VIEWS["form"])
    put(kit, "amount", "1")
    before = kit.named["field.amount"]
    screen = VIEWS["form"].screen
    assert isinstance(screen, Asking)
    desk.show(asking(stage=screen.stage.model_copy(update={"data": {"bonus": 3}})))
    assert kit.named["field.amount"] == before
    assert {"Bonus", "3"} <= texts()
    assert "Pot last period" not in texts()


def test_the_step_buttons_and_the_slider_fill_the_line(
    kit: Kit, desk: Desk, submits: Submits
) -> None:
    desk.show(VIEWS["form"])
    press(kit.named["field.amount.more"])
    press(kit.named["field.amount.more"])
    assert dpg.get_value(kit.named["field.amount"]) == "1"
    press(kit.named["field.amount.less"])
    press(kit.named["field.amount.less"])
    assert dpg.get_value(kit.named["field.amount"]) == "0"
    slider = kit.named["field.amount.slider"]
    dpg.get_item_callback(slider)(slider, 20, None)
    press(kit.named["field.amount.more"])
    assert dpg.get_value(kit.named["field.amount"]) == "20"
    put(kit, "guess", "3")
    press(kit.named["submit"])
    assert submits.answers[-1] == {"amount": 20, "guess": 3.0}


def test_a_survey_is_handed_in_with_what_was_chosen(kit: Kit, desk: Desk, submits: Submits) -> None:
    desk.show(VIEWS["survey"])
    put(kit, "age", "31")
    for choice in ("field.mood.1", "field.before.1", "field.mood.2"):
        item = kit.named[choice]
        dpg.set_value(item, True)
        dpg.get_item_callback(item)(item, True, None)
    combo = kit.named["field.field"]
    dpg.get_item_callback(combo)(combo, "Law", None)
    press(kit.named["submit"])
    assert dpg.get_value(kit.named["field.mood.1"]) is False
    assert submits.answers[-1] == {
        "age": 31,
        "mood": "o2",
        "field": "o4",
        "before": False,
        "remark": None,
    }


def test_a_stage_without_a_form_is_continued(kit: Kit, desk: Desk, submits: Submits) -> None:
    desk.show(VIEWS["results"])
    assert dpg.get_item_label(kit.named["submit"]) == "Continue"
    press(kit.named["submit"])
    assert submits.answers == [None]


def test_a_plain_flag_with_a_default_is_a_box(kit: Kit, desk: Desk, submits: Submits) -> None:
    flag = FlagField(name="newsletter", title="Write to me", default=False)
    screen = VIEWS["form"].screen
    assert isinstance(screen, Asking)
    stage = screen.stage.model_copy(update={"form": FormSpec(fields=(flag,)), "generation": 9})
    desk.show(asking(stage=stage))
    press(kit.named["submit"])
    assert submits.answers == [{"newsletter": False}]


def test_a_form_of_every_kind_of_number_and_text_is_built(kit: Kit, desk: Desk) -> None:
    fields = (
        IntegerField(name="open", title="Open"),
        IntegerField(name="wide", title="Wide", minimum=0, maximum=10_000),
        NumberField(name="real", title="Real", default=2.5),
        TextField(name="line", title="Line", max_length=40, default="x"),
        TextField(name="lines", title="Lines"),
    )
    screen = VIEWS["form"].screen
    assert isinstance(screen, Asking)
    desk.show(asking(stage=screen.stage.model_copy(update={"form": FormSpec(fields=fields)})))
    assert dpg.get_value(kit.named["field.real"]) == "2.5"
    assert dpg.get_value(kit.named["field.line"]) == "x"


def test_a_text_breaks_where_there_is_no_more_room_and_shows_no_marks(desk: Desk) -> None:
    screen = VIEWS["form"].screen
    assert isinstance(screen, Asking)
    said = "Add until\nthe time is up.\n\nYou are paid for **each sum**:\n- at once\n- in euros"
    desk.show(asking(stage=screen.stage.model_copy(update={"text": said})))
    paragraphs = {"Add until the time is up.", "You are paid for each sum:"}
    assert {*paragraphs, "• at once", "• in euros"} <= texts()


@pytest.mark.parametrize("connectivity", list(Connectivity))
def test_the_link_is_always_said_in_words(kit: Kit, desk: Desk, connectivity: Connectivity) -> None:
    desk.show(replace(VIEWS["form"], connectivity=connectivity, note="Because."))
    assert dpg.get_value(kit.named["connectivity"])
    strip = dpg.get_value(kit.named["strip"])
    online = connectivity in {Connectivity.ONLINE, Connectivity.CONNECTING}
    assert (strip == "") if online else strip.endswith("Because.")


def test_the_status_bar_counts_what_is_not_saved(kit: Kit, desk: Desk) -> None:
    desk.show(replace(VIEWS["form"], pending=2))
    assert dpg.get_value(kit.named["saved"]) == "2 answers waiting to be saved"
    desk.show(VIEWS["form"])
    assert dpg.get_value(kit.named["saved"]) == "All saved"


def test_the_waiting_room_counts_in_place(kit: Kit, desk: Desk) -> None:
    desk.show(VIEWS["waiting"])
    count = kit.named["count"]
    screen = VIEWS["waiting"].screen
    assert isinstance(screen, Waiting)
    desk.show(replace(VIEWS["waiting"], screen=replace(screen, arrived=23)))
    assert kit.named["count"] == count
    assert dpg.get_value(count) == "23"


@pytest.mark.parametrize("outcome", ["finished", "closed"])
def test_every_end_has_its_words(desk: Desk, outcome: str) -> None:
    desk.show(replace(VIEWS["end"], screen=Ended(outcome=outcome, reason="Fire alarm.")))
    assert desk.screen == "ended"

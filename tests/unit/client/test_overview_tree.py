"""The operator's window as a tree of items: what it shows, and what is ordered with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dearpygui.dearpygui as dpg
import pytest

from palier.client.screens.kit import Kit, press
from palier.client.screens.orders import Order
from palier.client.screens.overview import Notice, OverviewFace
from palier.client.screens.sample_session import (
    sample_call,
    sample_log,
    sample_overview,
    sample_overviews,
    sample_refusal,
)
from palier.client.screens.window import context
from palier.client.state import Connectivity

NOW = datetime(2026, 5, 12, 16, 43, tzinfo=UTC)
SAMPLES = sample_overviews()


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="en") as made:
        yield made


@pytest.fixture
def orders() -> list[Order]:
    return []


@pytest.fixture
def face(kit: Kit, orders: list[Order], clock: Clock) -> OverviewFace:
    return OverviewFace(kit, ordered=orders.append, clock=clock)


def shown(item: int | str) -> bool:
    return bool(dpg.get_item_configuration(item)["show"])


def enabled(item: int | str) -> bool:
    return bool(dpg.get_item_configuration(item)["enabled"])


def say(kit: Kit, name: str) -> str:
    return str(dpg.get_value(kit.named[name]))


def choose(kit: Kit, *seats: str) -> None:
    for seat in seats:
        item = kit.named[f"choose.{seat}"]
        dpg.set_value(item, not dpg.get_value(item))
        press(item)


def tick(face: OverviewFace) -> None:
    face.tick(NOW, 1080, 760)


def show(face: OverviewFace, name: str) -> None:
    face.take(SAMPLES[name])
    face.show(SAMPLES[name])
    tick(face)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("palette", ["light", "dark"])
def test_every_turn_of_a_session_can_be_shown(palette: str, language: str) -> None:
    with context(palette=palette, scale=1.5, language=language) as kit:  # type: ignore[arg-type]
        face = OverviewFace(kit, ordered=lambda _: None)
        face.take(sample_log(language, stopped=True))  # type: ignore[arg-type]
        face.take(sample_refusal())
        for overview in sample_overviews(language).values():  # type: ignore[arg-type]
            face.take(overview)
            face.show(overview)
            face.tick(NOW, 1600, 900)
            assert say(kit, "sentence")


def test_the_overview_says_where_everybody_is(kit: Kit, face: OverviewFace) -> None:
    show(face, "running")
    assert say(kit, "sentence").endswith("waiting for s04, s09 and s16.")
    assert say(kit, "seat.s04") == "Working"
    assert say(kit, "seat.s16") == "Working, away"
    assert say(kit, "seat.s12") == "Operator answered"
    assert say(kit, "seat.s20") == "Bot answered"
    assert say(kit, "seat.s23") == "Excluded"
    assert not shown(kit.named["start"])


def test_times_are_the_workers_whatever_our_clock_says(
    kit: Kit, face: OverviewFace, clock: Clock
) -> None:
    show(face, "running")
    face.take(sample_log())
    clock.now += 20.4
    tick(face)
    assert say(kit, "left.s04") == "1:04"
    assert say(kit, "left.s01") == ""
    assert say(kit, "seat.s16") == "Working, away for 1:57"


def test_a_newer_look_at_the_same_sets_the_clock_and_wakes_nobody(
    kit: Kit, face: OverviewFace, clock: Clock
) -> None:
    show(face, "running")
    later = sample_overview().model_copy(
        update={"now": sample_overview().now + timedelta(seconds=30)}
    )
    clock.now += 5
    assert not face.take(later)
    tick(face)
    assert say(kit, "left.s04") == "0:54"


def test_what_changes_nothing_wakes_nobody(face: OverviewFace) -> None:
    show(face, "running")
    assert not face.take(SAMPLES["running"])
    assert face.take(sample_log())
    assert not face.take(sample_log())
    assert face.take(SAMPLES["paused"])


def test_a_session_in_the_lobby_can_be_started_once(
    kit: Kit, face: OverviewFace, orders: list[Order]
) -> None:
    show(face, "lobby")
    assert shown(kit.named["start"])
    press(kit.named["start"])
    assert orders == [Order(what="start")]
    assert not enabled(kit.named["start"])
    face.take(Notice(text="Somebody is missing."))
    assert enabled(kit.named["start"])
    assert say(kit, "toast") == "Somebody is missing."


def test_closing_asks_once_more(kit: Kit, face: OverviewFace, orders: list[Order]) -> None:
    show(face, "running")
    press(kit.named["close"])
    press(kit.named["question.no"])
    assert orders == []
    press(kit.named["close"])
    press(kit.named["question.yes"])
    assert orders == [Order(what="close")]


def test_a_pause_has_a_reason_that_everyone_reads(
    kit: Kit, face: OverviewFace, orders: list[Order]
) -> None:
    show(face, "running")
    press(kit.named["pause"])
    dpg.set_value(kit.named["question.reason"], " Fire drill ")
    press(kit.named["question.yes"])
    assert orders == [Order(what="pause", reason="Fire drill")]
    show(face, "paused")
    assert say(kit, "reason").startswith("A fire drill")
    assert say(kit, "status") == "Paused"
    assert not shown(kit.named["pause"])
    press(kit.named["resume"])
    assert orders[1:] == [Order(what="resume")]


def test_more_time_is_given_where_a_stage_has_a_clock(
    kit: Kit, face: OverviewFace, orders: list[Order]
) -> None:
    show(face, "running")
    press(kit.named["extend"])
    press(kit.named["extend"])
    assert orders == [Order(what="extend")] * 2
    rows = tuple(row.model_copy(update={"clock": None}) for row in SAMPLES["running"].seats)
    face.show(SAMPLES["running"].model_copy(update={"seats": rows}))
    assert not shown(kit.named["extend"])


@pytest.mark.parametrize(
    ("what", "chosen", "done"),
    [
        ("advance", ("s01", "s04"), ("s04",)),
        ("exclude", ("s04", "s23"), ("s04",)),
        ("stand-in", ("s16", "s20"), ("s16",)),
    ],
)
def test_what_changes_the_data_of_seats_needs_a_reason(
    kit: Kit,
    face: OverviewFace,
    orders: list[Order],
    what: str,
    chosen: tuple[str, ...],
    done: tuple[str, ...],
) -> None:
    show(face, "running")
    choose(kit, *chosen)
    press(kit.named[what])
    press(kit.named["question.yes"])
    assert orders == []
    dpg.set_value(kit.named["question.reason"], "left the room")
    press(kit.named["question.yes"])
    assert [(one.what, one.seats, one.reason) for one in orders] == [(what, done, "left the room")]
    assert say(kit, "chosen") == "Click on seats to act for them."


def test_a_seat_is_let_in_again_with_a_word_or_without(
    kit: Kit, face: OverviewFace, orders: list[Order]
) -> None:
    show(face, "running")
    choose(kit, "s23")
    assert not enabled(kit.named["exclude"])
    press(kit.named["readmit"])
    press(kit.named["question.yes"])
    assert orders == [Order(what="readmit", seats=("s23",))]


def test_seats_are_chosen_and_let_go(kit: Kit, face: OverviewFace) -> None:
    show(face, "running")
    assert not shown(kit.named["exclude"])
    choose(kit, "s02", "s01")
    assert say(kit, "chosen") == "s01 and s02"
    face.show(SAMPLES["running"])
    assert say(kit, "chosen") == "s01 and s02", "a newer look keeps what is chosen"
    choose(kit, "s01")
    assert say(kit, "chosen") == "s02"
    press(kit.named["choose.none"])
    assert not shown(kit.named["exclude"])


def test_a_stopped_session_shows_where_its_program_failed_and_what_to_do(
    kit: Kit, face: OverviewFace, orders: list[Order]
) -> None:
    show(face, "stopped")
    assert say(kit, "fault") == "ZeroDivisionError: float division by zero"
    assert "line 41, in play" in say(kit, "traceback")
    assert "~~~" not in say(kit, "traceback"), "what points at columns points nowhere here"
    assert say(kit, "retry.command") == "palier session retry tuesday-1"
    press(kit.named["retry"])
    assert orders == [Order(what="retry")]
    assert not enabled(kit.named["retry"])
    face.take(Notice(text="It fails still."))
    assert enabled(kit.named["retry"])


def test_what_happened_is_listed_with_who_did_it(kit: Kit, face: OverviewFace) -> None:
    show(face, "running")
    face.take(sample_log())
    face.take(sample_refusal())
    tick(face)
    assert say(kit, "feed.0") == "s11: refused 37×, too-fast"
    assert say(kit, "feed.1") == "s12: advanced (the computer froze)"
    kind = "mvAppItemType::mvText"
    texts = [dpg.get_value(one) for one in dpg.get_all_items() if dpg.get_item_type(one) == kind]
    assert "14:42:11" in texts
    assert "operator" in texts


def test_what_a_seat_of_another_session_was_refused_is_not_told(
    kit: Kit, face: OverviewFace
) -> None:
    show(face, "running")
    face.take(sample_refusal().model_copy(update={"seat": "w01"}))
    tick(face)
    assert "feed.0" not in kit.named


def test_a_session_that_is_over_offers_nothing(kit: Kit, face: OverviewFace) -> None:
    show(face, "running")
    press(kit.named["close"])
    show(face, "closed")
    offered = ("start", "close", "pause", "resume", "extend")
    assert not any(shown(kit.named[one]) for one in offered)
    assert say(kit, "sentence") == "The person in charge has closed the session."


def test_the_rows_are_refilled_not_made_anew(kit: Kit, face: OverviewFace) -> None:
    show(face, "running")
    before = kit.named["seat.s04"]
    rows = tuple(row.model_copy(update={"state": "submitted"}) for row in SAMPLES["running"].seats)
    face.show(SAMPLES["running"].model_copy(update={"seats": rows}))
    tick(face)
    assert kit.named["seat.s04"] == before
    assert dpg.get_value(before) == "Submitted"


def test_what_points_come_to_in_money_stands_beside_them(kit: Kit, face: OverviewFace) -> None:
    changed = {"payoff": "24.5", "payment": "7.40 EUR"}
    seats = tuple(row.model_copy(update=changed) for row in SAMPLES["running"].seats)
    show(face, "running")
    before = say(kit, "payoff.s04")
    face.show(SAMPLES["running"].model_copy(update={"seats": seats}))
    tick(face)
    assert say(kit, "payoff.s04") == "24.5 (€7.40)"
    assert "€" not in before


def test_whatever_changes_nothing_is_left_behind(kit: Kit, face: OverviewFace) -> None:
    def turn() -> int:
        for name in SAMPLES:
            show(face, name)
            choose(kit, "s04")
            press(kit.named["choose.none"])
        return len(dpg.get_all_items())

    assert turn() == turn() == turn()


@pytest.mark.parametrize("connectivity", list(Connectivity))
def test_the_link_is_said_where_it_is_not_as_it_should(
    kit: Kit, face: OverviewFace, connectivity: Connectivity
) -> None:
    face.take(connectivity)
    assert bool(say(kit, "connectivity")) == (connectivity is not Connectivity.ONLINE)


# -- calls for help -----------------------------------------------------------------------------


def test_who_calls_is_on_top_with_their_words_and_since_when(
    kit: Kit, face: OverviewFace, orders: list[Order]
) -> None:
    show(face, "running")
    assert "call.s04" not in kit.named
    show(face, "help")
    assert say(kit, "call.s04") == (
        "s04 calls for help: I cannot read the last line of the instructions."
    )
    assert say(kit, "call.s11") == "s11 calls for help"
    kind = "mvAppItemType::mvText"
    texts = [dpg.get_value(one) for one in dpg.get_all_items() if dpg.get_item_type(one) == kind]
    assert texts.index("for 2:11") < texts.index("for 0:20"), "who waits longest is first"
    press(kit.named["attend.s11"])
    assert orders == [Order(what="attend", seats=("s11",))]
    assert not enabled(kit.named["attend.s11"])
    show(face, "running")
    assert "call.s04" not in kit.named


def test_an_order_that_was_refused_can_be_given_again(kit: Kit, face: OverviewFace) -> None:
    show(face, "help")
    press(kit.named["attend.s04"])
    face.take(Notice(text="Nobody answered.", tone="warn"))
    assert enabled(kit.named["attend.s04"])


def test_of_many_calls_the_oldest_have_a_line_and_the_others_are_named(
    kit: Kit, face: OverviewFace
) -> None:
    called = SAMPLES["running"].now
    rows = tuple(
        row.model_copy(update={"called_at": called - timedelta(seconds=int(row.seat[1:]))})
        for row in SAMPLES["running"].seats[:5]
    )
    overview = SAMPLES["running"].model_copy(update={"seats": rows})
    face.take(overview)
    face.show(overview)
    tick(face)
    assert [one for one in kit.named if one.startswith("attend.")] == [
        "attend.s05", "attend.s04", "attend.s03",
    ]  # fmt: skip
    assert say(kit, "call.others") == "s02 and s01"


def test_a_call_is_told_once_in_the_feed(kit: Kit, face: OverviewFace) -> None:
    show(face, "running")
    for _ in range(2):
        face.take(sample_call())
        tick(face)
    assert say(kit, "feed.0") == (
        "s04: calls for help (I cannot read the last line of the instructions.)"
    )
    assert "feed.1" not in kit.named


def test_a_desk_that_showed_a_stage_late_is_marked(kit: Kit, face: OverviewFace) -> None:
    show(face, "help")
    assert say(kit, "seat.s09") == "Working, shown 611\u00a0ms late"
    assert say(kit, "seat.s10") == "Submitted"
    assert say(kit, "counts").endswith("shown within 615\u00a0ms")

"""What the screens know without a window: contrast, numbers, drafts, facts, sentences."""

from __future__ import annotations

import dataclasses
import re
import string
from collections.abc import Iterator
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from palier.client.screens import remaining, standing
from palier.client.screens.actions import is_immediate
from palier.client.screens.draft import begin, explain, read
from palier.client.screens.english import ENGLISH
from palier.client.screens.facts import arrange, humanise
from palier.client.screens.french import FRENCH
from palier.client.screens.orders import Order, What
from palier.client.screens.sample_session import sample_overview, sample_overviews
from palier.client.screens.samples import sample_views
from palier.client.screens.standing import counts, elapsed, sentence
from palier.client.screens.tokens import GRAPHIC_PAIRS, PALETTES, TEXT_PAIRS, contrast
from palier.client.screens.words import Words, say
from palier.client.state import Countdown, Held, Note, Notice
from palier.schemas.forms import (
    ChoiceField,
    FlagField,
    FormSpec,
    IntegerField,
    NumberField,
    Option,
    TextField,
)
from palier.schemas.replies import How, SeatRow, SessionStatus

AMOUNT = IntegerField(name="amount", title="Amount", minimum=0, maximum=20)
GUESS = NumberField(name="guess", title="Guess", minimum=0)
REMARK = TextField(name="remark", title="Remark", required=False, max_length=20)


# -- tokens -------------------------------------------------------------------------------------


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_can_be_read_on_its_ground(palette: str, ink: str, ground: str) -> None:
    colours = PALETTES[palette]  # type: ignore[index]
    assert contrast(getattr(colours, ink), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize(("ink", "ground"), GRAPHIC_PAIRS)
def test_what_is_drawn_can_be_told_from_its_ground(palette: str, ink: str, ground: str) -> None:
    colours = PALETTES[palette]  # type: ignore[index]
    assert contrast(getattr(colours, ink), getattr(colours, ground)) >= 3


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


# -- words --------------------------------------------------------------------------------------


def _holes(text: object) -> object:
    match text:
        case str():
            return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)
        case dict():
            return {key: _holes(one) for key, one in text.items()}
        case tuple():
            return [_holes(one) for one in text]
        case _:
            return None


@pytest.mark.parametrize("name", [one.name for one in dataclasses.fields(Words)])
def test_every_sentence_has_the_same_holes_in_both_languages(name: str) -> None:
    assert _holes(getattr(ENGLISH, name)) == _holes(getattr(FRENCH, name))


def _texts(words: object, at: str = "") -> Iterator[tuple[str, str]]:
    match words:
        case str():
            yield at, words
        case dict():
            for key, one in words.items():
                yield from _texts(one, f"{at}.{key}")
        case tuple():
            for number, one in enumerate(words):
                yield from _texts(one, f"{at}.{number}")
        case _ if dataclasses.is_dataclass(words):
            for field in dataclasses.fields(words):
                yield from _texts(getattr(words, field.name), f"{at}.{field.name}")


#: What French writes as English does.
SAME = {
    ".numerals.thousands", ".dates.order", ".dates.form", ".unlock_hint", ".do.pause", ".do.extend",
    ".authors.palier", ".and_last", ".optional", ".because", ".percent", ".shown_within",
}  # fmt: skip
ENGLISH_ONLY = re.compile(
    r"\b(the|and|of|is|are|was|were|has|have|your|you|this|that|it|its|for|with|not|please|will|by"
    r"|to|from|be|been|can|cannot|does|at|they|their|there|what|who|when)\b"
)


def test_no_sentence_was_left_in_english() -> None:
    english, french = dict(_texts(ENGLISH)), dict(_texts(FRENCH))
    assert english.keys() == french.keys()
    assert {at for at, text in french.items() if text == english[at]} <= SAME
    for at, text in french.items():
        assert not ENGLISH_ONLY.search(re.sub(r"\{[^}]*\}", "", text.lower())), f"{at}: {text}"


def test_french_has_its_spaces_before_high_punctuation() -> None:
    for at, text in _texts(FRENCH):
        assert not re.search(r"(?<![\u00a0\u202f])[;?!%]", text), f"{at}: {text}"
        assert not re.search(r"(?<![\u00a0\u202f\d]):(?!\d)", text), f"{at}: {text}"
        assert "'" not in text, f"{at}: {text}"


def test_every_note_has_its_sentence_and_a_gap_only_where_it_is_filled() -> None:
    notes = {one.value for one in Note}

    for words in (ENGLISH, FRENCH):
        assert set(words.notices) == notes
        assert [one for one, text in words.notices.items() if _holes(text)] == ["unwritten"]


def test_a_notice_is_said_with_its_detail() -> None:
    full = Notice(note=Note.UNWRITTEN, detail="the disk is full")

    assert say(full, ENGLISH) == (
        "Your answer could not be written to this computer’s disk (the disk is full): it was NOT "
        "sent. Make room and send it again."
    )
    assert say(Notice(note=Note.MOVED), FRENCH).startswith("Ce poste a été transféré")


def test_every_status_of_a_session_has_its_words() -> None:
    statuses = set(get_args(SessionStatus))
    over, held = {"finished", "closed"}, {"paused", "stopped"}

    for words in (ENGLISH, FRENCH):
        assert set(words.status) == statuses
        assert set(words.ended) == over
        assert set(words.on_hold) == held
        for status in statuses:
            assert sentence(sample_overview().model_copy(update={"status": status}), words)


def test_whatever_holds_a_session_or_answers_for_a_seat_has_its_words() -> None:
    others = set(get_args(How)) - {"submitted"}

    for words in (ENGLISH, FRENCH):
        assert set(words.held) == set(get_args(Held))
        assert set(words.answered_for) == set(words.went_on_for) == others


def test_every_state_of_a_seat_has_its_words() -> None:
    states = set(get_args(SeatRow.model_fields["state"].annotation))

    assert set(ENGLISH.states) == states == set(FRENCH.states)


def test_whatever_an_operator_can_do_has_its_words() -> None:
    orders = set(get_args(What))
    asked = {one for one in orders if not is_immediate(Order(what=one))} - {"retry"}

    for words in (ENGLISH, FRENCH):
        assert set(words.do) == orders
        assert set(words.questions) == set(words.why) == asked


def test_whatever_can_be_told_of_a_session_has_its_words() -> None:
    assert set(ENGLISH.happened) == set(FRENCH.happened)
    assert set(ENGLISH.authors) == set(FRENCH.authors)


def test_every_problem_of_a_form_has_its_words() -> None:
    known = {
        "required", "whole-number", "number", "out-of-range", "flag", "choice", "text",
        "too-short", "too-long", "date", "wrong-answer",
    }  # fmt: skip
    assert set(ENGLISH.problems) == known == set(FRENCH.problems)


# -- numerals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (12, "12", "12"),
        (1234, "1234", "1234"),
        (12345, "12,345", "12\u202f345"),
        (-3, "\N{MINUS SIGN}3", "\N{MINUS SIGN}3"),
        (0.4, "0.4", "0,4"),
        (20.0, "20", "20"),
        (1 / 3, "0.33", "0,33"),
        (12345.678, "12,345.68", "12\u202f345,68"),
        (float("nan"), "\N{EN DASH}", "\N{EN DASH}"),
    ],
)
def test_numbers_are_said_as_the_language_says_them(
    value: float, english: str, french: str
) -> None:
    assert ENGLISH.numerals.say(value) == english
    assert FRENCH.numerals.say(value) == french


@pytest.mark.parametrize(
    ("typed", "english", "french"),
    [
        ("2.5", 2.5, 2.5),
        ("2,5", None, 2.5),
        (" 12 ", 12, 12),
        ("1,000", 1000, 1),
        ("12\u202f345,5", None, 12345.5),
        ("\N{MINUS SIGN}3", -3, -3),
        (".5", 0.5, 0.5),
        ("1.2.3", None, None),
        ("1e9", None, None),
        ("nan", None, None),
        ("", None, None),
        ("twelve", None, None),
    ],
)
def test_numbers_are_read_as_the_language_writes_them(
    typed: str, english: float | None, french: float | None
) -> None:
    assert ENGLISH.numerals.read(typed) == english
    assert FRENCH.numerals.read(typed) == french


@pytest.mark.parametrize("typed", ["2.5", "2.", "1e3", "0x10", "1,5", ""])
def test_what_is_no_whole_number_is_not_rounded_to_one(typed: str) -> None:
    assert ENGLISH.numerals.read_whole(typed) is None
    assert FRENCH.numerals.read_whole(typed) is None


# -- drafts -------------------------------------------------------------------------------------


def test_a_draft_is_read_into_the_answer_that_the_worker_checks() -> None:
    spec = FormSpec(fields=(AMOUNT, GUESS, REMARK))
    reading = read(spec, {"amount": "12", "guess": "9,5", "remark": " "}, FRENCH.numerals)
    assert reading.problems == {}
    assert reading.answer == {"amount": 12, "guess": 9.5, "remark": None}
    assert spec.check(reading.answer) == {}


@pytest.mark.parametrize(
    ("raw", "problem"),
    [(None, "required"), ("", "required"), ("1.5", "whole-number"), ("21", "out-of-range")],
)
def test_a_field_that_cannot_be_read_says_why(raw: str | None, problem: str) -> None:
    reading = read(FormSpec(fields=(AMOUNT,)), {"amount": raw}, ENGLISH.numerals)
    assert reading.problems == {"amount": problem}


def test_clearing_a_field_does_not_bring_its_default_back_unseen() -> None:
    field = IntegerField(name="amount", title="Amount", default=5)
    spec = FormSpec(fields=(field,))
    assert begin(spec, ENGLISH.numerals) == {"amount": "5"}
    assert read(spec, {"amount": ""}, ENGLISH.numerals).problems == {"amount": "required"}


@pytest.mark.parametrize("raw", [None, "", "  "])
def test_blank_text_is_an_answer_only_where_the_default_is_text(raw: str | None) -> None:
    asked = FormSpec(fields=(TextField(name="name", title="Name"),))
    offered = FormSpec(fields=(TextField(name="name", title="Name", default=""),))
    assert read(asked, {"name": raw}, ENGLISH.numerals).problems == {"name": "required"}
    assert read(offered, {"name": raw or ""}, ENGLISH.numerals).answer == {"name": ""}


def test_choices_and_flags_are_nothing_until_they_are_made() -> None:
    choice = ChoiceField(name="mood", title="Mood", options=(Option(value="a", title="A"),))
    spec = FormSpec(fields=(choice, FlagField(name="before", title="Before")))
    draft = begin(spec, ENGLISH.numerals)
    assert draft == {"mood": None, "before": None}
    assert read(spec, draft, ENGLISH.numerals).problems == {
        "mood": "required",
        "before": "required",
    }


@pytest.mark.parametrize(
    ("problem", "field", "said"),
    [
        ("out-of-range", AMOUNT, "Enter a number between 0 and 20."),
        ("out-of-range", GUESS, "Enter 0 or more."),
        ("out-of-range", IntegerField(name="a", title="A", maximum=9), "Enter 9 or less."),
        ("too-long", REMARK, "Write at most 20 characters."),
        ("required", REMARK, "Please answer this question."),
        ("The sum must be 20.", AMOUNT, "The sum must be 20."),
    ],
)
def test_a_problem_is_said_in_words(
    problem: str, field: IntegerField | NumberField | TextField, said: str
) -> None:
    assert explain(field, problem, ENGLISH) == said


# -- facts --------------------------------------------------------------------------------------


def test_one_or_two_numbers_alone_are_large() -> None:
    facts = arrange({"your_share": 20.8, "total": 12}, ENGLISH)
    assert [(one.label, one.text) for one in facts.figures] == [
        ("Your share", "20.8"),
        ("Total", "12"),
    ]
    assert facts.rows == ()


def test_more_facts_are_rows_and_records_are_grids() -> None:
    data: dict[str, JsonValue] = {
        "a": 1,
        "b": True,
        "c": None,
        "group": [{"seat": "s1", "put": 3}, {"seat": "s2"}],
    }
    facts = arrange(data, FRENCH)
    assert [(one.label, one.text) for one in facts.rows] == [
        ("A", "1"),
        ("B", "Oui"),
        ("C", "\N{EN DASH}"),
    ]
    (grid,) = facts.grids
    assert grid.columns == ("Seat", "Put")
    assert grid.rows == (("s1", "3"), ("s2", "\N{EN DASH}"))


def test_no_data_are_no_facts() -> None:
    assert not arrange({}, ENGLISH)
    assert humanise("group_total") == "Group total"


# -- the operator's sentences -------------------------------------------------------------------


def test_the_overview_says_who_is_waited_for() -> None:
    overview = sample_overview()
    assert sentence(overview, ENGLISH) == "20 seats are waiting for s04, s09 and s16."
    assert counts(overview, ENGLISH) == ("Contribution: 3 working, 20 done, shown within 8\u00a0ms")


def test_nobody_waits_at_a_barrier_that_nobody_has_reached() -> None:
    rows = tuple(row.model_copy(update={"state": "working"}) for row in sample_overview().seats)
    overview = sample_overview().model_copy(update={"seats": rows})
    assert sentence(overview, ENGLISH) == "Nobody is waiting."


def test_the_lobby_says_who_is_not_here() -> None:
    lobby = sample_overview().model_copy(update={"status": "lobby"})
    assert sentence(lobby, FRENCH) == "Pas encore là\u00a0: s16."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": "working"}, "Working"),
        ({"state": "submitted", "how": "submitted"}, "Submitted"),
        ({"state": "submitted", "how": "default"}, "Default taken"),
        ({"state": "submitted", "how": "operator"}, "Operator answered"),
        ({"state": "submitted", "how": "bot", "standing": "bot"}, "Bot answered"),
        ({"state": "working", "standing": "bot"}, "Working, bot stands in"),
        ({"state": "working", "present": False}, "Working, away for 1:05"),
    ],
)
def test_a_seat_says_where_it_is_how_it_stands_and_that_nobody_is_there(
    changes: dict[str, object], said: str
) -> None:
    row = sample_overview().seats[0].model_copy(update={"how": None, **changes})

    assert standing.state(row, ENGLISH, away=timedelta(seconds=65)) == said


def test_who_has_been_away_since_nobody_knows_when_is_away() -> None:
    row = sample_overview().seats[15]

    assert standing.state(row, ENGLISH) == "Working, away"
    assert standing.state(row, FRENCH) == "Travaille, absent"


def test_the_time_that_is_left_is_that_of_who_works() -> None:
    overview = sample_overview()
    done, works = overview.seats[0], overview.seats[3]
    late = overview.now + timedelta(seconds=85)

    assert standing.time_left(done, overview.now) is None
    left = standing.time_left(works, overview.now)
    assert left is not None
    assert (left.text, left.ink) == ("1:24", "text")
    over = standing.time_left(works, late)
    assert over is not None
    assert (over.text, over.ink) == ("0:00", "warn")
    stands = standing.time_left(sample_overviews()["paused"].seats[3], late)
    assert stands is not None
    assert (stands.text, stands.stands) == ("1:24", True)
    unlimited = works.model_copy(update={"clock": None})
    assert standing.time_left(unlimited, overview.now) is None


def test_an_order_is_for_the_seats_to_which_it_does_something() -> None:
    rows = [sample_overview().seats[number - 1] for number in (1, 4, 20, 23)]

    assert standing.applicable("advance", rows) == ("s04",)
    assert standing.applicable("exclude", rows) == ("s01", "s04", "s20")
    assert standing.applicable("stand-in", rows) == ("s01", "s04")
    assert standing.applicable("readmit", rows) == ("s20", "s23")


def test_many_seats_are_counted_not_named() -> None:
    rows = tuple(row.model_copy(update={"present": False}) for row in sample_overview().seats)
    lobby = sample_overview().model_copy(update={"status": "lobby", "seats": rows})
    assert sentence(lobby, ENGLISH) == "Not here yet: s01, s02, s03, s04, s05 and 19 more."


def test_time_is_said_in_minutes_then_hours() -> None:
    opened = sample_overview().opened_at
    assert elapsed(None, opened) == ""
    assert elapsed(opened, opened) == "0:00"
    assert elapsed(opened, opened.replace(minute=41, second=5)) == "11:05"
    assert elapsed(opened, opened.replace(hour=16)) == "2:00:00"


# -- countdowns ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "text", "ink"),
    [
        (3601, "1:00:01", "text"),
        (75, "1:15", "text"),
        (10.2, "0:11", "text"),
        (10, "0:10", "warn"),
        (0.1, "0:01", "warn"),
        (0, "", "warn"),
        (-5, "", "warn"),
    ],
)
def test_a_countdown_warns_in_its_last_seconds(left: float, text: str, ink: str) -> None:
    reading = remaining.read(Countdown(deadline=1000 + left), 1000)

    assert (reading.text, reading.ink, reading.stands) == (text, ink, False)


def test_a_clock_that_stands_does_not_warn() -> None:
    reading = remaining.read(Countdown(left=4), 1000)

    assert (reading.text, reading.ink, reading.stands) == ("0:04", "muted", True)


@given(st.floats(min_value=0.001, max_value=7200))
def test_a_frame_that_comes_when_it_is_due_reads_otherwise(left: float) -> None:
    countdown = Countdown(deadline=left)
    due = remaining.until_next(countdown, 0.0)

    assert due is not None
    assert 0 < due <= 1.01
    assert remaining.read(countdown, due) != remaining.read(countdown, 0.0)


def test_what_does_not_change_by_itself_is_never_due() -> None:
    assert remaining.until_next(None, 0.0) is None
    assert remaining.until_next(Countdown(left=5), 0.0) is None
    assert remaining.until_next(Countdown(deadline=5), 6.0) is None


# -- samples ------------------------------------------------------------------------------------


def test_there_is_a_sample_of_each_screen_in_each_language() -> None:
    assert sample_views("en").keys() == sample_views("fr").keys()

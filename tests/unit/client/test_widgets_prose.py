"""An author's text: what it is read as, and how its lines break."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.client.screens.prose import Line, Run, break_lines, read_prose


def measure(text: str, bold: bool) -> float:
    """Every letter is 10 wide, bold ones 12."""
    return len(text) * (12.0 if bold else 10.0)


def _said(lines: list[Line]) -> list[str]:
    return ["".join(one.text for one in line) for line in lines]


def test_blank_lines_part_paragraphs_and_other_breaks_are_spaces() -> None:
    blocks = read_prose("\n  One\n  and two.\n\n  Three.\n")

    assert [one.text for one in blocks] == ["One and two.", "Three."]


def test_what_stands_between_asterisks_is_bold() -> None:
    (block,) = read_prose("You have **20 tokens**, no **more**.")

    assert block.runs == (
        Run("You have "),
        Run("20 tokens", bold=True),
        Run(", no "),
        Run("more", bold=True),
        Run("."),
    )
    assert not block.plain


@pytest.mark.parametrize("text", ["2 ** 3", "a ** b ** c", "**open", "****", "5 * 4 * 3"])
def test_asterisks_that_part_nothing_stay_as_they_are(text: str) -> None:
    (block,) = read_prose(text)

    assert block.plain
    assert block.text == text


def test_bullets_and_numbers_make_lists() -> None:
    blocks = read_prose("First:\n- one\n  and more\n- **two**\n\n1. read\n2) decide\n\nEnd.")

    assert [(one.marker, one.text) for one in blocks] == [
        ("", "First:"),
        ("•", "one and more"),
        ("•", "two"),
        ("1.", "read"),
        ("2.", "decide"),
        ("", "End."),
    ]
    assert blocks[2].follows(blocks[1])
    assert not blocks[3].follows(blocks[2])
    assert blocks[4].follows(blocks[3])
    assert not blocks[5].follows(blocks[4])


def test_a_number_or_a_dash_within_a_line_is_no_list() -> None:
    assert [one.marker for one in read_prose("2.5 tokens\n\n-3 points\n\n2026 was - well")] == [
        "",
        "",
        "",
    ]


def test_lines_break_where_the_next_word_has_no_room() -> None:
    lines = break_lines([Run("one two three four")], 90, measure)

    assert _said(lines) == ["one two", "three", "four"]


def test_a_word_that_is_bold_in_part_does_not_break() -> None:
    runs = [Run("has "), Run("20", bold=True), Run(", no more")]

    lines = break_lines(runs, 70, measure)

    assert _said(lines) == ["has", "20, no", "more"]


@pytest.mark.parametrize("hold", ["\u00a0", "\u202f"])
def test_a_space_that_holds_never_breaks(hold: str) -> None:
    lines = break_lines([Run(f"cela coûte 12{hold}€{hold}! oui")], 100, measure)

    assert _said(lines) == ["cela coûte", f"12{hold}€{hold}! oui"]


def test_a_word_wider_than_the_line_is_cut() -> None:
    lines = break_lines([Run("anticonstitutionnellement")], 100, measure)

    assert _said(lines) == ["anticonsti", "tutionnell", "ement"]


def test_text_of_one_weight_is_one_piece_and_stands_where_the_last_ended() -> None:
    ((first, second, third),) = break_lines(
        [Run("you have "), Run("20 tokens", bold=True), Run(" left")], 1000, measure
    )

    assert (first.x, first.text) == (0, "you have ")
    assert (second.x, second.text, second.bold) == (90, "20 tokens", True)
    assert (third.x, third.text) == (90 + 9 * 12, " left")


_TEXTS = st.text(alphabet="ab é,.*\u00a0\u202f-1\n", max_size=120)


@given(text=_TEXTS, width=st.integers(min_value=15, max_value=400))
def test_no_letter_is_lost_and_no_line_too_wide_whatever_the_text(text: str, width: int) -> None:
    for block in read_prose(text):
        lines = break_lines(block.runs, width, measure)

        said = "".join(_said(lines))
        assert said.replace(" ", "") == block.text.replace(" ", "")
        for line in lines:
            assert sum(measure(one.text, one.bold) for one in line) <= width

"""What is no XML, or is more of it than a screen has, is refused where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from palier.schemas.screens.document import LARGEST_FILE, MOST_ELEMENTS
from palier.schemas.screens.errors import BadScreen
from palier.schemas.screens.folder import read_file
from tests.unit.schemas.screens.marked import opened, places, refused, told, written


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ("‸", "There is nothing in the file.", "A screen begins with <screen>."),
        (
            "<screen>\n  <card>\n‸",
            "The file ends, and <card> of line 2 is not closed.",
            "Write </card>.",
        ),
        (
            "<screen>\n  <card>\n  </‸screen>",
            "Another tag is closed than <card> of line 2.",
            "Write </card> before it.",
        ),
        (
            '<screen><card title="a" ‸title="b"/></screen>',
            "An attribute stands here twice.",
            "Leave one of the two out.",
        ),
        (
            "<screen><text>a‸&nbsp;b</text></screen>",
            "There is no such entity.",
            "Write the letter itself, and &amp; for an &.",
        ),
        (
            "<screen><text>a</text></screen>‸<screen/>",
            "Something follows the end of the screen.",
            "A file has one <screen>.",
        ),
        (
            ' ‸<?xml version="1.0"?><screen/>',
            "<?xml …?> stands at the very beginning only.",
            "Move or remove it.",
        ),
        (
            '<screen><card show-if="a ‸< b"/></screen>',
            "A < cannot stand here.",
            "Write &lt; for it, or close what is open before.",
        ),
        (
            "<screen><text>this ‸& that</text></screen>",
            "An & cannot stand alone.",
            "Write &amp; for it.",
        ),
        (
            "<screen><card title=‸a/></screen>",
            "This is not well-formed XML (not well-formed (invalid token)).",
            "Look here and just before for a quotation mark, a > or an & too few or many.",
        ),
        (
            "‸<!DOCTYPE screen><screen/>",
            "A screen has no DOCTYPE and no entities.",
            "Leave them out.",
        ),
        (
            '‸<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><screen>&d;</screen>',
            "A screen has no DOCTYPE and no entities.",
            "Leave them out.",
        ),
        (
            '<screen>\n ‸<?php echo "x"; ?><text>a</text></screen>',
            "A screen has no processing instruction <?php …?>.",
            "Leave it out.",
        ),
        (
            '‸<?xml version="1.0" encoding="ISO-8859-1"?><screen><text>a</text></screen>',
            "The file says that it is in ISO-8859-1.",
            'Save it in UTF-8 and write encoding="UTF-8".',
        ),
    ],
)
def test_a_file_that_is_no_plain_xml_is_refused(
    tmp_path: Path, text: str, reason: str, hint: str
) -> None:
    assert told(refused(tmp_path, text)) == [(*places(text), reason, hint)]


def test_a_file_in_another_encoding_is_refused_where_that_shows(tmp_path: Path) -> None:
    path = tmp_path / "stage.xml"
    path.write_bytes("<screen>\n<text>é</text></screen>".encode("latin-1"))

    with pytest.raises(BadScreen) as caught:
        read_file(path)

    assert told(caught.value.mistakes) == [
        ((2, 7), "The file is not in UTF-8.", "Save it in that encoding.")
    ]


def test_a_mark_of_the_encoding_is_no_part_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "stage.xml").write_bytes(b"\xef\xbb\xbf<screen><txt/></screen>")

    with pytest.raises(BadScreen) as caught:
        read_file(tmp_path / "stage.xml")

    assert [(one.line, one.column) for one in caught.value.mistakes] == [(1, 9)]


def test_a_file_that_is_not_there_is_a_mistake_of_that_file(tmp_path: Path) -> None:
    with pytest.raises(BadScreen, match="The file cannot be read: No such file or directory"):
        read_file(tmp_path / "stage.xml")


def test_a_file_that_is_too_large_is_not_parsed(tmp_path: Path) -> None:
    (tmp_path / "stage.xml").write_bytes(b"<" * (LARGEST_FILE + 1))

    with pytest.raises(BadScreen) as caught:
        read_file(tmp_path / "stage.xml")

    (mistake,) = caught.value.mistakes
    assert "bytes" in mistake.reason
    assert (mistake.line, mistake.column) == (1, 1)


def test_widgets_nest_twenty_deep_and_no_deeper(tmp_path: Path) -> None:
    def nested(depth: int, mark: str = "") -> str:
        around = depth - 1
        return f"<screen>{'<card>' * around}{mark}<text>a</text>{'</card>' * around}</screen>"

    assert len(opened(tmp_path, nested(20)).written.elements) == 20
    too_deep = nested(21, "‸")
    assert told(refused(tmp_path, too_deep)) == [
        (*places(too_deep), "Widgets nest at most 20 deep.", "Take a container away.")
    ]


def test_nesting_without_end_stops_at_the_limit(tmp_path: Path) -> None:
    (mistake,) = refused(tmp_path, "<a>" * 100_000)

    assert mistake.reason == "Widgets nest at most 20 deep."


def test_two_thousand_widgets_are_a_screen_and_one_more_is_not(tmp_path: Path) -> None:
    def many(count: int) -> str:
        return f"<screen>{'<timer/>' * count}</screen>"

    assert len(opened(tmp_path, many(2000)).spec.body) == 2000
    (mistake,) = refused(tmp_path, many(2001))
    assert mistake.reason == "A screen has at most 2000 widgets."
    assert mistake.column == len("<screen>") + 2000 * len("<timer/>") + 1


def test_elements_without_number_stop_at_the_limit(tmp_path: Path) -> None:
    (mistake,) = refused(tmp_path, f"<screen>{'<a/>' * MOST_ELEMENTS}</screen>")

    assert mistake.reason == f"A file has at most {MOST_ELEMENTS} elements."


def test_a_screen_that_would_travel_too_large_is_refused(tmp_path: Path) -> None:
    text = f"<text>{'a ' * 2000}</text>" * 70

    (mistake,) = refused(tmp_path, f"<screen>{text}</screen>")

    assert "as it travels" in mistake.reason


def test_line_breaks_of_every_system_count_once(tmp_path: Path) -> None:
    path = written(tmp_path, "")
    for break_ in ("\n", "\r\n", "\r"):
        path.write_bytes(f"<screen>{break_} <text>{break_}{{é +}}</text></screen>".encode())
        with pytest.raises(BadScreen) as caught:
            read_file(path)
        (mistake,) = caught.value.mistakes
        assert (mistake.line, mistake.column) == (3, 2)


def test_what_follows_a_tag_is_none_of_its_attributes(tmp_path: Path) -> None:
    read = opened(tmp_path, "<screen><text >a = 'b' c=\"d\"</text></screen>")

    assert read.spec.body[0].model_dump()["text"] == "a = 'b' c=\"d\""

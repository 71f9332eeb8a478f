"""What is written and cannot be meant is refused: all of it at once, each with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from palier.schemas.screens.attributes import PATTERNS
from palier.schemas.screens.errors import BadScreen
from palier.schemas.screens.folder import read_file
from palier.schemas.screens.grammar import shapes
from palier.schemas.screens.screen import LARGEST_IMAGE
from tests.unit.schemas.screens.marked import places, refused, screen, told, written

HELP = '<button on-click="help">a</button>'


def only(folder: Path, text: str) -> tuple[str, str]:
    """Return reason and hint of the one mistake of a text, which is where its mark is."""
    (mistake,) = told(refused(folder, text))
    assert mistake[0] == places(text)[0], (text, mistake)
    return mistake[1], mistake[2]


@pytest.mark.parametrize(
    ("inside", "reason", "hint"),
    [
        ("‸<txt>a</txt>", "There is no <txt>.", "Do you mean <text>?"),
        ("‸<div/>", "There is no <div>.", "Write <stack>."),
        ("‸<h1>a</h1>", "There is no <h1>.", "Write <heading>."),
        (
            "<text>a ‸<b>c</b></text>",
            "<text> holds text alone, no <b>.",
            "Write **bold** in the text.",
        ),
        ("<heading>a ‸<u>c</u></heading>", "<heading> holds text alone, no <u>.", ""),
        (
            "<heading>a ‸<timer/></heading>",
            "<timer> cannot stand in <heading>.",
            "It holds text alone.",
        ),
        (
            '<card>‸<option value="a">a</option></card>',
            "<option> cannot stand in <card>.",
            "It stands in <choice>.",
        ),
        (
            "<timer>‸<card/></timer>",
            "<card> cannot stand in <timer>.",
            "<timer> holds nothing: close it with />.",
        ),
        (
            "<actions>‸<timer/></actions>",
            "<timer> cannot stand in <actions>.",
            "<actions> holds <button>.",
        ),
        (
            "<card>‸<screen><timer/></screen></card>",
            "<screen> cannot stand in <card>.",
            "It stands around everything else, once.",
        ),
        (
            '<card>‸<local name="a"/></card>',
            "<local> cannot stand in <card>.",
            "It stands in <screen>.",
        ),
        ("‸<tabs/>", "<tabs> is empty.", "Put at least one <tab> in it."),
        ("‸<plot/>", "<plot> is empty.", "Put at least one <series> in it."),
        (
            f"<actions>{HELP * 8}‸{HELP}</actions>",
            "<actions> holds at most 8, this one 9.",
            "Take some away.",
        ),
        (
            "‸<card titel='a'/>".replace("‸<card ", "<card ‸"),
            "<card> has no titel.",
            "Do you mean title? There are id, show-if and title.",
        ),
        (
            '<button ‸onclick="submit">a</button>',
            "<button> has no onclick.",
            "Do you mean on-click?",
        ),
        ('<timer ‸colour="red"/>', "<timer> has no colour.", "There are id, label and show-if."),
        ('<card ‸xmlns:xsi="a"/>', "<card> has no xmlns:xsi.", "There are id, show-if and title."),
        ("‸<check/>", "<check> needs bind.", 'As in bind="answer.amount".'),
        ("‸<heading/>", "<heading> has no text.", "Write it between <heading> and </heading>."),
        (
            '<heading text="a">‸b</heading>',
            "<heading> has its text twice: as text= and between its tags.",
            "Leave one of the two out.",
        ),
        (
            "<card>\n  ‸some words\n</card>",
            "The text 'some words' stands in <card> by itself.",
            "Put it in <text> or <heading>.",
        ),
        (
            "‸some words<timer/>",
            "The text 'some words' stands in <screen> by itself.",
            "Put it in <text> or <heading>.",
        ),
        (
            "<timer>‸a</timer>",
            "The text 'a' stands in <timer> by itself.",
            "Take it out, or write it as an attribute.",
        ),
        (
            '<card id="a"/>\n<card id="‸a"/>',
            "The id 'a' stands in line 1 already.",
            "Call one of the two something else.",
        ),
        (
            '<local name="a"/><local name="‸a"/><timer/>',
            "The <local> 'a' stands in line 1 already.",
            "Call one of the two something else.",
        ),
        (
            '<data name="a"/><data name="‸a"/><timer/>',
            "The <data> 'a' stands in line 1 already.",
            "Call one of the two something else.",
        ),
        (
            '<data name="‸answer"/><timer/>',
            "Data cannot be called 'answer': every screen has that name itself.",
            "Call it something else.",
        ),
        (
            '<timer/><strings lang="fr"/><strings lang="‸fr"/>',
            "The <strings> of 'fr' stands in line 1 already.",
            "Call one of the two something else.",
        ),
        (
            (
                '<text>a</text><strings lang="fr"><string of="a">b</string>'
                '<string of="‸ a ">c</string></strings>'
            ),
            "This text is translated twice.",
            "Leave one of the two out.",
        ),
        (
            '<check bind="answer.a"/><date bind="‸answer.a"/>',
            (
                "answer.a is bound to the <check> of line 1, "
                "which holds another kind of value than <date>."
            ),
            "Bind one of the two to another place.",
        ),
        (
            '‸<columns weights="1 2"><timer/></columns>',
            "<columns>: weights has 2 shares for 1 columns.",
            "Make them agree.",
        ),
        (
            '‸<scale bind="answer.a" min="5" max="5"/>',
            "<scale>: min is smaller than max, these are 5 and 5.",
            "Make them agree.",
        ),
        (
            '‸<choice bind="answer.a" source="b"><option value="a">a</option></choice>',
            "<choice>: its options come from <option> or from source, not from both.",
            "Make them agree.",
        ),
        (
            (
                '‸<choice bind="answer.a"><option value="a">a</option>'
                '<option value="a">b</option></choice>'
            ),
            "<choice>: two of its options have the same value.",
            "Make them agree.",
        ),
    ],
)
def test_what_cannot_stand_there_is_refused(
    tmp_path: Path, inside: str, reason: str, hint: str
) -> None:
    assert only(tmp_path, screen(inside)) == (reason, hint)


@pytest.mark.parametrize(
    ("inside", "reason", "hint"),
    [
        ('<text size="‸big">a</text>', "size cannot be 'big'.", "There are body and small."),
        ('<text tone="‸acent">a</text>', "tone cannot be 'acent'.", "Do you mean accent?"),
        (
            '<table source="a" sortable="‸yes"/>',
            "sortable is true or false, not 'yes'.",
            'Write sortable="true".',
        ),
        ('<table source="a" sortable="‸maybe"/>', "sortable is true or false, not 'maybe'.", ""),
        ('<table source="a" rows="‸100"/>', "rows is a whole number from 2 to 40, not '100'.", ""),
        ('<table source="a" rows="‸ten"/>', "rows is a whole number from 2 to 40, not 'ten'.", ""),
        ('<columns weights="‸1 x"/>', "weights is a whole number from 1 to 1000, not 'x'.", ""),
        ('<columns weights="‸"/>', "weights is empty.", 'As in weights="56 44".'),
        ('<columns weights="‸1 2 3 4 5"/>', "weights has at most 4 numbers, this has 5.", ""),
        (
            '<slider bind="answer.a" min="‸few"/>',
            "min is a number, or one value in braces, not 'few'.",
            'As in min="20" or min="{endowment}".',
        ),
        (
            '<slider bind="answer.a" min="‸{a} points"/>',
            "min is a number, or one value in braces, not '{a} points'.",
            'As in min="20" or min="{endowment}".',
        ),
        (
            '<slider bind="answer.a" max="‸1e999"/>',
            "max is a number, or one value in braces, not '1e999'.",
            'As in max="20" or max="{endowment}".',
        ),
        ('<data name="a" keys="‸ , "/><timer/>', "keys is empty.", 'As in keys="round, amount".'),
        (
            '<data name="a" keys="‸b, 9c"/><timer/>',
            (
                "Each of keys is a key of letters, digits, spaces, _ and -, at most 64, "
                "a letter first, not '9c'."
            ),
            'As in keys="round, amount".',
        ),
        (
            f'<local name="a" value="‸{"[" * 20}{"]" * 20}"/><timer/>',
            "value nests at most 16 deep.",
            "Make it flatter.",
        ),
        (
            '<date bind="answer.a" min="‸2026-02-30"/>',
            "min is a day, and there is no 2026-02-30.",
            "Write year-month-day.",
        ),
        (
            f'<choice bind="answer.a"><option value="{"a" * 200}‸b">c</option></choice>',
            "value has at most 200 characters, this has 201.",
            "Shorten it.",
        ),
        (
            f"<text>{'a' * 4096}‸b</text>",
            "text has at most 4096 characters, this has 4097.",
            "Shorten it.",
        ),
        ('<card show-if="‸"/>', "An expression is empty.", ""),
        ('<card show-if="answer.a ‸= 1"/>', "Compare with ==.", ""),
        ('<card show-if="a &gt; 1 ‸&amp;&amp; b"/>', "Write and, not &&.", ""),
        ('<card show-if="&apos;é&apos; == ‸_a"/>', "No name begins with an underscore: '_a'.", ""),
        ('<card title="You have {‸}"/>', "An expression is empty.", ""),
        ('<card title="You have ‸{a"/>', "A { is not closed: write {{ for a brace.", ""),
        ("<text>\n  one &amp;\n\n  two {a ‸b}\n</text>", "'a b' cannot be read.", ""),
        (
            "<text>{a:‸.2x}</text>",
            "There is no format '.2x': use d, .2f, %, .1%, EUR, date, time or datetime.",
            "",
        ),
    ],
)
def test_a_value_that_cannot_be_is_refused(
    tmp_path: Path, inside: str, reason: str, hint: str
) -> None:
    assert only(tmp_path, screen(inside)) == (reason, hint)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda one: PATTERNS[one][0])
def test_what_follows_a_pattern_is_explained_in_words(tmp_path: Path, pattern: str) -> None:
    tag, rule = next(
        (shape.tag, rule)
        for shape in shapes().values()
        for rule in shape.rules.values()
        if rule.pattern == pattern
    )
    element = f'<{tag} {rule.name}="‸é!"/>'
    text = f'<screen {rule.name}="‸é!"><timer/></screen>' if tag == "screen" else screen(element)

    found = [one for one in told(refused(tmp_path, text)) if one[0] == places(text)[0]]

    words, example = PATTERNS[pattern]
    assert found == [
        (places(text)[0], f"{rule.name} is {words}, not 'é!'.", f'As in {rule.name}="{example}".')
    ]


def test_every_pattern_of_the_models_has_words() -> None:
    patterns = {
        rule.pattern for shape in shapes().values() for rule in shape.rules.values() if rule.pattern
    }

    assert patterns == set(PATTERNS)


def test_every_mistake_is_told_and_in_order(tmp_path: Path) -> None:
    text = """\
<screen ‸titel="x">
  ‸<txt>hi</txt> ‸stray
  <card><slider ‸bnd="answer.x" min="‸abc" show-if="answer.x ==‸&gt; 1"/></card>
  <text>One {a ‸=1} and {b ‸! c} and ‸} that</text>
  ‸<tabs/>
</screen>
"""

    found = refused(tmp_path, text)

    assert [(one.line, one.column) for one in found] == sorted(places(text))


def test_within_what_is_not_known_mistakes_are_told_as_well(tmp_path: Path) -> None:
    text = screen('‸<whatever>words<card ‸tilte="a"/></whatever>')

    assert [(one.line, one.column) for one in refused(tmp_path, text)] == places(text)


def test_another_root_is_refused(tmp_path: Path) -> None:
    assert only(tmp_path, "‸<card/>") == (
        "A file begins with <screen>, not with <card>.",
        "Put it around.",
    )


def test_a_screen_with_nothing_on_it_is_refused(tmp_path: Path) -> None:
    text = '‸<screen><local name="a"/></screen>'

    assert only(tmp_path, text) == ("There is nothing on the screen.", "Put a widget in it.")


def test_a_screen_is_called_like_its_file(tmp_path: Path) -> None:
    assert only(tmp_path, screen("<timer/>", attributes=' name="‸other"')) == (
        "The screen calls itself 'other', and its file is called 'stage'.",
        "Leave name out, or rename the file.",
    )
    with pytest.raises(BadScreen, match="'My Stage', which no stage can be called"):
        read_file(written(tmp_path, screen("<timer/>"), name="My Stage"))


# -- pictures -----------------------------------------------------------------------------------

IMAGE = screen('<image source="‸curve.png" alt="A curve"/>')


def test_a_picture_that_is_not_there_is_missed_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "curves.png").write_bytes(b"\x89PNG\r\n\x1a\n")

    assert only(tmp_path, IMAGE) == (
        f"There is no picture curve.png in {tmp_path}.",
        "Do you mean curves.png?",
    )


def test_a_picture_is_called_as_it_is_written_on_every_system(tmp_path: Path) -> None:
    (tmp_path / "Curve.png").write_bytes(b"\x89PNG\r\n\x1a\n")

    assert only(tmp_path, IMAGE)[1] == "Do you mean Curve.png?"


def test_a_picture_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "curve.png").write_bytes(b"GIF89a")

    assert only(tmp_path, IMAGE) == (
        "curve.png is neither a PNG nor a JPEG picture.",
        "Save it as one of them.",
    )


def test_a_picture_that_is_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "curve.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(LARGEST_IMAGE))

    reason, hint = only(tmp_path, IMAGE)

    assert reason.startswith(f"The picture curve.png has {LARGEST_IMAGE + 8} bytes")
    assert hint == "Make it smaller."


def test_a_picture_is_known_by_its_first_bytes_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "curve.png").write_bytes(b"\xff\xd8\xff\xe0 and the rest")

    read = read_file(written(tmp_path, IMAGE))

    assert [one.media for one in read.contents.values()] == ["image/jpeg"]

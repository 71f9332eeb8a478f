"""A screen and its stage go together, or it is told what does not, and where."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest

from palier.program import Field, Form
from palier.schemas.forms import describe
from palier.schemas.live import ActionSpec
from palier.schemas.screens.acting import actions
from palier.schemas.screens.bindings import HOLDS, holders
from palier.schemas.screens.widgets import Input
from tests.unit.schemas.screens.marked import opened, places, screen, told


class Amount(Form):
    amount: int = Field(ge=0, le=20)


class All(Form):
    whole: int = Field(default=1, ge=0, le=20)
    real: float = Field(default=0.5, ge=0, le=1)
    flag: bool = False
    side: Literal["left", "right", "middle"] = "left"
    word: str = Field(default="a", max_length=50)
    day: date = Field(default=date(2026, 1, 1), ge=date(2025, 1, 1), le=date(2027, 1, 1))
    free: int = 3


SUBMIT = '<button on-click="submit">Go</button>'
NEXT = '<button on-click="next">Go</button>'


def only(
    folder: Path, text: str, *, form: type[Form] | None = None, data: Any = None
) -> tuple[str, str]:
    """Return reason and hint of the one mistake of a screen, which is where its mark is."""
    file = opened(folder, text)
    (mistake,) = told(file.check(None if form is None else describe(form), data))
    assert mistake[0] == places(text)[0], (text, mistake)
    return mistake[1], mistake[2]


def fine(folder: Path, text: str, *, form: type[Form] | None = None, data: Any = None) -> None:
    file = opened(folder, text)
    assert file.check(None if form is None else describe(form), data) == ()


# -- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "reason", "hint"),
    [
        (
            "<text>{‸answer.amount}</text>",
            "There is no answer.amount: the stage has no form.",
            "Give it one, or use local.",
        ),
        (
            "<text>{‸local.page}</text>",
            "The screen has no local.page.",
            'Declare it: <local name="page" value="…"/>.',
        ),
        (
            '<local name="page"/><text>{local.page} of {‸local.pgae}</text>',
            "The screen has no local.pgae.",
            "Do you mean local.page?",
        ),
        (
            '<card show-if="‸form.vald"/>',
            "There is no form.vald.",
            "Do you mean form.valid? There are form.sent and form.valid.",
        ),
        ('<card show-if="not (1 == ‸form)"/>', "A dot and a name follow form.", "As in form.sent."),
        (
            "<text>a &amp; {‸stage.name.x}</text>",
            "Nothing follows stage.name.",
            "Write stage.name.",
        ),
        ("<text>{‸seat.x}</text>", "seat stands alone, without a dot.", "Write seat."),
        (
            "<text>{‸stream.x}</text>",
            "What is posted in a stream cannot be computed with.",
            "Show it with <table>, <plot> or <log>.",
        ),
        (
            "<text>{‸answr.x}</text>",
            "There is no answr.",
            'Do you mean answer.x? If not, declare it: <data name="answr"/>.',
        ),
        (
            "<text>{‸arived}</text>",
            "There is no arived.",
            'Do you mean arrived? If not, declare it: <data name="arived"/>.',
        ),
        (
            '<card title="{‸local.a}"><timer label="b"/></card>',
            "The screen has no local.a.",
            'Declare it: <local name="a" value="…"/>.',
        ),
        (
            (
                '<timer label="Time"/><strings lang="fr">'
                '<string of="Time">Temps {‸local.a}</string></strings>'
            ),
            "The screen has no local.a.",
            'Declare it: <local name="a" value="…"/>.',
        ),
        (
            '<choice bind="local.c"><option value="a">{‸local.a}</option></choice>',
            "The screen has no local.a.",
            "There is local.c.",
        ),
        (
            '<plot y-max="{‸local.a}"><series source="b"/></plot>',
            "The screen has no local.a.",
            'Declare it: <local name="a" value="…"/>.',
        ),
    ],
)
def test_a_name_that_no_screen_has_is_told_where_it_stands(
    tmp_path: Path, inside: str, reason: str, hint: str
) -> None:
    assert only(tmp_path, screen(inside + NEXT)) == (reason, hint)


def test_a_name_in_the_title_of_the_screen_is_checked_as_well(tmp_path: Path) -> None:
    text = screen(NEXT, attributes=' title="Round {‸local.a}"')

    assert only(tmp_path, text)[0] == "The screen has no local.a."


def test_without_data_names_of_their_own_are_left_alone(tmp_path: Path) -> None:
    fine(tmp_path, screen("<text>{endowment} {seats} {stages} {other.x} {forms.y}</text>" + NEXT))


def test_what_surrounds_every_screen_is_known(tmp_path: Path) -> None:
    alone = "{seat} {arrived} {expected} {remaining}"
    dotted = "{stage.name} {stage.visit} {stage.title} {form.valid} {form.sent}"

    fine(tmp_path, screen(f"<text>{alone} {dotted}</text>{NEXT}"), data={})


def test_with_data_a_name_is_one_of_them(tmp_path: Path) -> None:
    text = screen(f"<text>{{endowment}} {{‸endowmet}}</text>{NEXT}")

    assert only(tmp_path, text, data={"endowment": 20}) == (
        "The stage shows no endowmet.",
        "Do you mean endowment?",
    )
    assert only(tmp_path, text.replace("{endowment}", ""), data={}) == (
        "The stage shows no endowmet.",
        "Give it: data={'endowmet': …}.",
    )


def test_with_data_a_record_has_what_is_asked_of_it(tmp_path: Path) -> None:
    data = {"me": {"name": "Ada", "group": {"size": 4}}, "count": 1, "nobody": None}

    fine(
        tmp_path,
        screen(f"<text>{{me.name}} {{me.group.size}} {{nobody.x}}</text>{NEXT}"),
        data=data,
    )
    assert only(tmp_path, screen(f"<text>{{‸me.nam}}</text>{NEXT}"), data=data) == (
        "me has no nam.",
        "Do you mean name? There are group and name.",
    )
    assert only(tmp_path, screen(f"<text>{{‸count.x}}</text>{NEXT}"), data=data) == (
        "count is no record: it has no x.",
        "Write count.",
    )


DECLARED = '<data name="round" type="number"/><data name="me" type="record" keys="name"/>'


@pytest.mark.parametrize(
    ("inside", "reason", "hint"),
    [
        (
            "<text>{‸rond}</text>",
            "There is no rond among the declared data.",
            'Do you mean round? There are me and round. Or declare it: <data name="rond"/>.',
        ),
        (
            "<text>{‸me.nme}</text>",
            "me is declared without nme.",
            "Do you mean me.name?",
        ),
        (
            "<text>{‸round.x}</text>",
            "round is declared as a number: no dot follows it.",
            'Declare it with type="record", or leave the dot out.',
        ),
        (
            '<table source="‸round"/>',
            "round is declared as a number, and a list is needed.",
            'Declare it with type="list", or name another.',
        ),
        (
            '<data name="a" type="number" sample="‸b"/>',
            "a is declared as a number, and its sample is none.",
            "Change the one or the other.",
        ),
        (
            '<data name="a" type="number" keys="‸b"/>',
            "a is declared as a number, which has no keys.",
            "Leave keys out, or change type.",
        ),
    ],
)
def test_what_is_declared_closes_the_set_of_data(
    tmp_path: Path, inside: str, reason: str, hint: str
) -> None:
    assert only(tmp_path, screen(DECLARED + inside + NEXT)) == (reason, hint)


def test_what_is_declared_must_be_shown_and_be_what_it_is_declared_as(tmp_path: Path) -> None:
    text = '<data name="‸round" type="number"/>'
    assert only(tmp_path, screen(text + NEXT), data={"rounds": 1}) == (
        "The stage does not show round, which is declared.",
        "Does it mean rounds?",
    )
    text = '<data name="round" type="‸number"/>'
    assert only(tmp_path, screen(text + NEXT), data={"round": "one"}) == (
        "round is declared as a number, and the stage shows 'one'.",
        "Change the one or the other.",
    )
    fine(tmp_path, screen(text + NEXT), data={"round": None})


def test_what_is_shown_and_not_declared_is_no_name_where_others_are(tmp_path: Path) -> None:
    text = f'<data name="round"/><text>{{‸pot}}</text>{NEXT}'

    assert only(tmp_path, screen(text), data={"round": 1, "pot": 2}) == (
        "The data pot are not declared, and others are.",
        'Declare them: <data name="pot"/>.',
    )


# -- lists --------------------------------------------------------------------------------------

HISTORY = {"history": [{"round": 1, "you earned": 2}], "count": 3}


@pytest.mark.parametrize(
    ("inside", "reason", "hint"),
    [
        (
            '<table source="‸histry"/>',
            "The stage shows no histry.",
            "Do you mean history? There are count and history.",
        ),
        ('<table source="‸count"/>', "count is no list: it is 3.", "Name a list among the data."),
        (
            '<log source="‸answer.x"/>',
            "answer.x is no list.",
            "Name a list among the data, or stream.<name>.",
        ),
        (
            '<log source="‸stream.A"/>',
            "stream.A is no stream: stream. is followed by small letters, digits and hyphens.",
            "As in stream.prices.",
        ),
        (
            '<table source="history"><column key="‸rund"/></table>',
            "history has no rund.",
            "Do you mean round? There are round and you earned.",
        ),
        (
            '<plot><series source="history" x="round" y="‸earned"/></plot>',
            "history has no earned.",
            "Do you mean you earned? There are round and you earned.",
        ),
        (
            '<choice bind="local.a" source="‸nowhere"/>',
            "The stage shows no nowhere.",
            "There are count and history.",
        ),
    ],
)
def test_a_list_is_one_that_there_is(tmp_path: Path, inside: str, reason: str, hint: str) -> None:
    assert only(tmp_path, screen(inside + NEXT), data=HISTORY) == (reason, hint)


def test_keys_are_checked_where_they_are_declared(tmp_path: Path) -> None:
    declared = '<data name="history" type="list" keys="round, you earned"/>'
    text = f'{declared}<table source="history"><column key="‸rund"/></table>'

    assert only(tmp_path, screen(text + NEXT))[0] == "history has no rund."


def test_streams_and_lists_that_nobody_knows_are_left_alone(tmp_path: Path) -> None:
    text = '<table source="stream.prices"><column key="a"/></table><log source="lines"/>'

    fine(tmp_path, screen(text + NEXT))
    fine(
        tmp_path,
        screen('<table source="empty"><column key="a"/></table>' + NEXT),
        data={"empty": []},
    )


# -- questions ----------------------------------------------------------------------------------

WIDGETS = {
    "textfield": '<textfield bind="{}"/>',
    "textarea": '<textarea bind="{}"/>',
    "number": '<number bind="{}"/>',
    "slider": '<slider bind="{}"/>',
    "choice": '<choice bind="{}"/>',
    "check": '<check bind="{}"/>',
    "scale": '<scale bind="{}" max="3"/>',
    "date": '<date bind="{}"/>',
}
FIELDS = {
    "integer": "whole",
    "number": "real",
    "flag": "flag",
    "choice": "side",
    "text": "word",
    "date": "day",
}


@pytest.mark.parametrize("tag", WIDGETS)
@pytest.mark.parametrize("type_", FIELDS)
def test_a_question_is_bound_to_what_it_can_hold(tmp_path: Path, tag: str, type_: str) -> None:
    place = f"answer.{FIELDS[type_]}"
    file = opened(tmp_path, screen(WIDGETS[tag].format(place) + SUBMIT))

    found = file.check(describe(All), None)

    if (tag, type_) == ("choice", "text"):
        assert [one.reason for one in found] == ["The choice has no options."]
    elif type_ in HOLDS[tag]:
        assert found == ()
    else:
        (mistake,) = found
        assert mistake.reason.startswith(f"<{tag}> cannot hold {FIELDS[type_]}, which is ")
        assert all(f"<{one}>" in mistake.hint for one in holders(type_))
        assert mistake.column == len('<screen><"') + len(tag) + len(" bind=") + 1


def test_every_input_has_a_line_in_the_table_of_types() -> None:
    assert set(HOLDS) == {one.model_fields["tag"].default for one in Input.__args__}


@pytest.mark.parametrize(
    ("inside", "reason", "hint"),
    [
        (
            '<number bind="‸answer.amuont"/>',
            "The form has no field amuont.",
            "Do you mean answer.amount?",
        ),
        (
            '<slider bind="answer.amount" min="‸-1"/>',
            "min is below 0, where the form begins for amount.",
            "Raise it, or leave it out.",
        ),
        (
            '<number bind="answer.amount" max="‸21"/>',
            "max is above 20, where the form ends for amount.",
            "Lower it, or leave it out.",
        ),
        (
            '<scale bind="answer.amount" min="‸-3"/>',
            "min is below 0, where the form begins for amount.",
            "Raise it, or leave it out.",
        ),
        (
            '<number bind="answer.amount" decimals="‸2"/>',
            "amount is a whole number.",
            "Leave decimals out.",
        ),
        (
            '<number bind="answer.amount" required="‸false"/>',
            "The form requires amount.",
            "Leave required out.",
        ),
        ('<slider bind="‸local.a" min="0"/>', "The slider has no upper bound.", 'Give it max="…".'),
        (
            '<choice bind="‸local.a"/>',
            "The choice has no options.",
            "Put <option> in it, or give it source.",
        ),
        (
            '<button on-click="set" target="‸answer.b" value="1">a</button>',
            "The form has no field b.",
            "There is answer.amount.",
        ),
    ],
)
def test_a_question_agrees_with_the_form(
    tmp_path: Path, inside: str, reason: str, hint: str
) -> None:
    asked = '<number bind="answer.amount"/>' if "amount" not in inside.replace("amuont", "") else ""

    assert only(tmp_path, screen(inside + asked + SUBMIT), form=Amount) == (reason, hint)


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ('<slider bind="‸answer.free" max="9"/>', "The slider has no lower bound."),
        (
            '<date bind="answer.day" min="‸2024-12-31"/>',
            "min is below 2025-01-01, where the form begins for day.",
        ),
        (
            '<date bind="answer.day" max="‸2027-01-02"/>',
            "max is above 2027-01-01, where the form ends for day.",
        ),
        (
            '<textarea bind="answer.word" max-length="‸51"/>',
            "51 characters are more than the form allows for word: 50.",
        ),
        ('<scale bind="‸answer.side" max="7"/>', "The scale has 7 points, and side has 3 options."),
        (
            '<choice bind="‸answer.side"><option value="up">Up</option></choice>',
            "The form has no option 'up' for side.",
        ),
        (
            '<choice bind="‸answer.flag"><option value="yes">Yes</option></choice>',
            "The form has no option 'yes' for flag.",
        ),
    ],
)
def test_a_question_lets_in_no_more_than_the_form(tmp_path: Path, inside: str, reason: str) -> None:
    assert only(tmp_path, screen(inside + SUBMIT), form=All)[0] == reason


def test_a_question_may_ask_for_less_than_the_form(tmp_path: Path) -> None:
    inside = (
        '<slider bind="answer.whole" min="5" max="{limit}"/>'
        '<choice bind="answer.side"><option value="left">Left</option></choice>'
        '<textfield bind="answer.word" max-length="10"/><scale bind="answer.side" max="3"/>'
        '<slider bind="local.speed" min="0" max="{limit}"/>'
    )

    fine(tmp_path, screen(inside + SUBMIT), form=All, data={"limit": 10})


# -- actions and ways on ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "reason", "hint"),
    [
        (
            '<button on-click="‸sumbit">a</button>',
            "There is no action sumbit: the screen has no controller.",
            "Do you mean submit? There are help, next, reset, set and submit.",
        ),
        (
            '<check bind="local.a" on-change="‸recount"/>',
            "There is no action recount: the screen has no controller.",
            "There are help, next, reset, set and submit.",
        ),
        (
            '<button on-click="‸set" value="1">a</button>',
            "set needs target.",
            'As in target="local.page" value="2".',
        ),
        (
            '<button on-click="‸set" target="local.a">a</button><text>{local.a}</text>',
            "set needs value.",
            'As in target="local.page" value="2".',
        ),
        (
            '<button on-click="help" value="‸1">a</button>',
            "value belongs to the action set, and this button does help.",
            "Leave it out.",
        ),
        (
            '<check bind="local.a" on-change="‸set"/>',
            "Only a button can set a value.",
            "Name another action.",
        ),
    ],
)
def test_an_action_is_there_and_has_what_it_needs(
    tmp_path: Path, inside: str, reason: str, hint: str
) -> None:
    assert only(tmp_path, screen(inside + NEXT)) == (reason, hint)


def test_next_is_for_stages_that_ask_for_nothing(tmp_path: Path) -> None:
    asked = '<number bind="answer.amount"/>'
    text = screen(f'{asked}<button on-click="‸next">a</button>{SUBMIT}')

    assert only(tmp_path, text, form=Amount) == (
        "next goes on from a stage that asks for nothing, and this one has a form.",
        "Write submit.",
    )


def test_there_is_a_way_on(tmp_path: Path) -> None:
    asked = '‸<screen><number bind="answer.amount"/></screen>'
    assert only(tmp_path, asked, form=Amount) == (
        "Nobody could hand this in: the screen has no button that submits.",
        'Add <button on-click="submit">.',
    )
    assert only(tmp_path, "‸<screen><timer/></screen>") == (
        "Nobody could go on from here: the screen has no button for it.",
        'Add <button on-click="next">, or "submit" where the stage has a form.',
    )
    fine(tmp_path, screen(SUBMIT))
    fine(tmp_path, screen("<timer/>", attributes=' controller="game.Show"'))


def test_what_the_form_requires_is_asked_for(tmp_path: Path) -> None:
    text = f"‸{screen(SUBMIT)}"

    assert only(tmp_path, text, form=Amount) == (
        "Nobody could hand this in: the form requires amount, and nothing asks for it.",
        'Add <number bind="answer.amount"/>.',
    )
    fine(tmp_path, text, form=All)  # all of it has defaults
    chosen = '<button on-click="set" target="answer.amount" value="5">Five</button>'
    fine(tmp_path, screen(chosen + SUBMIT), form=Amount)
    fine(tmp_path, screen(SUBMIT, attributes=' controller="game.Show"'), form=Amount)


def test_actions_of_a_controller_are_its_own_business(tmp_path: Path) -> None:
    inside = '<check bind="local.a" on-change="recount"/><button on-click="go">Go</button>'
    file = opened(tmp_path, screen(inside + NEXT, attributes=' controller="game.Show"'))

    assert file.check(None, None) == ()
    assert {
        name: [(type(use.widget).__name__, use.attribute, use.number) for use in uses]
        for name, uses in actions(file.spec).items()
    } == {
        "recount": [("Check", "on-change", 0)],
        "go": [("Button", "on-click", 1)],
        "next": [("Button", "on-click", 2)],
    }
    use = actions(file.spec)["go"][0]
    mistake = file.mistake(use.number, use.attribute, "It is not there.")
    assert (mistake.line, mistake.column) == (1, file.path.read_text().index('"go"') + 2)


# -- what nobody needs --------------------------------------------------------------------------


def test_what_nobody_uses_is_told(tmp_path: Path) -> None:
    text = screen(f'<local name="‸page"/>{NEXT}')
    assert only(tmp_path, text) == ("Nothing uses local.page.", "Take it out.")

    used = ["<text>{local.page}</text>", '<check bind="local.page"/>', '<log source="local.page"/>']
    for one in used:
        fine(tmp_path, screen(f'<local name="page"/>{one}{NEXT}'))
    fine(tmp_path, screen(f'<local name="page"/>{NEXT}', attributes=' controller="game.Show"'))


def test_a_translation_is_of_a_text_of_the_screen(tmp_path: Path) -> None:
    inside = f'{NEXT}<strings lang="fr"><string of="‸Goo">Aller</string></strings>'

    assert only(tmp_path, screen(inside)) == (
        "This text is not on the screen.",
        "Do you mean 'Go'?",
    )


def test_a_screen_of_another_stage_altogether_is_told_as_much_as_anybody_reads(
    tmp_path: Path,
) -> None:
    many = "".join(f"<text>{{name{number}}}</text>" for number in range(1000))

    found = opened(tmp_path, screen(many + NEXT)).check(None, {})

    assert len(found) == 501
    assert found[-1].reason == "There are more than these."


# -- without knowing the stage ------------------------------------------------------------------


def test_alone_a_screen_is_checked_as_far_as_it_can_be(tmp_path: Path) -> None:
    text = screen(
        '<slider bind="answer.amount"/><number bind="answer.other" max="99"/>'
        "<text>{answer.amount} {answer.unasked} {‸answer.amuont} {‸form.vald} {anything}</text>"
        f"{SUBMIT}{NEXT}"
    )

    found = opened(tmp_path, text).check_alone()

    assert told(found) == [
        (places(text)[0], "No question is bound to answer.amuont.", "Do you mean answer.amount?"),
        (
            places(text)[1],
            "There is no form.vald.",
            "Do you mean form.valid? There are form.sent and form.valid.",
        ),
    ]


def test_alone_a_screen_needs_a_way_on_all_the_same(tmp_path: Path) -> None:
    (mistake,) = opened(tmp_path, screen("<timer/>")).check_alone()

    assert mistake.reason.startswith("Nobody could go on from here")


# -- live stages --------------------------------------------------------------------------------


class Bid(Form):
    price: int = Field(ge=1)
    pieces: int = 1


LIVE = (
    ActionSpec(name="bid", title="Bid", form=describe(Bid)),
    ActionSpec(name="take", title="Take"),
)
PRICE = '<number bind="local.price"/>'


@pytest.mark.parametrize(
    ("inside", "reason", "hint"),
    [
        (
            f'{PRICE}<button on-click="‸act:bdi">Bid</button>',
            "The stage has no action bdi.",
            "Do you mean bid? There are bid and take.",
        ),
        (
            '<number bind="local.prize"/><button on-click="‸act:bid">Bid</button>',
            "bid asks for price, and nothing on the screen does.",
            "Bind an input to local.price, or local.bid_price.",
        ),
        (
            '<number bind="local.price" on-change="‸act:bid"/>',
            "Only a button does something in a live stage.",
            "Add a button.",
        ),
    ],
)
def test_what_a_screen_does_in_a_live_stage_is_there(
    tmp_path: Path, inside: str, reason: str, hint: str
) -> None:
    text = screen(inside)
    (mistake,) = told(opened(tmp_path, text).check(None, {}, LIVE))

    assert mistake == (places(text)[0], reason, hint)


def test_a_screen_of_a_live_stage_needs_no_way_on(tmp_path: Path) -> None:
    bid = '<button on-click="act:bid">Bid</button>'
    for price in ("price", "bid_price"):
        text = screen(f'<number bind="local.{price}"/>{bid}')
        assert opened(tmp_path, text).check(None, {}, LIVE) == ()
        assert opened(tmp_path, text).check_alone() == ()


def test_a_stage_that_is_not_live_has_no_actions(tmp_path: Path) -> None:
    text = screen(f'{NEXT}<button on-click="‸act:take">Take</button>')
    (mistake,) = told(opened(tmp_path, text).check(None, {}, ()))

    assert mistake == (
        places(text)[0],
        "The stage has no action take.",
        "Give the stage live=, or take it out.",
    )

"""`palier screen new` and `check`: one to begin with, and what is wrong with those there are."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from palier.cli.errors import CommandError
from palier.cli.screens import Checked, Group, app
from palier.cli.stages import UNKNOWN, stages
from palier.schemas.errors import InvalidName
from palier.schemas.screens.folder import files, read_file

ROOT = Path(__file__).parents[3]

PROGRAM = """\
from datetime import date
from typing import Literal

from palier.program import Field, Form, Program

LEVELS = [{"level": 1, "name": "low"}]


class Everything(Form):
    slid: int = Field(ge=0, le=20)
    typed: int = Field(ge=0)
    real: float
    flag: bool = False
    side: Literal["left", "right"]
    line: str = Field(max_length=40)
    lines: str
    day: date | None = None


class Game(Program):
    async def run(self, session):
        await session.stage("welcome", data={"pot": 20, "levels": LEVELS, "you get": 1})
        await session.stage("ask", form=Everything, data=lambda one: {"earned": one.payoff})
        await session.stage("computed", form=self.form(), data=self.data())
        await session.stage("other", screen="welcome", data={"pot": 1, "levels": []})
        await session.stage("plain", screen="")
        await session.stage("spread", **self.more())
        await session.stage(self.named())
        await session.stage("shared", data={"a": 1, **self.more()})
"""

NEXT = '<button on-click="next">Go</button>'


@pytest.fixture
def game(tmp_path: Path) -> Path:
    folder = tmp_path / "programs" / "game"
    (folder / "screens").mkdir(parents=True)
    (folder / "program.py").write_text(PROGRAM)
    screen(folder, "welcome", f"<screen><text>{{pot}}</text>{NEXT}</screen>")
    return folder


def line_of(text: str) -> int:
    """Return in which line of the program something stands."""
    return next(number for number, line in enumerate(PROGRAM.splitlines(), 1) if text in line)


def screen(game: Path, name: str, text: str) -> Path:
    path = game / "screens" / f"{name}.xml"
    path.write_text(text)
    return path


def run(*arguments: str | Path) -> tuple[int, list[str], list[str]]:
    """Return exit code, and what was said on standard output and on standard error."""
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout.splitlines(), result.stderr.splitlines()


# -- what a program's file says -----------------------------------------------------------------


def test_a_stage_is_known_as_far_as_its_call_can_be_understood(game: Path) -> None:
    found = {one.name: one for one in stages(game)}

    assert [
        (one.name, one.screen, getattr(one.form, "__name__", one.form), one.data)
        for one in found.values()
    ] == [
        (
            "welcome",
            "welcome",
            None,
            {"pot": 20, "levels": [{"level": 1, "name": "low"}], "you get": 1},
        ),
        ("ask", "ask", "Everything", {"earned": None}),
        ("computed", "computed", UNKNOWN, None),
        ("other", "welcome", None, {"pot": 1, "levels": []}),
        ("plain", "", None, {}),
        ("spread", UNKNOWN, UNKNOWN, None),
        ("shared", "shared", None, None),
    ]
    lines = PROGRAM.splitlines()
    assert all(
        lines[one.line - 1][one.column - 1 :].startswith(f'"{one.name}"') for one in found.values()
    )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise RuntimeError('no such disk')", "cannot be loaded: RuntimeError: no such disk"),
        ("def (", "cannot be read: invalid syntax"),
    ],
)
def test_a_program_that_cannot_be_loaded_is_said_to_be_so_and_its_screens_are_read(
    game: Path, source: str, said: str
) -> None:
    (game / "program.py").write_text(source)
    screen(game, "ask", '<screen><txt/><button on-click="next">Go</button></screen>')

    code, out, err = run("check", game)

    assert code == 1
    assert out[0].startswith(f"{game}/screens/ask.xml:1:9: There is no <txt>.")
    assert said in err[0]
    assert err[0].endswith("Its screens are checked without its forms.")


# -- new ----------------------------------------------------------------------------------------

ASK = """\
<?xml version="1.0" encoding="UTF-8"?>
<screen>
  <data name="earned"/>
  <card>
    <heading>{stage.title}</heading>
    <figure value="{earned}" label="Earned"/>
    <slider bind="answer.slid"/>
    <number bind="answer.typed"/>
    <number bind="answer.real"/>
    <check bind="answer.flag"/>
    <choice bind="answer.side"/>
    <textfield bind="answer.line"/>
    <textarea bind="answer.lines"/>
    <date bind="answer.day"/>
    <actions>
      <button on-click="submit" kind="primary">Submit</button>
    </actions>
  </card>
</screen>
"""


def test_a_new_screen_asks_what_the_form_of_its_stage_asks(game: Path) -> None:
    code, out, _ = run("new", "game", "ask", "--programs", game.parent)

    path = game / "screens" / "ask.xml"
    assert code == 0
    assert path.read_text() == ASK
    assert out == [f"{path} is written. See how it looks: palier screen preview {path}"]


@pytest.mark.parametrize("stage", ["welcome", "ask", "computed", "plain", "spread", "nowhere"])
def test_a_new_screen_has_no_mistake(game: Path, stage: str) -> None:
    path = game / "screens" / f"{stage}.xml"
    path.unlink(missing_ok=True)
    run("new", game, stage)

    code, out, _ = run("check", path)

    assert (code, out) == (0, ["1 screen: no mistake."])


def test_a_new_screen_says_what_it_could_not_know(game: Path) -> None:
    _, unknown, _ = run("new", game, "computed")
    _, missing, _ = run("new", game, "welcom")

    assert unknown[0].endswith("not known before it is run: add the questions.")
    assert missing[0].endswith(
        f"No stage welcom is seen in {game}/program.py. Do you mean welcome?"
    )


def test_a_screen_that_is_there_stays_as_it_is(game: Path) -> None:
    path = screen(game, "ask", "mine")

    with pytest.raises(CommandError, match="is there already: edit it, or move it away"):
        run("new", game, "ask")

    assert path.read_text() == "mine"


def test_a_new_screen_names_the_grammar_where_that_is_near(game: Path) -> None:
    docs = game.parents[1] / "docs"
    docs.mkdir()
    (docs / "screen.xsd").touch()

    run("new", game, "ask")

    path = game / "screens" / "ask.xml"
    assert 'xsi:noNamespaceSchemaLocation="../../../docs/screen.xsd"' in path.read_text()
    assert read_file(path).spec.name == "ask"


def test_a_stage_or_program_that_cannot_be_is_refused(game: Path) -> None:
    with pytest.raises(InvalidName):
        run("new", game, "My Stage")
    with pytest.raises(CommandError, match=r"There is no program gam in .*: there is game"):
        run("new", "gam", "ask", "--programs", game.parent)


# -- check --------------------------------------------------------------------------------------


def test_a_screen_is_compared_with_the_form_and_the_data_of_its_stage(game: Path) -> None:
    text = ASK.replace("answer.slid", "answer.slit").replace('"earned"', '"gained"')
    path = screen(game, "ask", text)

    code, out, err = run("check", path)

    assert code == 1
    asked = "Nobody could hand this in: the form requires slid, and nothing asks for it."
    earned = "The data earned are not declared, and others are."
    assert [one.removeprefix(f"{path}:") for one in out] == [
        f'2:1: {asked} Add <number bind="answer.slid"/>.',
        "3:15: The stage does not show gained, which is declared. Does it mean earned?",
        f'6:21: {earned} Declare them: <data name="earned"/>.',
        "7:19: The form has no field slit. Do you mean answer.slid?",
        "1 screen: 4 mistakes.",
    ]
    assert err == [f"{path}: with stage ask, the form Everything, its data."]


def test_a_screen_is_compared_with_every_stage_that_it_shows(game: Path) -> None:
    inside = '<table source="levels"/><text>{pot} {payoff}</text>'
    path = screen(game, "welcome", f"<screen>{inside}{NEXT}</screen>")

    code, out, err = run("check", path)

    assert code == 1
    assert out == [
        f"{path}:1:46: The stage shows no payoff. There are levels and pot.",
        f"{path}:1:46: The stage shows no payoff. There are levels, pot and you get.",
        "1 screen: 2 mistakes.",
    ]
    assert err == [
        f"{path}: with stage welcome, no form, its data.",
        f"{path}: with stage other, no form, its data.",
    ]


def test_what_is_not_known_is_said(game: Path) -> None:
    text = '<screen><slider bind="answer.a"/><button on-click="submit">Go</button></screen>'
    computed, elsewhere = screen(game, "computed", text), screen(game, "elsewhere", text)

    code, out, err = run("check", computed, elsewhere)

    assert (code, out) == (0, ["2 screens: no mistake."])
    assert err[0] == (
        f"{computed}: without form and data, for that of stage computed in line "
        f"{line_of('computed')} is not known before it is run."
    )
    assert err[1:] == [f"{elsewhere}: without form and data, for no stage is seen to show it."]


def test_a_screen_that_a_stage_names_and_that_is_not_there_is_missed(game: Path) -> None:
    (game / "screens" / "welcome.xml").rename(game / "screens" / "welcom.xml")

    _, out, _ = run("check", game)

    assert out[0] == (
        f"{game}/program.py:{line_of('other')}:29: Stage other is shown by welcome.xml, "
        "which is not there. Do you mean welcom?"
    )


CONTROLLERS = """\
from palier.controller import Controller, action


class Show(Controller):
    @action
    def go(self) -> None: ...

    @action
    def compare(self, one, other) -> None: ...

    def hidden(self) -> None: ...
"""


def test_a_screen_is_compared_with_its_controller(game: Path) -> None:
    (game / "controllers.py").write_text(CONTROLLERS)
    inside = '<button on-click="go">a</button>\n<button on-click="og">b</button>'
    path = screen(game, "plain", f'<screen controller="game.Show">{inside}</screen>')

    code, out, _ = run("check", path)

    assert code == 1
    assert out[0].startswith(
        f'{path}:2:19: the button with on-click="og": Show has no such method.'
    )
    path.write_text(path.read_text().replace('"og"', '"compare"'))
    assert "Show.compare needs 2 arguments" in run("check", path)[1][0]
    path.write_text(path.read_text().replace('"compare"', '"next"'))
    code, out, err = run("check", path)
    assert "no widget names the action compare of Show" in out[0]
    assert code == 1
    assert err[-1] == f"{path}: with its controller game.Show."


def test_a_controller_that_is_not_here_is_said_to_be_missing(game: Path) -> None:
    path = screen(game, "plain", '<screen controller="other.Show"><timer/></screen>')

    code, out, err = run("check", path)

    assert (code, out) == (0, ["1 screen: no mistake."])
    assert err[-1] == f"{path}: without its controller other.Show, which is not here."


def test_a_folder_of_programs_or_of_files_is_checked_as_well(game: Path, tmp_path: Path) -> None:
    (tmp_path / "loose").mkdir()
    (tmp_path / "loose" / "one.xml").write_text(f"<screen>{NEXT}</screen>")

    assert run("check", game.parent)[:2] == (0, ["1 screen: no mistake."])
    code, out, err = run("check", game.parent, tmp_path / "loose")
    assert (code, out) == (0, ["2 screens: no mistake."])
    assert err[-1].endswith("one.xml: without form and data, for it is in no program.")


def test_the_screens_of_the_ready_programs_have_no_mistake() -> None:
    found = Checked()
    for folder in sorted((ROOT / "programs").glob("*/screens")):
        found.add(Group(files(folder), folder.parent, all=True))

    assert found.mistakes == []
    assert not found.broken


def test_a_path_without_screens_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There are no screens in"):
        run("check", tmp_path)
    with pytest.raises(CommandError, match="There is no"):
        run("check", tmp_path / "nowhere")

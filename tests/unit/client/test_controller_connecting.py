"""Controllers are connected to their screens by name, and what does not fit is said at once."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from pydantic import JsonValue

from palier.client.controllers import InFolders, Installed, NoControllers, OneOf
from palier.controller import Controller, ControllerError, action, connect, unused
from palier.schemas.screens.screen import ScreenSpec
from palier.schemas.screens.widgets import Actions, Button, Number


def screen(*clicks: str, change: str | None = None) -> ScreenSpec:
    buttons = tuple(Button(text=one, on_click=one) for one in clicks)
    number = Number(bind="answer.amount", on_change=change)
    body = (number, Actions(children=buttons)) if buttons else (number,)
    return ScreenSpec(name="decision", controller="game.Decision", body=body)


class Decision(Controller):
    """What the tests connect."""

    @action
    def compute(self) -> None:
        self.local["sum"] = 1

    @action
    def follow(self, value: JsonValue) -> None:
        self.local["last"] = value

    @action
    async def wait(self) -> None:
        await self.surface.sleep(1)

    def plain(self) -> None:
        """Do nothing that a screen could name."""


def problem(spec: ScreenSpec, controller: type[Controller] | None = Decision) -> str:
    with pytest.raises(ControllerError) as caught:
        connect(spec, controller)
    return str(caught.value)


def test_actions_are_connected_by_their_names() -> None:
    found = connect(screen("compute", "wait", "submit", change="follow"), Decision)
    assert set(found) == {"compute", "wait", "follow"}
    assert found["follow"].takes_value
    assert not found["compute"].takes_value


def test_a_missing_method_is_named_with_the_one_that_is_meant() -> None:
    assert problem(screen("compte")).startswith(
        'Screen decision: the button with on-click="compte": Decision has no such method. '
        "Do you mean compute?"
    )


def test_a_method_without_the_mark_is_no_action() -> None:
    assert "Decision.plain is no action: write @action above it." in problem(screen("plain"))


def test_a_click_gives_no_value_and_a_change_gives_one() -> None:
    assert "needs 1 argument, and on-click gives none" in problem(screen("follow"))
    assert not connect(screen("submit", change="compute"), Decision)["compute"].takes_value


def test_a_method_that_needs_two_values_fits_nothing() -> None:
    class Greedy(Controller):
        @action
        def take(self, one: JsonValue, two: JsonValue) -> None:
            self.local["both"] = [one, two]

    assert "needs 2 arguments, and on-change gives the new value" in problem(
        screen("submit", change="take"), Greedy
    )


def test_everything_that_does_not_fit_is_said_together() -> None:
    with pytest.raises(ControllerError) as caught:
        connect(screen("compte", "plain"), Decision)
    assert len(caught.value.problems) == 2


def test_where_a_widget_stands_is_said_where_it_is_known() -> None:
    with pytest.raises(ControllerError, match=r"^decision\.xml:2:3: the button"):
        connect(
            screen("plain"),
            Decision,
            where=lambda use: f"decision.xml:{use.number}:{use.number + 1}",
        )


def test_a_screen_without_controller_names_the_built_in_actions_only() -> None:
    assert connect(screen("submit", "help"), None) == {}
    said = problem(screen("sumbit"), None)
    assert "names no controller" in said
    assert "Do you mean submit?" in said


def test_an_action_that_no_widget_names_is_said_but_not_one_of_a_base_class() -> None:
    class More(Decision):
        @action
        def extra(self) -> None:
            self.local["extra"] = 1

        @action
        def submit(self) -> None:
            self.local["mine"] = 1

    extra, submit = sorted(unused(screen("compute"), More))
    assert "no widget names the action extra of More" in extra
    assert "built in" in submit


# -- where they come from -----------------------------------------------------------------------


FILE = """
from __future__ import annotations
from dataclasses import dataclass
from palier.controller import Controller, action

@dataclass
class Deal:
    price: float

class Decision(Controller):
    kind = {kind!r}

    @action
    def compute(self) -> None:
        self.local["deal"] = Deal(1.0).price

class Helper:
    pass
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "game").mkdir()
    (tmp_path / "game" / "controllers.py").write_text(FILE.format(kind="first"))
    return tmp_path


def test_a_program_s_folder_has_its_controllers(folder: Path, tmp_path: Path) -> None:
    found = InFolders(tmp_path / "elsewhere", folder).find("game.Decision")
    assert found is not None
    assert list(found.actions()) == ["compute"]
    assert InFolders(folder).find("other.Decision") is None


def test_a_file_that_was_saved_again_is_loaded_again(folder: Path) -> None:
    sources = InFolders(folder)
    first = sources.find("game.Decision")
    assert sources.find("game.Decision") is first
    path = folder / "game" / "controllers.py"
    before = path.stat().st_mtime_ns
    path.write_text(FILE.format(kind="second"))
    while path.stat().st_mtime_ns == before:  # a coarse clock of a file system
        path.touch()
    assert vars(sources.find("game.Decision"))["kind"] == "second"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("game.Missing", FILE.format(kind="one"), "has no class Missing"),
        ("game.Helper", FILE.format(kind="one"), "is no controller"),
        ("game.Decision", "class Decision(:", "controllers.py:1"),
        ("game.Decision", "import no_such_module", "ModuleNotFoundError"),
    ],
)
def test_a_controller_that_cannot_be_loaded_says_why(
    folder: Path, name: str, text: str, said: str
) -> None:
    (folder / "game" / "controllers.py").write_text(text)
    with pytest.raises(ControllerError, match=said):
        InFolders(folder).find(name)


def test_an_installed_package_announces_its_controllers() -> None:
    points = (
        EntryPoint(name="game.Decision", value="palier.controller:Controller", group="any"),
        EntryPoint(name="game.Wrong", value="palier.controller:action", group="any"),
        EntryPoint(name="game.Gone", value="no_such_module:Thing", group="any"),
    )
    installed = Installed(points)
    assert installed.find("game.Decision") is Controller
    assert installed.find("game.Other") is None
    with pytest.raises(ControllerError, match="is no controller"):
        installed.find("game.Wrong")
    with pytest.raises(ControllerError, match="no_such_module"):
        installed.find("game.Gone")


def test_the_first_source_that_has_a_controller_is_taken(folder: Path) -> None:
    sources = OneOf(NoControllers(), InFolders(folder))
    assert sources.find("game.Decision") is not None
    assert sources.find("other.Decision") is None

"""A screen is previewed from its file alone; what has to be mended is said beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from time import monotonic

import pytest

from palier.client.controllers import InFolders, NoControllers
from palier.client.screens.desk import Desk
from palier.client.screens.kit import Kit
from palier.client.screens.preview import PreviewErrands, Source, read, watching
from palier.client.screens.window import context
from palier.client.view import Asking, View
from palier.schemas.forms import FormSpec, IntegerField
from palier.schemas.screens.errors import BadScreen

SCREEN = """
<screen name="decision">
  <data name="tokens" type="number" sample="20"/>
  <heading>You have {tokens} tokens</heading>
  <number bind="answer.amount" label="How many?" min="0" max="{tokens}" decimals="0"/>
  <textfield bind="answer.why" required="false"/>
  <button on-click="submit">Go</button>
</screen>
"""

CONTROLLED = SCREEN.replace(
    'name="decision"', 'name="decision" controller="game.Decision"'
).replace("</screen>", '<button on-click="look">Look</button></screen>')

CONTROLLERS = """
from palier.controller import Controller, action

class Decision(Controller):
    @action
    def look(self):
        self.answer["amount"] = {value}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "game" / "screens" / "decision.xml"
    path.parent.mkdir(parents=True)
    path.write_text(SCREEN)
    return path


def stage_of(view: View) -> Asking:
    assert isinstance(view.screen, Asking)
    return view.screen


def test_samples_stand_for_data_and_the_widgets_for_a_form(file: Path) -> None:
    found = read(Source(file=file, controllers=NoControllers()))
    assert found.problem == ""
    stage = stage_of(found.view).stage
    assert stage.data == {"tokens": 20}
    assert stage.form is not None
    assert [(one.name, one.title, one.required) for one in stage.form.fields] == [
        ("amount", "How many?", True),
        ("why", "Why", False),
    ]


def test_data_of_a_file_come_before_samples(file: Path, tmp_path: Path) -> None:
    data = tmp_path / "sample.json"
    data.write_text('{"tokens": 7}')
    source = Source(file=file, data=data, controllers=NoControllers())
    assert stage_of(read(source).view).stage.data == {"tokens": 7}
    data.write_text("[1, 2")
    assert "sample.json" in read(source).problem
    data.write_text("[1, 2]")
    assert "write one JSON object" in read(source).problem


def test_what_does_not_fit_the_form_is_said_and_shown_all_the_same(file: Path) -> None:
    form = FormSpec(fields=(IntegerField(name="amount", title="Amount"),))
    found = read(Source(file=file, form=lambda _: form, controllers=NoControllers()))
    assert found.view.shown.spec is not None
    assert "decision.xml:6:" in found.problem
    assert "why" in found.problem
    assert found.view.shown.problem == found.problem


def test_what_does_not_fit_the_controller_is_said_with_its_place(file: Path) -> None:
    file.write_text(CONTROLLED)
    source = Source(file=file, controllers=InFolders(file.parent.parent.parent))
    assert "no controller game.Decision" in read(source).problem
    controllers = file.parent.parent / "controllers.py"
    controllers.write_text(CONTROLLERS.replace("def look", "def lock").format(value=1))
    problem = read(source).problem
    assert "decision.xml:8:1:" in problem
    assert "Do you mean lock?" in problem
    controllers.write_text("nonsense here")
    assert "controllers.py:1" in read(source).problem


def test_a_file_with_mistakes_is_no_screen(file: Path) -> None:
    file.write_text("<screen><buton/></screen>")
    with pytest.raises(BadScreen):
        read(Source(file=file, controllers=NoControllers()))


# -- as it is shown -----------------------------------------------------------------------------


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="en") as made:
        yield made


def next_view(inbox: SimpleQueue[View], *, problem: bool) -> View:
    """Return the next view that says, or does not say, that something has to be mended."""
    deadline = monotonic() + 10
    while monotonic() < deadline:
        view = inbox.get(timeout=10)
        if bool(view.shown.problem) is problem:
            return view
    raise AssertionError("no such view came")


def test_what_is_saved_is_shown_and_a_mistake_leaves_what_was(file: Path) -> None:
    source = Source(file=file, controllers=NoControllers())
    inbox: SimpleQueue[View] = SimpleQueue()
    since = source.stamp()
    errands = PreviewErrands(inbox=inbox, view=read(source).view)
    before = errands.view.shown.spec
    with watching(source, errands, since=since):
        file.write_text(SCREEN.replace("<heading>", "<headin>"))
        wrong = next_view(inbox, problem=True)
        assert "decision.xml:4:" in wrong.shown.problem
        assert wrong.shown.spec == before, "what was right is shown"
        file.write_text(SCREEN.replace("You have", "There are"))
        view = next_view(inbox, problem=False)
    assert view.shown.spec is not None
    assert "There are" in view.shown.spec.canonical().decode()


def test_a_controller_that_is_saved_begins_anew_with_what_was_typed(file: Path) -> None:
    file.write_text(CONTROLLED)
    code = file.parent.parent / "controllers.py"
    code.write_text(CONTROLLERS.format(value=1))
    source = Source(file=file, controllers=InFolders(file.parent.parent.parent), beside=(code,))
    inbox: SimpleQueue[View] = SimpleQueue()
    errands = PreviewErrands(inbox=inbox, view=read(source).view)
    since = source.stamp()
    errands.draft(stage_of(errands.view).stage, {"amount": "5"})
    with watching(source, errands, since=since):
        code.write_text(CONTROLLERS.format(value=22))
        view = next_view(inbox, problem=False)
    assert stage_of(view).stage.generation == 2
    assert view.draft == {"amount": "5"}


def test_what_would_be_handed_in_is_told_and_can_be_changed_again(kit: Kit, file: Path) -> None:
    source = Source(file=file, controllers=NoControllers())
    inbox: SimpleQueue[View] = SimpleQueue()
    errands = PreviewErrands(inbox=inbox, view=read(source).view)
    told: list[str] = []
    errands.told = lambda answer: told.append(json.dumps(answer))
    desk = Desk(kit, title="Palier", errands=errands)
    desk.show(errands.view)
    stage = stage_of(errands.view).stage
    errands.submit(stage, {"amount": 3, "why": None})
    assert told == ['{"amount": 3, "why": null}']
    assert desk.take(inbox.get_nowait()), "the page is brought up to date"
    desk.close()


def test_what_is_posted_comes_back(file: Path) -> None:
    inbox: SimpleQueue[View] = SimpleQueue()
    errands = PreviewErrands(
        inbox=inbox, view=read(Source(file=file, controllers=NoControllers())).view
    )
    stage = stage_of(errands.view).stage
    assert errands.post(stage, "talk", "Hello").result() == 1
    (post,) = inbox.get_nowait().shown.posts
    assert (post.stream, post.value) == ("talk", "Hello")

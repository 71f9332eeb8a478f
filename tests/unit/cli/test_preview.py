"""`palier screen preview`, as far as it needs no window."""

from __future__ import annotations

from pathlib import Path

import pytest

from palier.cli.errors import CommandError
from palier.cli.preview import _Forms, _size, preview
from palier.schemas.screens.screen import ScreenSpec
from palier.schemas.screens.widgets import Button

PROGRAM = """
from palier.program import Field, Form, Program, Session

class Offer(Form):
    price: float = Field(ge=0)

class Market(Program):
    async def run(self, session: Session) -> None:
        await session.stage("offer", form=Offer)
        await session.stage("results", screen="offer-results")
"""


def screen(name: str) -> ScreenSpec:
    return ScreenSpec(name=name, body=(Button(text="Go", on_click="submit"),))


def test_the_form_is_the_one_of_the_stage_that_the_screen_is_for(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    forms = _Forms(None, tmp_path)
    found = forms(screen("offer"))
    assert found is not None
    assert [one.name for one in found.fields] == ["price"]
    assert forms(screen("offer-results")) is None
    assert _Forms(None, tmp_path / "elsewhere")(screen("offer")) is None


def test_a_form_can_be_named() -> None:
    named = _Forms("palier.schemas.forms:Form", Path())(screen("offer"))
    assert named is not None
    assert named.fields == ()


@pytest.mark.parametrize("named", ["nowhere:Form", "palier.schemas.forms:Missing", "json:dumps"])
def test_a_form_that_is_none_is_refused(named: str) -> None:
    with pytest.raises(CommandError, match="--form"):
        _Forms(named, Path())


def test_a_size_is_written_with_an_x() -> None:
    assert _size("1024x640") == (1024, 640)
    with pytest.raises(CommandError, match="1280x800"):
        _size("large")


def test_without_a_display_it_says_how_a_picture_can_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    file = tmp_path / "offer.xml"
    file.write_text('<screen><button on-click="submit">Go</button></screen>')
    with pytest.raises(CommandError, match="xvfb-run"):
        preview(file)

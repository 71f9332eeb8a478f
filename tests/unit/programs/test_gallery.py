"""The gallery shows every widget there is, on screens that can be copied from."""

from __future__ import annotations

from pathlib import Path

import pytest

from palier.schemas.forms import describe
from palier.schemas.screens.folder import read_folder
from palier.schemas.screens.widgets import CATALOGUE, walk
from palier.workers.runtime.catalogue import Catalogue
from tests.unit.programs.courses import course

PROGRAMS = Path(__file__).parents[3] / "programs"
GALLERY = read_folder(PROGRAMS / "gallery" / "screens")

#: What can stand by itself; the rest stands within these.
WIDGETS = sorted(set(CATALOGUE) - {"tab", "option", "column", "series"})


@pytest.mark.parametrize("tag", WIDGETS)
def test_every_widget_is_in_the_gallery_and_named(tag: str) -> None:
    named = {
        getattr(one, "id", None)
        for screen in GALLERY.screens.values()
        for one, _ in walk(screen.spec.body)
        if getattr(one, "tag", "") == tag
    }
    assert tag in named


def test_every_stage_has_a_screen_and_every_screen_a_stage() -> None:
    shown = [one.name for one in course(Catalogue([PROGRAMS]).program("gallery"))]
    assert sorted(shown) == sorted(GALLERY.screens)


@pytest.mark.parametrize("stage", sorted(GALLERY.screens))
def test_each_screen_fits_its_stage(stage: str) -> None:
    (asked,) = (
        one for one in course(Catalogue([PROGRAMS]).program("gallery")) if one.name == stage
    )
    form = describe(asked.form) if asked.form else None
    assert GALLERY.screens[stage].check(form, dict(asked.public)) == ()

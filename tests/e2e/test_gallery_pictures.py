"""Every widget looks as docs/screens.md shows it: drawn anew, and compared with some tolerance."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from palier.schemas.screens.folder import read_folder
from tools.screens_page import GALLERY, PICTURES
from tools.screens_pictures import cut

pytestmark = [pytest.mark.gui, pytest.mark.timeout(90)]

#: How far a picture may be from the one in the docs, of 255 on average: other versions of the
#: software that draws them smooth edges otherwise.
FAR = 4.0


def drawn(stage: str, display: str, folder: Path) -> None:
    """Draw a screen of the gallery, and cut its widgets out."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.screens_pictures", str(folder), stage],
        env={**os.environ, "DISPLAY": display},
        check=True,
        capture_output=True,
        text=True,
    )
    cut(folder / f"{stage}.png", json.loads(done.stdout), folder)


def difference(one: Path, other: Path) -> float:
    """Return how far two pictures are from each other on average, 255 if they differ in size."""
    with Image.open(one) as ours, Image.open(other) as theirs:
        # a font that is drawn a little wider moves an edge by a pixel
        near = all(abs(a - b) <= 3 for a, b in zip(ours.size, theirs.size, strict=True))
        if not near:
            return 255.0
        size = min(ours.width, theirs.width), min(ours.height, theirs.height)
        boxes = [one.convert("RGB").crop((0, 0, *size)) for one in (ours, theirs)]
        means = ImageStat.Stat(ImageChops.difference(*boxes)).mean
    return float(sum(means) / len(means))


@pytest.mark.parametrize(
    "stage",
    [
        "reading",
        *(
            pytest.param(one, marks=pytest.mark.slow)
            for one in sorted(read_folder(GALLERY).screens)
            if one != "reading"
        ),
    ],
)
def test_the_widgets_look_as_the_docs_show_them(stage: str, display: str, tmp_path: Path) -> None:
    drawn(stage, display, tmp_path)
    far = {
        one.name: difference(one, PICTURES / one.name)
        for one in tmp_path.glob("*.png")
        if one.stem != stage
    }
    assert far
    assert {name: it for name, it in far.items() if it > FAR} == {}, "tools/screens_page.py"


def test_another_picture_is_another_picture() -> None:
    assert difference(PICTURES / "card.png", PICTURES / "card.png") == 0
    assert difference(PICTURES / "card.png", PICTURES / "stack.png") > FAR

"""Renew docs/images: ``python tools/make_pictures.py`` with a display, such as ``xvfb-run``.

The windows photograph themselves; here they lose half their weight.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

IMAGES = Path(__file__).parents[1] / "docs" / "images"
NAMES = (
    "desk-lobby",
    "desk-form",
    "desk-form-dark",
    "desk-form-errors",
    "desk-waiting",
    "desk-waiting-french",
    "desk-results",
    "desk-survey",
    "desk-reconnecting",
    "desk-end",
    "desk-countdown",
    "desk-paused",
    "desk-answered-for",
    "desk-excluded",
    "overview",
    "overview-question",
    "overview-stopped",
)


def main() -> int:
    """Take the pictures, and store them without their useless transparency."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "palier.client.screens.shots", folder, *NAMES]
        subprocess.run(command, check=True)  # noqa: S603 - our own module
        for taken in sorted(Path(folder).glob("*.png")):
            target = IMAGES / taken.name
            Image.open(taken).convert("RGB").save(target, optimize=True)
            sys.stdout.write(f"{target.name}: {target.stat().st_size / 1000:.0f} kB\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

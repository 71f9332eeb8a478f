"""Every page in a real window, small and large, from 100 to 200 %: nothing is cut."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.gui

SCRIPT = Path(__file__).with_name("measure_process.py")
SMALL, LARGE = (1024, 640), (2560, 990)  # the display of the tests is 1000 pixels high

LIMIT = 50.0


def measure(display: str, scale: float, size: tuple[int, int], language: str) -> list[str]:
    """Return what is cut of the samples: what stands out of its panel or cell."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(scale), *map(str, size), language],
        env={**os.environ, "DISPLAY": display},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=True,
    )
    told = json.loads(done.stdout)
    assert tuple(told["size"]) == size
    found: list[str] = told["cut"]
    return found


@pytest.mark.parametrize(("scale", "language"), [(1.5, "fr"), (2.0, "en")])
def test_nothing_is_cut_in_a_small_window(display: str, scale: float, language: str) -> None:
    assert measure(display, scale, SMALL, language) == []


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 2.0])
def test_nothing_is_cut_at_any_scale(
    display: str, scale: float, size: tuple[int, int], language: str
) -> None:
    assert measure(display, scale, size, language) == []

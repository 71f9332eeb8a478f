"""Environments that have one part of Palier and what it needs, as on the computers it is for."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

OURS = ("palier", "palier-broker", "palier-client", "palier-schemas", "palier-workers")


def environment(package: str, folder: Path, *, extra: str = "") -> Path:
    """Build what a computer that only has this part gets; return its Python."""
    uv = shutil.which(os.environ.get("UV", "uv"))
    if uv is None:
        pytest.skip("uv is not on the PATH: use ./run test")
    # what was built from these folders earlier is kept, and is not what is in them now
    anew = [word for one in OURS for word in ("--refresh-package", one)]
    settings = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    subprocess.run(
        [
            uv,
            "sync",
            "--frozen",
            "--quiet",
            "--no-dev",
            "--no-editable",
            *anew,
            "--package",
            package,
            *(["--extra", extra] if extra else []),
        ],
        cwd=ROOT,
        env={**settings, "UV_PROJECT_ENVIRONMENT": str(folder)},
        check=True,
    )
    return folder / "bin" / "python"

"""What is installed where: a client's computer has no database, a worker's no windows.

The environments are really built, as on a participant's computer or in a worker's image, and every
module of the part is imported there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: What pydantic brings along.
PYDANTIC = {
    "annotated-types",
    "pydantic",
    "pydantic-core",
    "typing-extensions",
    "typing-inspection",
}

IMPORT_ALL = """
import importlib, pkgutil
import {package}
for one in pkgutil.walk_packages({package}.__path__, "{package}."):
    if not one.name.endswith("__main__") and ".migrations." not in one.name:
        importlib.import_module(one.name)
"""

INSTALLED = """
from importlib.metadata import distributions
print(*sorted(one.name.lower().replace("_", "-") for one in distributions()))
"""


def environment(package: str, folder: Path) -> Path:
    """Build what a computer that only has this part gets; return its Python."""
    uv = shutil.which(os.environ.get("UV", "uv"))
    if uv is None:
        pytest.skip("uv is not on the PATH: use ./run test")
    settings = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    subprocess.run(
        [uv, "sync", "--frozen", "--quiet", "--no-dev", "--no-editable", "--package", package],
        cwd=ROOT,
        env={**settings, "UV_PROJECT_ENVIRONMENT": str(folder)},
        check=True,
    )
    return folder / "bin" / "python"


def run(python: Path, code: str) -> str:
    # from a folder without our sources, so that only what is installed can be found
    done = subprocess.run(
        [python, "-I", "-c", code], cwd=python.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_client_environment_has_no_sqlalchemy(tmp_path: Path) -> None:
    python = environment("palier-client", tmp_path / "client")

    installed = set(run(python, INSTALLED).split())

    ours = {"palier-client", "palier-broker", "palier-schemas"}
    assert installed == ours | PYDANTIC | {"pika", "dearpygui", "platformdirs"}
    run(python, IMPORT_ALL.format(package="palier.client"))


def test_a_worker_environment_has_no_dear_pygui(tmp_path: Path) -> None:
    python = environment("palier-workers", tmp_path / "workers")

    installed = set(run(python, INSTALLED).split())

    assert installed >= {"palier-workers", "palier-broker", "palier-schemas", "sqlalchemy", "pika"}
    assert not installed & {"dearpygui", "palier-client", "palier", "typer", "rich"}
    run(python, IMPORT_ALL.format(package="palier.workers"))
    run(python, IMPORT_ALL.format(package="palier.program"))

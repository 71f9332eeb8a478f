"""What is installed where: a client's computer has no database, a worker's no windows.

The environments are really built, as on a participant's computer or in a worker's image, and every
module of the part is imported there.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.environments import environment

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
    # what an extra brings is imported where it is asked for
    if not one.name.endswith(("__main__", ".parquet_file")) and ".migrations." not in one.name:
        importlib.import_module(one.name)
"""

INSTALLED = """
from importlib.metadata import distributions
print(*sorted(one.name.lower().replace("_", "-") for one in distributions()))
"""


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


def test_a_client_environment_has_the_command_of_a_desk(tmp_path: Path) -> None:
    python = environment("palier-client", tmp_path / "client")

    done = subprocess.run(
        [python.with_name("palier-client"), "--server", "amqp://host", "--join", "7KQ2-M9XD"],
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("palier-client: No window can be opened here")

"""The tutorial uses nothing that its computer has not been given."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")


def test_what_it_imports_and_runs_is_palier_python_or_of_its_group() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    given = {re.split(r"[^a-z]", one)[0] for one in groups["tutorial"]}
    used = set(re.findall(r"^python -m (\w+)", TUTORIAL, re.MULTILINE))
    for text in re.findall(r"^```python \S+\n(.*?)^```$", TUTORIAL, re.MULTILINE | re.DOTALL):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                used |= {one.name.partition(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom):
                used.add((node.module or "").partition(".")[0])

    assert used - sys.stdlib_module_names - {"palier"} == given
    assert "./run tutorial" in TUTORIAL


def test_a_later_use_does_not_take_it_away() -> None:
    script = (ROOT / "run").read_text()
    assert script.count("synced tutorial --no-dev --group tutorial") == 2

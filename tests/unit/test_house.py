"""The house is in order: what stands in two places agrees, what is promised is there."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from palier.schemas.message import Event
from palier.schemas.registry import KINDS
from palier.schemas.screens.folder import read_file
from palier.workers.__main__ import Settings as WorkerSettings
from tools import messages_page, screens_page

ROOT = Path(__file__).parents[2]
PARTS = ("schemas", "broker", "workers", "client", "cli")
PAGES = sorted(
    one for where in ("", "docs/**/", "programs/*/") for one in ROOT.glob(f"{where}*.md")
)
SOURCES = tuple(sorted(one for part in PARTS for one in (ROOT / part / "palier").rglob("*.py")))

#: Folders and files that say nothing of what is in them.
VAGUE = {"base", "common", "core", "helpers", "manager", "misc", "tools", "util", "utils"}


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text())


def name_of(path: Path) -> str:
    """Return a module's dotted name, for `importlib` and for test ids."""
    parts = path.relative_to(ROOT).with_suffix("").parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


# -- distributions ------------------------------------------------------------------------------


def test_all_versions_agree() -> None:
    versions = {part: read(ROOT / part / "pyproject.toml")["project"]["version"] for part in PARTS}
    versions["workspace"] = read(ROOT / "pyproject.toml")["project"]["version"]
    newest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    versions["CHANGELOG.md"] = newest[1]

    assert set(versions.values()) == {newest[1]}, versions


def test_the_lock_file_points_to_pypi_and_nowhere_else() -> None:
    addresses = set(re.findall(r'https?://[^/"]+', (ROOT / "uv.lock").read_text()))

    assert addresses <= {"https://pypi.org", "https://files.pythonhosted.org"}


def test_the_namespace_has_no_init() -> None:
    assert [part for part in PARTS if (ROOT / part / "palier" / "__init__.py").exists()] == []


def test_every_package_is_under_the_contracts_of_imports() -> None:
    settings = read(ROOT / "pyproject.toml")["tool"]["importlinter"]
    packages = {
        f"palier.{one.name}"
        for part in PARTS
        for one in (ROOT / part / "palier").iterdir()
        if (one / "__init__.py").exists()
    }

    assert set(settings["root_packages"]) == packages


# -- modules ------------------------------------------------------------------------------------


def test_every_module_says_in_one_sentence_what_it_is() -> None:
    said = {
        relative(one): (ast.get_docstring(ast.parse(one.read_text())) or "").partition("\n")[0]
        for one in SOURCES
    }

    assert [path for path, line in said.items() if not line.endswith((".", ":"))] == []


@pytest.mark.parametrize(
    "path", [one for one in SOURCES if "__all__ =" in one.read_text()], ids=name_of
)
def test_a_module_exports_what_it_says(path: Path) -> None:
    module = importlib.import_module(name_of(path))

    # their order is the linter's: constants, classes, functions
    assert len(set(module.__all__)) == len(module.__all__)
    assert [one for one in module.__all__ if not hasattr(module, one)] == []


def test_files_are_named_after_what_is_in_them() -> None:
    assert [relative(one) for one in SOURCES if one.stem in VAGUE or one.parent.name in VAGUE] == []


def test_no_class_is_a_manager_or_the_broker() -> None:
    named = [
        node.name
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    ]

    assert [one for one in named if re.search(r"(Manager|Broker|Helper|Utils?)$", one)] == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("*/palier/*/errors.py")), ids=name_of)
def test_the_tree_of_errors_shows_every_error(path: Path) -> None:
    tree = ast.parse(path.read_text())
    drawn = ast.get_docstring(tree) or ""

    classes = [one.name for one in tree.body if isinstance(one, ast.ClassDef)]
    if len(classes) == 1:
        return  # no tree, a shoot
    assert [one for one in classes if one not in drawn] == []


# -- documents ----------------------------------------------------------------------------------


def test_the_page_of_messages_is_up_to_date() -> None:
    same = messages_page.PAGE.read_text() == messages_page.page()

    assert same, "a message has changed: python tools/messages_page.py"


def test_the_page_of_screens_says_what_the_widgets_are() -> None:
    same = screens_page.PAGE.read_text() == screens_page.written()
    # the page is long: no comparison to print
    assert same, "a widget or the gallery has changed: python tools/screens_page.py"


@pytest.mark.parametrize("tag", screens_page.tags())
def test_every_widget_has_a_picture(tag: str) -> None:
    assert (screens_page.PICTURES / f"{tag}.png").is_file(), "tools/screens_page.py --pictures"


def test_the_screens_that_the_docs_show_can_be_read(tmp_path: Path) -> None:
    blocks = re.findall(r"```xml\n(<screen.*?)```", screens_page.PAGE.read_text(), re.DOTALL)
    assert len(blocks) >= 2
    for number, block in enumerate(blocks):
        path = tmp_path / f"block{number}.xml"
        path.write_text(block)
        assert read_file(path).spec.title


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_on_the_page_of_messages(kind: str) -> None:
    assert f"### `{kind}`" in messages_page.PAGE.read_text()


def test_every_event_says_where_it_goes() -> None:
    events = {one for one in KINDS.values() if issubclass(one, Event)}

    assert set(messages_page.TOLD) == events


def test_every_setting_is_on_the_page_of_settings() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    used = {name for one in SOURCES for name in re.findall(r"PALIER_[A-Z_]*[A-Z]", one.read_text())}
    worker = {f"PALIER_{one.upper()}" for one in WorkerSettings.model_fields}

    assert [one for one in sorted(used | worker) if f"`{one}`" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    local = [one for one in links if not one.startswith(("http://", "https://"))]

    assert [one for one in local if not (page.parent / one).exists()] == []


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/adr/*.md")), ids=relative)
def test_a_decision_has_date_status_context_decision_consequences(page: Path) -> None:
    text = page.read_text()

    number, _, _ = page.name.partition("-")
    assert text.startswith(f"# {number}. ")
    assert re.search(r"^- Date: \d{4}-\d\d-\d\d$", text, re.MULTILINE)
    assert re.search(r"^- Status: (accepted|replaced by \d{4})$", text, re.MULTILINE)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_every_test_that_the_architecture_names_is_there() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text()
    tests = "\n".join(one.read_text() for one in ROOT.glob("tests/**/*.py"))

    named = set(re.findall(r"`(test_\w+)`", page))
    assert named
    assert [one for one in sorted(named) if f"def {one}(" not in tests] == []


def test_every_contract_that_the_architecture_names_is_there() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text()
    settings = read(ROOT / "pyproject.toml")["tool"]["importlinter"]
    contracts = {one["id"] for one in settings["contracts"]}

    named = {
        one
        for line in re.findall(r"\*contracts? ([^*]+)\*", page)
        for one in re.findall(r"`([a-z-]+)`", line)
    }
    assert named
    assert named <= contracts


def test_every_file_that_the_architecture_names_is_there() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text()
    rows = re.findall(r"^\| `([\w/]+)` \|.*\| (.+) \|$", page, re.MULTILINE)

    assert rows
    missing = [
        f"{folder}/{one}"
        for folder, files in rows
        for one in re.findall(r"`([\w/]+\.py)`", files)
        if not (ROOT / folder / one).is_file()
    ]
    assert missing == []
    assert [folder for folder, _ in rows if not (ROOT / folder).is_dir()] == []


def words_of_the_glossary() -> Iterator[str]:
    for line in (ROOT / "docs" / "glossary.md").read_text().splitlines():
        if line.startswith("| ") and not line.startswith("| word"):
            yield from (one.strip() for one in line.split("|")[1].split(","))


def test_every_word_of_the_glossary_is_used() -> None:
    used = "\n".join(one.read_text() for one in SOURCES).lower().replace("_", " ")

    missing = [one for one in words_of_the_glossary() if not re.search(rf"\b{one}", used)]
    assert missing == []


def test_no_word_of_the_glossary_is_said_twice() -> None:
    words = list(words_of_the_glossary())

    assert sorted(set(words)) == sorted(words)


# -- scripts and containers ---------------------------------------------------------------------


@pytest.mark.parametrize("command", ["sh -n run", "bash -n .ci/run"])
def test_a_script_can_be_read_by_its_shell(command: str) -> None:
    subprocess.run(command.split(), cwd=ROOT, check=True)


def test_every_verb_of_run_is_in_its_help() -> None:
    script = (ROOT / "run").read_text()
    _, _, cases = script.partition("case $verb in")
    verbs = set(re.findall(r"^  ([a-z-]+)(?: \||\))", cases, re.MULTILINE))

    assert verbs == set(re.findall(r"^\./run ([a-z-]+) ", script, re.MULTILINE))


def test_every_secret_of_the_stack_is_in_the_example() -> None:
    wanted = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    example = re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert {name for name, _ in example} == wanted
    assert [name for name, value in example if "PASSWORD" in name and value] == []


def test_the_stack_is_published_on_loopback_only() -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    published = re.findall(r"ports:\n((?:\s+- .+\n)+)", compose)

    lines = [one.strip() for block in published for one in block.strip().splitlines()]
    assert lines
    assert [one for one in lines if not one.startswith("- 127.0.0.1:")] == []

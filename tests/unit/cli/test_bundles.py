"""`palier bundle`: a key, a signature, and what is wrong with either."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.e2e.palier_command import palier_here


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "author.key"
    assert palier_here("bundle", "key", path).code == 0
    return path


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "public_goods"
    folder.mkdir()
    (folder / "program.py").write_text("")
    (folder / "controllers.py").write_text("from .words import WORD\n")
    (folder / "words.py").write_text("WORD = 1\n")
    return folder


def fingerprint(text: str) -> str:
    found = re.search(r"(?:[0-9a-f]{4}-){9}[0-9a-f]{4}", text)
    assert found
    return found.group()


def test_a_key_is_for_its_owner_alone_and_never_written_over(key: Path) -> None:
    assert key.stat().st_mode & 0o077 == 0
    again = palier_here("bundle", "key", key)
    assert again.code == 1
    assert "is there already" in again.sentence


def test_a_program_is_signed_without_what_runs_on_the_server(program: Path, key: Path) -> None:
    first = palier_here("bundle", "sign", program, "--key", key)
    assert first.code == 0
    signed = json.loads((program / "bundle.json").read_text())
    assert sorted(signed["files"]) == ["controllers.py", "words.py"]

    shown = palier_here("bundle", "show", program)
    assert fingerprint(shown.out) == fingerprint(first.out)
    assert "public-goods, number 1" in shown.out

    palier_here("bundle", "sign", program, "--key", key)
    assert "public-goods, number 2" in palier_here("bundle", "show", program).out


def test_a_file_that_was_changed_since_is_told(program: Path, key: Path) -> None:
    palier_here("bundle", "sign", program, "--key", key)
    (program / "words.py").write_text("WORD = 2\n")
    assert "words.py: not as it is beside it now" in palier_here("bundle", "show", program).out


def test_a_bundle_that_no_desk_would_run_is_told(program: Path, key: Path) -> None:
    palier_here("bundle", "sign", program, "--key", key)
    path = program / "bundle.json"
    signed = json.loads(path.read_text())
    path.write_text(json.dumps({**signed, "files": {**signed["files"], "more.py": ""}}))
    shown = palier_here("bundle", "show", program)
    assert shown.code == 1
    assert "not those that were signed (more.py)" in shown.sentence


@pytest.mark.parametrize("text", ["", "no key", "00"])
def test_what_is_no_key_is_told(program: Path, tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.key"
    path.write_text(text)
    assert (
        "is no key: `palier bundle key FILE`"
        in palier_here("bundle", "sign", program, "--key", path).sentence
    )


def test_a_program_without_controllers_has_nothing_to_sign(tmp_path: Path, key: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    said = palier_here("bundle", "sign", folder, "--key", key)
    assert "has no controllers.py" in said.sentence

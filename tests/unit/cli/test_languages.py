"""`palier words`: the words of the windows as files."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.palier_command import palier_here


def test_what_is_exported_is_checked_without_mistakes_and_listed(tmp_path: Path) -> None:
    file = tmp_path / "de.toml"
    palier_here("words", "export", "de", "--to", file)
    assert palier_here("words", "export", "de").out == file.read_text(encoding="utf-8")
    assert "was not written" in palier_here("words", "export", "de", "--to", file).sentence
    assert "no mistakes, none left out" in palier_here("words", "check", file).out
    told = palier_here("words", "list", PALIER_WORDS=str(tmp_path)).out
    assert f"de  {file}" in told
    assert "fr  built in" in told


def test_a_file_with_mistakes_fails_the_check(tmp_path: Path) -> None:
    file = tmp_path / "de.toml"
    file.write_text('seat = "Platz"\nyes = "Ja"\n', encoding="utf-8")
    done = palier_here("words", "check", file)
    assert done.code == 1
    assert "de.toml:1: seat leaves {seat} out" in done.sentence

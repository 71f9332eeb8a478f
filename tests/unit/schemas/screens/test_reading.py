"""A screen is read from its file: what is written means what the models say."""

from __future__ import annotations

from pathlib import Path

import pytest

from palier.schemas.screens.errors import BadScreen
from palier.schemas.screens.folder import read_file, read_folder
from palier.schemas.screens.screen import MEDIA as SCREEN
from palier.schemas.screens.screen import Datum, Local, ScreenSpec, Strings, digest
from palier.schemas.screens.widgets import (
    Actions,
    Button,
    Card,
    Column,
    Columns,
    Slider,
    Table,
    Text,
)

CONTRIBUTE = """\
<?xml version="1.0" encoding="UTF-8"?>
<screen title="Round {round}" lang="en" controller="public_goods.Decision"
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
        xsi:noNamespaceSchemaLocation="../../../docs/screen.xsd">
  <data name="round" type="number" sample="3"/>
  <data name="history" type="list" keys="round, you earned" sample='[{"round": 1}]'/>
  <local name="page" value="1"/>
  <local name="word" value="none of it"/>
  <columns weights="56 44">
    <card title="Decide">
      <text>
        You have **20** points &amp; time.

        Rules:
        - put in
          what you like
        - keep the rest
      </text>
      <slider bind="answer.amount" min="0" max="{20}" show-if="local.page == 1"/>
      <actions><button on-click="submit" kind="primary">
        Hand in
      </button></actions>
    </card>
    <table source="history" sortable="true"><column key="you earned" format=".2f"/></table>
  </columns>
  <strings lang="fr">
    <string of="Hand in">Envoyer</string>
    <string of="You have **20** points &amp; time. Rules: - put in what you like - keep the rest">
      Vous avez **20** points.

      À vous.
    </string>
  </strings>
</screen>
"""

RULES = """\
You have **20** points & time.

Rules:
- put in what you like
- keep the rest"""

PNG = b"\x89PNG\r\n\x1a\n and the picture itself"


def written(folder: Path, text: str, *, name: str = "contribute") -> Path:
    path = folder / f"{name}.xml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_means_what_it_says(tmp_path: Path) -> None:
    read = read_file(written(tmp_path, CONTRIBUTE))

    assert read.spec == ScreenSpec(
        name="contribute",
        title="Round {round}",
        lang="en",
        controller="public_goods.Decision",
        data=(
            Datum(name="round", type="number", sample=3),
            Datum(name="history", type="list", keys=("round", "you earned"), sample=[{"round": 1}]),
        ),
        locals=(Local(name="page", value=1), Local(name="word", value="none of it")),
        strings=(
            Strings(
                lang="fr",
                texts={"Hand in": "Envoyer", RULES: "Vous avez **20** points.\n\nÀ vous."},
            ),
        ),
        body=(
            Columns(
                weights=(56, 44),
                children=(
                    Card(
                        title="Decide",
                        children=(
                            Text(text=RULES),
                            Slider(
                                bind="answer.amount",
                                min=0.0,
                                max="{20}",
                                show_if="local.page == 1",
                            ),
                            Actions(
                                children=(
                                    Button(text="Hand in", on_click="submit", kind="primary"),
                                )
                            ),
                        ),
                    ),
                    Table(
                        source="history",
                        sortable=True,
                        children=(Column(key="you earned", format=".2f"),),
                    ),
                ),
            ),
        ),
    )


def test_a_folder_has_its_screens_and_all_that_they_consist_of(tmp_path: Path) -> None:
    (tmp_path / "curve.png").write_bytes(PNG)
    written(tmp_path, '<screen><image source="curve.png" alt="A curve"/></screen>', name="one")
    written(tmp_path, "<screen><text>Two</text></screen>", name="two")

    folder = read_folder(tmp_path)

    assert sorted(folder.screens) == ["one", "two"]
    one, two = folder.screens["one"].spec, folder.screens["two"].spec
    assert one.images == {"curve.png": digest(PNG)}
    assert {key: content.media for key, content in folder.contents.items()} == {
        digest(PNG): "image/png",
        one.digest: SCREEN,
        two.digest: SCREEN,
    }
    assert all(digest(content.data) == key for key, content in folder.contents.items())


def test_what_an_editor_hides_beside_a_screen_is_none(tmp_path: Path) -> None:
    written(tmp_path, "<screen><text>One</text></screen>", name="one")
    (tmp_path / ".#one.xml").write_text("somebody@somewhere")
    (tmp_path / ".one.xml").write_text("half of i")

    assert list(read_folder(tmp_path).screens) == ["one"]


def test_a_folder_that_is_not_there_is_an_empty_one(tmp_path: Path) -> None:
    folder = read_folder(tmp_path / "screens")

    assert (dict(folder.screens), dict(folder.contents)) == ({}, {})


def test_the_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    written(tmp_path, "<screen><txt>One</txt></screen>", name="one")
    written(tmp_path, '<screen><text size="big">Two</text></screen>', name="two")

    with pytest.raises(BadScreen) as caught:
        read_folder(tmp_path)

    assert [
        (Path(one.file).name, one.line, one.column, one.reason) for one in caught.value.mistakes
    ] == [
        ("one.xml", 1, 9, "There is no <txt>."),
        ("two.xml", 1, 21, "size cannot be 'big'."),
    ]

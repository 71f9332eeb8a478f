"""The shelf keeps contents for the next time, and does no harm where it cannot."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

import pytest

from palier.client.shelf import Kept, Shelf, shelf_folder
from palier.schemas.screens.screen import digest

SCREEN, DIGEST = b'{"name":"decision"}', digest(b'{"name":"decision"}')
PICTURE = b"\x89PNG and so on"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "shelf"


def put(shelf: Shelf, data: bytes = SCREEN) -> Kept:
    return shelf.put(digest(data), "application/vnd.palier.screen+json", data)


def test_what_is_put_is_found_by_another_process(folder: Path) -> None:
    kept = put(Shelf(folder))

    assert kept.path is not None
    assert kept.path.read_bytes() == SCREEN
    assert Shelf(folder).find(DIGEST) == kept


def test_what_is_not_there_is_not_found(folder: Path) -> None:
    assert Shelf(folder).find(DIGEST) is None


def test_a_damaged_file_is_removed_and_not_found(folder: Path) -> None:
    kept = put(Shelf(folder))
    assert kept.path is not None
    kept.path.write_bytes(b'{"name":"something else"}')

    assert Shelf(folder).find(DIGEST) is None
    assert not kept.path.exists()


def test_the_least_recently_used_contents_go(folder: Path) -> None:
    shelf = Shelf(folder, limit=3_000)
    contents = [bytes([65 + number]) * 1_000 for number in range(4)]
    for age, data in enumerate(contents[:3]):
        path = put(shelf, data).path
        assert path is not None
        os.utime(path, (1_000_000 + age, 1_000_000 + age))
    assert shelf.find(digest(contents[0])) is not None  # used just now

    put(shelf, contents[3])

    assert [shelf.find(digest(one)) is not None for one in contents] == [True, False, True, True]


def test_what_a_writer_left_unfinished_is_swept_away_and_what_is_being_written_stays(
    folder: Path,
) -> None:
    folder.mkdir()
    old, new = folder / "old.new", folder / "new.new"
    for one in (old, new):
        one.write_bytes(b"half of")
    os.utime(old, (1_000_000, 1_000_000))

    put(Shelf(folder))

    assert not old.exists()
    assert new.exists()


def test_a_folder_that_takes_nothing_is_told_of_once_and_pictures_go_elsewhere(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("this is a file")  # nobody can make a folder of it, root included

    with caplog.at_level(logging.WARNING), Shelf(folder) as shelf:
        assert put(shelf) == Kept(
            media="application/vnd.palier.screen+json", data=SCREEN, path=None
        )
        picture = shelf.put(digest(PICTURE), "image/png", PICTURE)
        assert picture.path is not None
        assert picture.path.read_bytes() == PICTURE
        assert shelf.find(DIGEST) is None

    assert not picture.path.exists()
    assert len(caplog.messages) == 1
    assert "PALIER_CACHE names another folder" in caplog.messages[0]


def test_a_picture_for_which_no_disk_has_room_has_no_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_text("this is a file")
    monkeypatch.setattr("tempfile.tempdir", str(folder / "nowhere"))

    with Shelf(folder) as shelf:
        assert shelf.put(digest(PICTURE), "image/png", PICTURE).path is None


def test_many_share_a_shelf_and_nobody_finds_half_a_content(folder: Path) -> None:
    contents = [bytes([number]) * 20_000 for number in range(8)]
    found: list[bool] = []

    def work() -> None:
        shelf = Shelf(folder, limit=60_000)
        for data in contents * 3:
            put(shelf, data)
            kept = shelf.find(digest(data))
            found.append(kept is None or kept.data == data)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(found) == 4 * 24
    assert all(found)
    assert not list(folder.glob("*.new"))


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PALIER_CACHE", str(tmp_path))
    assert shelf_folder() == tmp_path

    monkeypatch.delenv("PALIER_CACHE")
    assert "palier" in shelf_folder().parts

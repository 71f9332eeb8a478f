"""What is read on a screen, as a tree of items."""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import dearpygui.dearpygui as dpg
import pytest

from palier.client.screens.kit import Kit
from palier.client.screens.pictures import picture_size
from palier.client.screens.window import context
from palier.schemas.screens.widgets import Card, Figure, Heading, Image, Notice, Text
from tests.unit.client.opened import Opened, is_seen, open_screen, texts


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="fr") as made:
        yield made


def _png(path: Path, width: int, height: int) -> Path:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = zlib.compress(b"".join(b"\0" + b"\x20\x60\xc0" * width for _ in range(height)))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )
    return path


def _pictures() -> list[dict[str, object]]:
    kind = "mvAppItemType::mvImage"
    found = [one for one in dpg.get_all_items() if dpg.get_item_type(one) == kind]
    return [dpg.get_item_configuration(one) for one in found if is_seen(one)]


def _textures() -> int:
    kind = "mvAppItemType::mvStaticTexture"
    return sum(dpg.get_item_type(one) == kind for one in dpg.get_all_items())


# -- text ---------------------------------------------------------------------------------------


def test_texts_follow_the_data(kit: Kit) -> None:
    opened = open_screen(
        kit,
        Heading(text="Période {period}"),
        Text(text="Vous avez {endowment} jetons.\n\nEt **{price:.2f}** en poche."),
        Figure(value="{endowment}", label="jetons"),
        Notice(title="Attention", text="Plus que {endowment}."),
        data={"period": 3, "endowment": 20, "price": 2.5},
    )
    assert {
        "Période 3",
        "Vous avez 20 jetons.",
        "Et 2,50 en poche.",
        "20",
        "jetons",
        "Attention",
        "Plus que 20.",
    } <= texts()

    opened.follow(data={"period": 4, "endowment": 12, "price": 1})

    assert {"Période 4", "Vous avez 12 jetons.", "Et 1,00 en poche.", "12"} <= texts()
    assert "Période 3" not in texts()


def test_a_text_that_says_the_same_keeps_its_items(kit: Kit) -> None:
    opened = open_screen(kit, Text(text="Un **mot** et {n}."), data={"n": 1})
    before = dpg.get_all_items()

    opened.follow(data={"n": 1, "more": 2})

    assert dpg.get_all_items() == before


def test_a_text_may_become_a_list_and_a_plain_one_again(kit: Kit) -> None:
    opened = open_screen(kit, Text(text="{said}"), data={"said": "Une phrase."})

    opened.follow(data={"said": "- un\n- **deux**"})
    assert {"un", "deux"} <= texts()
    assert "Une phrase." not in texts()
    opened.follow(data={"said": "Une autre."})
    assert "Une autre." in texts()
    assert not {"un", "deux"} & texts()


def test_bold_words_are_drawn_in_their_own_weight(kit: Kit) -> None:
    open_screen(kit, Text(text="Vous avez **20 jetons** encore.", tone="muted"))
    kind = "mvAppItemType::mvDrawText"
    drawn = [one for one in dpg.get_all_items() if dpg.get_item_type(one) == kind]

    fonts = {dpg.get_item_configuration(one)["text"]: dpg.get_item_font(one) for one in drawn}

    assert fonts["20 jetons"] == kit.fonts["strong"]
    assert fonts["Vous avez "] == kit.fonts["body"]


def test_a_hidden_text_comes_back_up_to_date(kit: Kit) -> None:
    opened = open_screen(
        kit, Text(id="warning", text="Il reste {n}.", show_if="n > 0"), data={"n": 0}
    )
    assert not opened.seen("widget.warning")

    opened.follow(data={"n": 2})

    assert opened.seen("widget.warning")
    assert "Il reste 2." in texts()


def test_a_notice_without_a_title_has_no_line_for_it(kit: Kit) -> None:
    opened = open_screen(
        kit, Notice(text="Rien à faire.", title="{title}"), data={"title": "À savoir"}
    )
    assert "À savoir" in texts()

    opened.follow(data={"title": ""})

    assert "" not in texts()
    assert "Rien à faire." in texts()


# -- pictures -----------------------------------------------------------------------------------


def _open_picture(kit: Kit, size: str, **more: object) -> Opened:
    image = Image(id="pic", source="pic.png", alt="Une courbe", size=size)
    return open_screen(kit, Card(children=(image,)), **more)  # type: ignore[arg-type]


def test_a_picture_is_told_in_words_until_it_is_here(kit: Kit, tmp_path: Path) -> None:
    opened = _open_picture(kit, "medium")
    assert opened.seen("widget.pic.alt")
    assert opened.value("widget.pic.alt") == "Une courbe"

    opened.show_images(pic=_png(tmp_path / "a.png", 640, 320))

    assert not opened.seen("widget.pic.alt")
    ((picture),) = _pictures()
    assert (picture["width"], picture["height"]) == (320, 160)


@pytest.mark.parametrize(
    ("size", "pixels", "shown"),
    [
        ("small", (640, 320), (160, 80)),
        ("small", (320, 640), (80, 160)),
        ("large", (1120, 560), (560, 280)),
        ("large", (100, 50), (100, 50)),
        ("full", (100, 50), (664, 332)),
    ],
)
def test_a_picture_keeps_its_proportions_and_is_not_blown_up(
    kit: Kit, tmp_path: Path, size: str, pixels: tuple[int, int], shown: tuple[int, int]
) -> None:
    opened = _open_picture(kit, size)

    opened.show_images(pic=_png(tmp_path / "a.png", *pixels))

    ((picture),) = _pictures()
    assert (picture["width"], picture["height"]) == shown


def test_a_picture_fits_a_narrow_window(kit: Kit, tmp_path: Path) -> None:
    opened = _open_picture(kit, "large")
    opened.show_images(pic=_png(tmp_path / "a.png", 1120, 560))

    opened.page.lay_out(449)

    ((picture),) = _pictures()
    assert (picture["width"], picture["height"]) == (344, 172)


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_a_broken_picture_is_told_in_words_and_logged(
    kit: Kit, tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "a.png"
    broken.write_bytes(content)
    opened = _open_picture(kit, "medium")

    with caplog.at_level(logging.WARNING):
        opened.show_images(pic=broken)

    assert opened.seen("widget.pic.alt")
    assert "a.png" in caplog.text


def test_a_picture_of_too_many_pixels_is_not_unpacked(
    kit: Kit, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bomb = _png(tmp_path / "a.png", 4, 4)
    data = bytearray(bomb.read_bytes())
    data[16:24] = struct.pack(">II", 30_000, 30_000)
    bomb.write_bytes(data)
    opened = _open_picture(kit, "medium")

    opened.show_images(pic=bomb)

    assert opened.seen("widget.pic.alt")
    assert "30000 x 30000 pixels" in caplog.text


def test_a_picture_that_changes_gives_its_texture_back(kit: Kit, tmp_path: Path) -> None:
    opened = _open_picture(kit, "medium")
    opened.show_images(pic=_png(tmp_path / "a.png", 64, 64))
    opened.show_images(pic=_png(tmp_path / "b.png", 32, 64))

    assert _textures() == 1
    ((picture),) = _pictures()
    assert (picture["width"], picture["height"]) == (32, 64)
    for one in opened.page.faces[0].inner:
        one.close()
    assert _textures() == 0


def test_the_size_of_a_jpeg_is_read_past_its_tables(tmp_path: Path) -> None:
    tables = b"\xff\xe0\x00\x04ab" + b"\xff\xdb\x00\x03c"
    frame = b"\xff\xc2\x00\x0b\x08" + struct.pack(">HH", 50, 70) + b"\x01\x01\x11\x00"
    path = tmp_path / "a.jpg"
    path.write_bytes(b"\xff\xd8" + tables + frame)

    assert picture_size(path) == (70, 50)
    assert picture_size(tmp_path / "none.jpg") is None

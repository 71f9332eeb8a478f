"""Pictures of the gallery: each screen as a desk shows it, and each widget cut out of it.

``python -m tools.screens_pictures FOLDER [STAGE ...]``; needs a display (Xvfb will do). One process
a screen, as a process opens one window.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dearpygui.dearpygui as dpg
from PIL import Image
from pydantic import JsonValue

from palier.client.controllers import InFolders
from palier.client.screens.desk import Desk
from palier.client.screens.draft import Draft
from palier.client.screens.look import Look
from palier.client.screens.picture import SETTLED, framer, save
from palier.client.screens.sample_errands import NotedErrands
from palier.client.screens.tokens import PaletteName
from palier.client.screens.window import inner_size, show, window
from palier.client.state import Asking, Connectivity, Countdown, View
from palier.client.view import Shown
from palier.program.program import titled
from palier.program.requests import StageRequest
from palier.schemas.events import PostedValue, Stage
from palier.schemas.forms import describe
from palier.schemas.screens.folder import ScreenFile, read_folder
from palier.workers.runtime.catalogue import Catalogue
from tests.unit.programs.courses import course

PROGRAMS = Path(__file__).parents[1] / "programs"

#: The clock of the pictures: they change when the look does, and only then.
CLOCK = datetime(2026, 5, 12, 14, 44, 7, tzinfo=UTC)

#: The window, high enough for a whole screen; and what stays around a widget that is cut out.
_SIZE, _MARGIN = (1280, 1500), 12

#: What was typed and chosen before the picture.
TYPED: Mapping[str, Draft] = {
    "writing": {
        "name": "Anaïs",
        "price": "12.5",
        "amount": "12",
        "remark": "I kept eight points for myself.",
    },
    "contribute": {"amount": "12", "local.guess": "9"},
    "choosing": {"mood": "curious", "trust": "5", "agreed": True},
}

_TALK = (("p1", "Shall we all put in 15?"), ("p2", "Fine with me."), ("p3", "Let us try 12 first."))


def stages(program: str) -> dict[str, StageRequest]:
    """Return what a program shows and asks, by stage; of several openings the last."""
    played = Catalogue([PROGRAMS]).program(program)
    seats = tuple(f"p{number + 1}" for number in range(played.group_size or 1))
    return {one.name: one for one in course(played, seats=seats)}


def view(program: str, stage: StageRequest, file: ScreenFile) -> View:
    """Return what a desk is told when it has come to a stage."""
    played = Catalogue([PROGRAMS]).program(program)
    data: dict[str, JsonValue] = {**stage.public, **stage.private.get("p1", {})}
    return View(
        seat="p1",
        session="gallery",
        program=played.title,
        steps=played.described_steps(),
        screen=Asking(
            stage=Stage(
                scope="all",
                generation=1,
                name=stage.name,
                visit=stage.visit,
                title=stage.title or titled(stage.name),
                form=describe(stage.form) if stage.form else None,
                data=data,
                parties=4,
                opened_at=CLOCK,
                screen=file.spec.digest,
            )
        ),
        connectivity=Connectivity.ONLINE,
        round_trip=3.2,
        countdown=Countdown(deadline=84.0) if stage.deadline else None,
        shown=Shown(
            spec=file.spec,
            images={name: file.path.parent / name for name in file.spec.images},
            posts=tuple(
                PostedValue(
                    number=number,
                    stream="talk",
                    seat=seat,
                    at=CLOCK + timedelta(seconds=20 * number),
                    value=text,
                )
                for number, (seat, text) in enumerate(_TALK, start=1)
            )
            if "talk" in file.spec.streams
            else (),
        ),
        arrived=3,
        expected=4,
    )


def take(
    program: str,
    stage: str,
    folder: Path,
    *,
    palette: PaletteName = "light",
    scale: float = 1.0,
    language: str = "en",
    size: tuple[int, int] = _SIZE,
) -> dict[str, tuple[int, int, int, int]]:
    """Write ``<stage>.png`` into a folder; return where each named widget is in it.

    Blocking; once a process.
    """
    file = read_folder(PROGRAMS / program.replace("-", "_") / "screens").screens[stage]
    shown = view(program, stages(program)[stage], file)
    look = Look(palette=palette, scale=scale, language=language)
    frames = 0

    def tick() -> None:
        nonlocal frames
        frames += 1
        desk.tick(CLOCK, *inner_size())

    with window(title="Palier", look=look, size=size) as kit:
        desk = Desk(
            kit,
            title="Palier",
            errands=NotedErrands(),
            controllers=InFolders(PROGRAMS),
            clock=lambda: min(0.0, frames - 2.0 * SETTLED),
        )
        assert isinstance(shown.screen, Asking)
        desk.recall(shown.screen.stage, dict(TYPED.get(stage, {})))
        desk.take(shown)
        show(desk.root)
        frame = framer(tick)
        # tables and plots take their data in slices, as time goes by
        frame(3 * SETTLED)
        save(folder / f"{stage}.png", frame)
        return {
            name.removeprefix("widget."): (*_pixels(dpg.get_item_rect_min(item)), *_size(item))
            for name, item in kit.named.items()
            # one of several tabs is no widget of its own
            if name.startswith("widget.") and name.count(".") == 1 and dpg.is_item_visible(item)
        }


def cut(picture: Path, places: Mapping[str, tuple[int, int, int, int]], folder: Path) -> None:
    """Write each named widget of a picture as a picture of its own."""
    with Image.open(picture) as whole:
        for name, (left, top, width, height) in places.items():
            box = (left - _MARGIN, top - _MARGIN, left + width + _MARGIN, top + height + _MARGIN)
            whole.convert("RGB").crop(box).save(folder / f"{name}.png", optimize=True)


def take_all(folder: Path) -> None:
    """Take every screen of the gallery, and cut every widget out."""
    folder.mkdir(parents=True, exist_ok=True)
    for stage in sorted(stages("gallery")):
        asked = [sys.executable, "-m", __spec__.name, str(folder), stage]
        done = subprocess.run(  # noqa: S603 - this module again
            asked, check=True, capture_output=True, text=True
        )
        picture = folder / f"{stage}.png"
        cut(picture, json.loads(done.stdout), folder)
        picture.unlink()


def _pixels(point: list[float]) -> tuple[int, int]:
    return round(point[0]), round(point[1])


def _size(item: int | str) -> tuple[int, int]:
    return _pixels(dpg.get_item_rect_size(item))


def main() -> None:
    """Take one screen, and say where its widgets are."""
    parser = argparse.ArgumentParser(description="Take a picture of a screen of a program.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("stage")
    parser.add_argument("--program", default="gallery")
    parser.add_argument("--palette", choices=("light", "dark"), default="light")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--language", default="en")
    parser.add_argument("--size", type=int, nargs=2, default=_SIZE)
    given = vars(parser.parse_args())
    places = take(given.pop("program"), given.pop("stage"), given.pop("folder"), **given)
    print(json.dumps(places))  # noqa: T201 - to whoever started this


if __name__ == "__main__":
    main()

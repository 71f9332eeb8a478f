"""Pictures of every screen: ``python -m palier.client.screens.shots FOLDER [NAME ...]``.

Needs a display (Xvfb will do). One process a picture, as a process opens one window.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import dearpygui.dearpygui as dpg

from palier.client.errors import ClientError
from palier.client.screens.desk import SIZE, Desk
from palier.client.screens.draft import Raw
from palier.client.screens.english import ENGLISH
from palier.client.screens.kit import Kit, press
from palier.client.screens.lock import Lock
from palier.client.screens.look import Look, Place
from palier.client.screens.overview import SIZE as OVERVIEW_SIZE
from palier.client.screens.overview import OverviewFace
from palier.client.screens.picture import SETTLED, framer, save
from palier.client.screens.sample_errands import NotedErrands
from palier.client.screens.sample_session import (
    sample_call,
    sample_log,
    sample_overviews,
    sample_refusal,
)
from palier.client.screens.samples import sample_views
from palier.client.screens.texts import Language
from palier.client.screens.toast import Tone
from palier.client.screens.tokens import PaletteName
from palier.client.screens.window import inner_size, show, window
from palier.client.state import Asking

_Tick: TypeAlias = Callable[[datetime, int, int], object]

#: The clock of the pictures: they change when the look does, and only then.
_CLOCK = datetime(2026, 5, 12, 14, 44, 7, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture: which view or overview, how, and what was typed into it before.

    ``press`` names buttons that are pressed one after the other, ``choose`` seats.
    """

    view: str = ""
    overview: str = ""
    palette: PaletteName = "light"
    language: Language = "en"
    typed: tuple[tuple[str, Raw], ...] = ()
    press: tuple[str, ...] = ()
    choose: tuple[str, ...] = ()
    #: Which sentences stand in the corner, by tone.
    toasts: tuple[tuple[Tone, str], ...] = ()
    locked: bool = False
    size: tuple[int, int] = SIZE
    scale: float = 1.0


_TYPED: tuple[tuple[str, Raw], ...] = (("amount", "12"), ("guess", "9.5"))

_ANSWERED: tuple[tuple[str, Raw], ...] = (
    ("age", "31"),
    ("mood", "o1"),
    ("field", "o3"),
    ("before", False),
)

SHOTS: dict[str, Shot] = {
    "desk-lobby": Shot(view="lobby"),
    "desk-form": Shot(view="form", typed=_TYPED),
    "desk-form-dark": Shot(view="form", palette="dark", typed=_TYPED),
    "desk-form-errors": Shot(
        view="form", typed=(("amount", "12"), ("guess", "25")), press=("submit",)
    ),
    "desk-waiting": Shot(view="waiting"),
    "desk-waiting-french": Shot(view="waiting", language="fr"),
    "desk-results": Shot(view="results"),
    "desk-survey": Shot(view="survey", size=(1280, 1090), typed=_ANSWERED),
    "overview": Shot(overview="running", size=OVERVIEW_SIZE),
    "overview-stopped": Shot(overview="stopped", size=OVERVIEW_SIZE),
    "overview-question": Shot(
        overview="running",
        size=OVERVIEW_SIZE,
        palette="dark",
        choose=("s04", "s16"),
        press=("exclude",),
    ),
    "overview-help": Shot(overview="help", size=OVERVIEW_SIZE),
    "overview-help-french": Shot(
        overview="help", size=OVERVIEW_SIZE, language="fr", palette="dark"
    ),
    "overview-chosen": Shot(overview="running", size=OVERVIEW_SIZE, choose=("s04", "s16")),
    "overview-french": Shot(
        overview="paused", size=OVERVIEW_SIZE, language="fr", choose=("s16", "s23")
    ),
    "overview-small": Shot(overview="stopped", size=(1024, 640), palette="dark"),
    "overview-scaled": Shot(
        overview="help", size=(1024, 640), scale=2.0, language="fr", palette="dark"
    ),
    "overview-large": Shot(overview="running", size=(2560, 1440), scale=1.5),
    "overview-lobby": Shot(overview="lobby", size=OVERVIEW_SIZE),
    "desk-sending": Shot(view="sending", typed=_TYPED, palette="dark"),
    "desk-form-scaled": Shot(view="form", typed=_TYPED, size=(1024, 640), scale=1.5),
    "desk-between": Shot(view="between"),
    "desk-small": Shot(view="form", typed=_TYPED, size=(1024, 640)),
    "desk-large": Shot(view="form", typed=_TYPED, size=(2560, 1440), scale=1.5),
    "desk-reconnecting": Shot(view="reconnecting", typed=_TYPED),
    "desk-end": Shot(view="end"),
    "desk-countdown": Shot(view="countdown", typed=_TYPED),
    "desk-last-seconds": Shot(view="last-seconds", typed=_TYPED, palette="dark"),
    "desk-time-up": Shot(view="time-up", typed=_TYPED, language="fr", size=(1024, 640)),
    "desk-paused": Shot(view="paused", typed=_TYPED),
    "desk-paused-french": Shot(view="paused", typed=_TYPED, language="fr", palette="dark"),
    "desk-stopped": Shot(view="stopped", typed=_TYPED, size=(1024, 640)),
    "desk-answered-for": Shot(view="answered-for"),
    "desk-answered-for-french": Shot(view="answered-for", language="fr", palette="dark"),
    "desk-help": Shot(view="form", typed=_TYPED, press=("help",)),
    "desk-help-french": Shot(
        view="form", typed=_TYPED, press=("help",), language="fr", palette="dark"
    ),
    "desk-help-scaled": Shot(
        view="form", typed=_TYPED, press=("help",), size=(1024, 640), scale=2.0
    ),
    "desk-called": Shot(
        view="called",
        typed=_TYPED,
        toasts=(
            ("warn", "Only whole tokens count."),
            ("bad", ENGLISH.mishap),
            ("ok", ENGLISH.help_sent),
        ),
    ),
    "desk-unlock": Shot(view="form", typed=_TYPED, locked=True, palette="dark"),
    "desk-excluded": Shot(view="excluded"),
    "desk-moved": Shot(view="moved", language="fr"),
}


def take(shot: Shot, target: Path) -> None:
    """Take one picture; blocking, once a process."""
    with window(
        title="Palier",
        look=Look(
            palette=shot.palette, scale=shot.scale, language=shot.language, place=_place(shot)
        ),
        size=shot.size,
    ) as kit:
        tick = _desk(kit, shot) if shot.view else _overview(kit, shot)
        frame = framer(lambda: tick(_CLOCK, *inner_size()))
        frame(SETTLED)
        for seat in shot.choose:
            choice = kit.named[f"choose.{seat}"]
            dpg.set_value(choice, True)
            press(choice)
        for name in shot.press:
            press(kit.named[name])
            frame(SETTLED)
        frame(SETTLED)
        save(target, frame)


def _desk(kit: Kit, shot: Shot) -> _Tick:
    desk = Desk(kit, title="Palier", errands=NotedErrands(), clock=lambda: 0.0)
    view = sample_views(shot.language)[shot.view]
    if shot.locked:
        desk.offer_unlocking(Lock("4711", clock=lambda: 0.0), opened=lambda: None)
    for tone, text in shot.toasts:
        desk.toast.show(text, tone=tone)
    if isinstance(view.screen, Asking):
        desk.recall(view.screen.stage, dict(shot.typed))
    desk.take(view)
    show(desk.root)
    return desk.tick


def _place(shot: Shot) -> Place:
    """Return a place of exactly that size, whatever the scale: a screen does not grow with it."""
    return 0, 0, *shot.size


def _overview(kit: Kit, shot: Shot) -> _Tick:
    face = OverviewFace(kit, ordered=lambda _: None, clock=lambda: 0.0)
    face.take(sample_overviews(shot.language)[shot.overview])
    face.take(sample_log(shot.language, stopped=shot.overview == "stopped"))
    face.take(sample_refusal())
    if shot.overview == "help":
        face.take(sample_call(shot.language))
    show(face.root)
    return face.tick


def main() -> int:
    """Take all pictures, or those named."""
    parser = argparse.ArgumentParser(description="Take pictures of the windows.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="name")
    given = parser.parse_args()
    names = given.names or list(SHOTS)
    if unknown := [name for name in names if name not in SHOTS]:
        parser.error(f"no picture is called {', '.join(unknown)}: there are {', '.join(SHOTS)}")
    if len(names) == 1:
        try:
            take(SHOTS[names[0]], given.folder / f"{names[0]}.png")
        except ClientError as error:
            parser.exit(1, f"{error}\n")
        return 0
    for name in names:
        subprocess.run(  # noqa: S603 - this module again
            [sys.executable, "-m", __spec__.name, str(given.folder), name], check=True
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

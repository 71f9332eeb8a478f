"""The window of a preview, or its picture."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

from pydantic import JsonValue

from palier.client.screens.desk import Desk, run_desk
from palier.client.screens.look import Look
from palier.client.screens.picture import SETTLED, framer, save
from palier.client.screens.preview import PreviewErrands, Source, read, unreadable, watching
from palier.client.screens.window import inner_size, show, window
from palier.client.view import View
from palier.schemas.screens.errors import BadScreen

#: The clock of the pictures: they change when the screen does, and only then.
_CLOCK = datetime(2026, 5, 12, 14, 44, 7, tzinfo=UTC)


def show_preview(source: Source, *, look: Look, watch: bool) -> None:
    """Show a screen until its window is closed; blocking, in the main thread.

    With ``watch`` it is shown anew whenever one of its files is saved, mistakes in it above it.
    Without, a file that cannot be read raises `BadScreen`. Raises `NoDisplay`.
    """
    since = source.stamp()
    try:
        view = read(source).view
    except BadScreen as error:
        if not watch:
            raise
        view = unreadable(source, error)
    inbox: SimpleQueue[View] = SimpleQueue()
    errands = PreviewErrands(inbox=inbox, view=view)
    inbox.put(view)

    def begun(desk: Desk) -> None:
        def told(answer: dict[str, JsonValue] | None) -> None:
            said = json.dumps(answer, ensure_ascii=False)
            desk.toast.show(desk.words.handed_in.format(answer=said), tone="ok")

        errands.told = told

    with watching(source, errands, since=since) if watch else nullcontext():
        run_desk(
            inbox=inbox,
            errands=errands,
            controllers=source.controllers,
            title=f"Palier: {source.file.name}",
            look=look,
            begun=begun,
        )


def shoot_preview(source: Source, target: Path, *, look: Look, size: tuple[int, int]) -> str:
    """Write what a screen looks like as a PNG; returns what an author has to mend.

    Raises `BadScreen`, `NoDisplay`.
    """
    found = read(source)
    errands = PreviewErrands(inbox=SimpleQueue(), view=found.view)
    with window(title="Palier", look=look, size=size) as kit:
        desk = Desk(
            kit,
            title="Palier",
            errands=errands,
            controllers=source.controllers,
            clock=lambda: 0.0,
        )
        # a picture is of the screen, what has to be mended is told beside it
        shown = replace(found.view.shown, problem="")
        desk.take(replace(found.view, shown=shown))
        frame = framer(lambda: desk.tick(_CLOCK, *inner_size()))
        show(desk.root)
        frame(2 * SETTLED)
        save(target, frame)
        desk.close()
    return found.problem

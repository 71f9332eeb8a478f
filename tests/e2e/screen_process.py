"""A desk on a screen of its own, with its controller: what is asked of the link goes to stdout.

screen_process.py FILE: the file lies in the folder ``screens`` of a program.
Lines on stdin: ``read`` reads the file again, as a worker does when it was saved; ``next`` goes on
to another generation; ``waiting`` to the waiting room; ``answer NUMBER`` answers the oldest post.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

from pydantic import JsonValue

from palier.client.controllers import InFolders
from palier.client.entries import Put
from palier.client.screens.desk import run_desk
from palier.client.screens.look import Look
from palier.client.screens.preview import Source, read
from palier.client.screens.sample_errands import NotedErrands
from palier.client.screens.samples import sample_views
from palier.client.view import Asking, View
from palier.schemas.events import Stage
from palier.schemas.screens.errors import BadScreen


def tell(**event: object) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


class ToldErrands(NotedErrands):
    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Future[int]] = []

    def submit(self, stage: Stage, answer: dict[str, JsonValue] | None) -> None:
        super().submit(stage, answer)
        tell(submitted=answer)

    def painted(self, stage: Stage) -> None:
        tell(painted=stage.generation)

    def post(self, stage: Stage, stream: str, value: str | float) -> Future[int]:
        super().post(stage, stream, value)
        tell(posted=value)
        self.waiting.append(Future())
        return self.waiting[-1]

    def call_for_help(self, text: str) -> None:
        tell(called=text)

    def draft(self, stage: Stage, fields: Mapping[str, Put]) -> None:
        """Keep nothing."""


def feed(inbox: SimpleQueue[View], source: Source, errands: ToldErrands) -> None:
    generation = 1
    shown = read(source).view
    for line in sys.stdin:
        match line.split():
            case ["read"]:
                try:
                    shown = read(source).view
                except BadScreen as error:
                    shown = replace(shown, shown=replace(shown.shown, problem=str(error)))
            case ["next"]:
                generation += 1
            case ["answer", number]:
                errands.waiting.pop(0).set_result(int(number))
                continue
            case ["waiting"]:
                inbox.put(replace(sample_views()["waiting"], session=shown.session))
                continue
        assert isinstance(shown.screen, Asking)
        stage = shown.screen.stage.model_copy(update={"generation": generation})
        shown = replace(shown, screen=replace(shown.screen, stage=stage))
        inbox.put(shown)


def main() -> None:
    file = Path(sys.argv[1])
    controllers = InFolders(file.parent.parent.parent)
    source = Source(file=file, controllers=controllers)
    inbox: SimpleQueue[View] = SimpleQueue()
    errands = ToldErrands()
    inbox.put(read(source).view)
    threading.Thread(target=feed, args=(inbox, source, errands), daemon=True).start()
    run_desk(
        inbox=inbox,
        errands=errands,
        controllers=controllers,
        title="Palier test",
        look=Look(palette="light", scale=1.0, language="en"),
    )
    tell(closed=True)


if __name__ == "__main__":
    main()

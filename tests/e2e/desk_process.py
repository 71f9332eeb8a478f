"""A desk on its own: sample views come in by name on stdin, what happens goes out on stdout.

``form 12`` is the form with twelve seconds left.
The test that runs it plays the link's part, and uses the window like a person.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from dataclasses import replace
from queue import SimpleQueue
from time import monotonic, perf_counter

from pydantic import JsonValue

BEGAN = perf_counter()

from palier.client.errors import NoDisplay  # noqa: E402 - the clock starts before the imports
from palier.client.screens.desk import run_desk  # noqa: E402
from palier.client.screens.look import Look  # noqa: E402
from palier.client.screens.sample_errands import NotedErrands  # noqa: E402
from palier.client.screens.samples import sample_views  # noqa: E402
from palier.client.state import Countdown, View  # noqa: E402
from palier.schemas.events import Stage  # noqa: E402


def tell(**event: object) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


class ToldErrands(NotedErrands):
    def submit(self, stage: Stage, answer: dict[str, JsonValue] | None) -> None:
        super().submit(stage, answer)
        tell(submitted=answer)
        if answer and answer.get("amount") == 13:
            raise RuntimeError("thirteen brings bad luck")

    def call_for_help(self, text: str) -> None:
        tell(called=text)

    def painted(self, stage: Stage) -> None:
        tell(painted=stage.name, seconds=perf_counter() - BEGAN)


def feed(inbox: SimpleQueue[View], views: dict[str, View]) -> None:
    for line in sys.stdin:
        name, *seconds = line.split()
        view = views[name]
        for left in seconds:
            view = replace(view, countdown=Countdown(deadline=monotonic() + float(left)))
        inbox.put(view)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--language", default="en")
    parser.add_argument("--unlock-code", default="")
    given = parser.parse_args()
    inbox: SimpleQueue[View] = SimpleQueue()
    views = sample_views(given.language)
    threading.Thread(target=feed, args=(inbox, views), daemon=True).start()
    try:
        run_desk(
            inbox=inbox,
            errands=ToldErrands(),
            title="Palier test",
            look=Look(
                palette="light",
                scale=1.0,
                language=given.language,
                unlock_code=given.unlock_code,
            ),
        )
    except NoDisplay as error:
        sys.stderr.write(f"{error}\n")
        return 3
    tell(closed=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

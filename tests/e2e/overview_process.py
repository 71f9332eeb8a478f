"""An overview on its own, of the sample session; what the operator does goes out on stdout."""

from __future__ import annotations

import sys
from queue import SimpleQueue

from palier.client.screens.look import Look
from palier.client.screens.overview import News, Notice, run_overview
from palier.client.screens.samples import sample_overview


def main() -> int:
    inbox: SimpleQueue[News] = SimpleQueue()
    lobby = sample_overview().model_copy(update={"status": "lobby"})
    inbox.put(lobby)

    def tell(what: str) -> None:
        sys.stdout.write(f'{{"pressed": "{what}"}}\n')
        sys.stdout.flush()

    def start() -> None:
        tell("start")
        inbox.put(lobby.model_copy(update={"status": "running"}))

    def close() -> None:
        tell("close")
        inbox.put(Notice(text="Somebody else has closed it."))

    run_overview(
        inbox=inbox,
        start=start,
        close=close,
        title="Palier test",
        look=Look(palette="light", scale=1.0, language="en"),
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

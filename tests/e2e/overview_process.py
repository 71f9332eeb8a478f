"""An overview on its own, of the sample session; what the operator orders goes out on stdout.

The first argument is which of the samples it begins with.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from queue import SimpleQueue

from palier.client.screens.look import Look
from palier.client.screens.orders import Order
from palier.client.screens.overview import News, Notice, run_overview
from palier.client.screens.sample_session import sample_log, sample_overviews, sample_refusal

#: What becomes of the session after an order, where another sample shows it.
THEN = {"start": "running", "pause": "paused", "resume": "running", "retry": "running"}


def main(begin: str) -> int:
    inbox: SimpleQueue[News] = SimpleQueue()
    samples = sample_overviews()
    inbox.put(samples[begin])
    inbox.put(sample_log(stopped=begin == "stopped"))
    inbox.put(sample_refusal())

    def ordered(order: Order) -> None:
        sys.stdout.write(json.dumps(asdict(order)) + "\n")
        sys.stdout.flush()
        if order.what in THEN:
            inbox.put(samples[THEN[order.what]])
        else:
            inbox.put(Notice(text=f"Somebody else has done it: {order.what}."))

    run_overview(
        inbox=inbox,
        ordered=ordered,
        title="Palier test",
        look=Look(palette="light", scale=1.0, language="en"),
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))

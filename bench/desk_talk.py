"""How a window that is measured and whoever measures it talk: lines in, JSON out."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from time import monotonic, process_time

import dearpygui.dearpygui as dpg

_telling = threading.Lock()


def tell(**event: object) -> None:
    """Say something to whoever measures."""
    with _telling:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()


def listen(shown: Callable[[int], None]) -> None:
    """Do what is asked, in a thread of its own, as a link does."""
    for line in sys.stdin:
        verb, *more = line.split()
        if verb == "show":
            at = monotonic()
            shown(int(more[0]))
            tell(put=at)
        else:
            tell(cpu=process_time(), frames=dpg.get_frame_count(), at=monotonic())
    os._exit(0)

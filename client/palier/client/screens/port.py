"""A way in for tests: they ask where things are, then use mouse and keyboard like a person.

It is open only with ``PALIER_TEST=1``, on the Unix socket named by ``PALIER_TEST_SOCKET``. A
request is a line of words, its reply a line of JSON:

    rect NAME     left, top, width and height on the screen; null while it is not visible
    value NAME    what the item shows or holds; null while there is none
    focus         the name of what has the keyboard, or null
    screen        the name of the page
    shot FILE     write a picture with the next frame
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import dearpygui.dearpygui as dpg

from palier.client.screens.kit import Kit


class Port:
    """Answers requests between two frames; without a socket there are none."""

    def __init__(self, kit: Kit, *, screen: Callable[[], str]) -> None:
        self._kit = kit
        self._screen = screen
        self._requests: SimpleQueue[tuple[list[str], SimpleQueue[object]]] = SimpleQueue()

    def answer(self) -> None:
        """Answer what was asked since the last frame; main thread."""
        while True:
            try:
                words, reply = self._requests.get_nowait()
            except Empty:
                return
            try:
                reply.put(self._reply(*words))
            except Exception as error:  # noqa: BLE001 - the test shall see it, the desk go on
                reply.put({"error": repr(error)})

    def _reply(self, verb: str, argument: str = "") -> object:
        match verb:
            case "rect":
                return self._rect(argument)
            case "value":
                return self._value(argument)
            case "focus":
                named = self._kit.named.items()
                return next((name for name, item in named if _has_keyboard(item)), None)
            case "screen":
                return self._screen()
            case "shot":
                return dpg.output_frame_buffer(file=argument)
            case _:
                return {"error": f"unknown request {verb!r}"}

    def _value(self, name: str) -> object:
        item = self._kit.named.get(name)
        if item is None:
            return None
        if "Button" in dpg.get_item_type(item):
            return dpg.get_item_label(item)
        value: object = dpg.get_value(item)
        return value

    def _rect(self, name: str) -> list[float] | None:
        item = self._kit.named.get(name, 0)
        if not dpg.does_item_exist(item) or not dpg.is_item_visible(item):
            return None
        state: dict[str, Any] = dpg.get_item_state(item)
        left, top = dpg.get_viewport_pos()
        x, y = state["rect_min"]
        return [left + x, top + y, *state["rect_size"]]

    def listen(self, path: str) -> None:
        """Serve one client after the other, in its own thread."""
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"{path}.new")
            server.listen()
            Path(f"{path}.new").rename(path)  # who sees it can connect
            while True:
                client, _ = server.accept()
                with client, client.makefile("rw", encoding="utf-8") as lines:
                    for line in lines:
                        lines.write(json.dumps(self._ask(line)) + "\n")
                        lines.flush()

    def _ask(self, line: str) -> object:
        reply: SimpleQueue[object] = SimpleQueue()
        self._requests.put((line.strip().split(maxsplit=1), reply))
        return reply.get()


def _has_keyboard(item: int | str) -> bool:
    return bool(dpg.does_item_exist(item) and dpg.get_item_state(item).get("focused"))


@contextmanager
def open_port(kit: Kit, *, screen: Callable[[], str]) -> Iterator[Port]:
    """Open the port if this is a test."""
    port = Port(kit, screen=screen)
    path = os.environ.get("PALIER_TEST_SOCKET", "")
    if os.environ.get("PALIER_TEST") != "1" or not path:
        yield port
        return
    threading.Thread(target=port.listen, args=(path,), daemon=True).start()
    try:
        yield port
    finally:
        Path(path).unlink(missing_ok=True)

"""What a controller acts on, when what shows it is a scene."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Generator, Mapping
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from pydantic import JsonValue

from palier.client.screens.scene import Scene
from palier.controller import ControllerError

_log = logging.getLogger(__name__)

T = TypeVar("T")


class SceneSurface:
    """One open screen, for its controller; a screen that is reloaded keeps its surface."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._left = False

    def move(self, scene: Scene) -> None:
        """Act on the scene of the reloaded screen from now on."""
        self._scene = scene

    def leave(self) -> None:
        """Act on nothing any more: the stage is not shown any longer."""
        self._left = True

    @property
    def _open(self) -> Scene:
        if self._left:
            raise ControllerError("This stage is not shown any more: its screen cannot be changed.")
        return self._scene

    @property
    def names(self) -> Mapping[str, JsonValue]:
        """All values by name; of a stage that was left, the last ones."""
        return self._scene.names

    def put(self, place: str, value: JsonValue) -> None:
        """Put a value into a place."""
        self._open.put(place, value)

    def submit(self) -> bool:
        """Hand in the answer; False when it does not do."""
        return bool(self._open.hand_in())

    def reset(self) -> None:
        """Put everything back to what it was at first."""
        self._open.reset()

    def call_for_help(self, text: str = "") -> None:
        """Ask the operator to come."""
        self._open.call_for_help(text)

    def toast(self, text: str) -> None:
        """Show a sentence for some seconds."""
        self._open.toast(text)

    def focus(self, place: str) -> None:
        """Put the keyboard into a field."""
        self._open.focus(place)

    def post(self, stream: str, value: str | float) -> Awaitable[int]:
        """Post to a stream, at once; waiting for its number is up to the caller."""
        scene = self._open
        return _Answered(scene.errands.post(scene.asking.stage, stream, value))

    def act(self, action: str, body: Mapping[str, JsonValue] | None = None) -> Awaitable[int]:
        """Do something in the live stage, at once; waiting for its number is up to the caller."""
        scene = self._open
        return _Answered(scene.errands.act(scene.asking.stage, action, body))

    async def sleep(self, seconds: float) -> None:
        """Wait without holding the window up."""
        await asyncio.sleep(seconds)

    async def ask(self) -> Mapping[str, JsonValue]:
        """Ask the worker how things are; returns the stage's data anew."""
        await _Answered(self._open.errands.ask())
        return self._scene.asking.stage.data


class _Answered(Generic[T]):
    """What another thread answers. Who stops waiting for it does not take it back."""

    def __init__(self, future: Future[T]) -> None:
        self._future = future
        future.add_done_callback(_note)

    def __await__(self) -> Generator[Any, None, T]:
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[None] = loop.create_future()
        self._future.add_done_callback(lambda _: _call(loop, answered))
        yield from answered.__await__()
        return self._future.result()


def _call(loop: asyncio.AbstractEventLoop, answered: asyncio.Future[None]) -> None:
    def told() -> None:
        if not answered.done():
            answered.set_result(None)

    try:
        loop.call_soon_threadsafe(told)
    except RuntimeError:
        _log.debug("An answer came when its screen was gone")


def _note(future: Future[Any]) -> None:
    """Log what went wrong, in case nobody waits for it."""
    if not future.cancelled() and (error := future.exception()) is not None:
        _log.info("What a controller asked for was not done: %s", error)

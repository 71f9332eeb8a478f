"""A screen's controller at work: its actions, run by name."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import JsonValue

from palier.client.screens.scene import Scene
from palier.client.screens.scene_surface import SceneSurface
from palier.client.screens.stepped_loop import SteppedLoop
from palier.controller import Controller, ControllerError, connect, unused

_log = logging.getLogger(__name__)


class Acting:
    """The controller of one open screen. Main thread only.

    Plain actions run at once; async ones in ``loop``, each once at a time. Raises `ControllerError`
    where screen and controller do not fit. ``failed`` hears of what an action raises: it is logged
    by then.
    """

    def __init__(
        self,
        scene: Scene,
        controller: type[Controller],
        *,
        loop: SteppedLoop,
        failed: Callable[[], None],
    ) -> None:
        self.kind = controller
        self._connected = connect(scene.spec, controller)
        for sentence in unused(scene.spec, controller):
            _log.warning("%s", sentence)
        self._scene = scene
        self._surface = SceneSurface(scene)
        self._loop = loop
        self._failed = failed
        self._running: dict[str, asyncio.Task[None]] = {}
        self._left = self._opened = False
        try:
            self._controller = controller(self._surface)
        except Exception as error:
            _log.exception("Controller %s of screen %s", controller.__name__, scene.spec.name)
            raise ControllerError(
                f"The controller {controller.__name__} cannot be made: "
                f"{type(error).__name__}: {error}"
            ) from error
        scene.actions = self

    def opened(self) -> None:
        """Let the controller do what it does when its screen is shown, the first time."""
        if not self._opened:
            self._opened = True
            self._act("opened", self._controller.opened)

    def run(self, action: str, value: JsonValue = None) -> None:
        """Run an action, unless it is running."""
        if action in self._running:
            return
        connected = self._connected[action]
        method = getattr(self._controller, action)
        self._act(action, (lambda: method(value)) if connected.takes_value else method)

    def is_running(self, action: str) -> bool:
        """Whether an action waits for something, so that it cannot be run again."""
        return action in self._running

    def move(self, scene: Scene) -> None:
        """Go on with the reloaded screen; raises `ControllerError` where it does not fit."""
        self._connected = connect(scene.spec, self.kind)
        self._scene = scene
        self._surface.move(scene)
        scene.actions = self

    def leave(self) -> None:
        """Cancel what is running: the stage is not shown any more."""
        self._left = True
        for task in self._running.values():
            task.cancel()
        # whoever is cancelled may still read values, and change nothing
        self._surface.leave()
        self._loop.step()

    def _act(self, name: str, method: Callable[[], Any]) -> None:
        try:
            result = method()
        except Exception:  # noqa: BLE001 - an author's, logged and told
            self._report(name)
            return
        if inspect.isawaitable(result):
            self._running[name] = self._loop.start(self._wait(name, result))
            self._scene.touch()

    async def _wait(self, name: str, result: Awaitable[None]) -> None:
        try:
            await result
        except Exception:  # noqa: BLE001 - the same
            self._report(name)
        finally:
            self._running.pop(name, None)
            self._scene.touch()

    def _report(self, name: str) -> None:
        _log.exception("Action %s of %s failed", name, self.kind.__name__)
        if not self._left:
            self._failed()

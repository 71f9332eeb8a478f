"""Opening the screens of stages: each with its controller, and again when its file has changed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from palier.client.controllers import Controllers
from palier.client.errands import Errands
from palier.client.screens.acting import Acting
from palier.client.screens.asking import key_of
from palier.client.screens.draft import Draft
from palier.client.screens.kit import Kit
from palier.client.screens.page import Page
from palier.client.screens.pages import QuietPage
from palier.client.screens.screen_page import ScreenPage
from palier.client.screens.stepped_loop import SteppedLoop
from palier.client.state import Asking, View
from palier.controller import Controller, ControllerError, connect
from palier.schemas.screens.screen import ScreenSpec

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the pages of one desk share: the clock of deadlines, the way to tell something."""

    clock: Callable[[], float]
    toast: Callable[[str], None]
    #: Tells that an action has failed.
    failed: Callable[[], None]


class Openings:
    """Opens screens for one desk; main thread only."""

    def __init__(
        self, kit: Kit, *, errands: Errands, controllers: Controllers, around: Around
    ) -> None:
        self._kit = kit
        self._errands = errands
        self._controllers = controllers
        self._around = around
        #: Called in any thread, when the next frame should not wait for its time.
        self.nudge: Callable[[], None] = lambda: None
        self.loop = SteppedLoop(wake=self._wake)
        self._told: set[tuple[object, ...]] = set()

    def _wake(self) -> None:
        self.nudge()

    def open(self, view: View, spec: ScreenSpec, *, draft: Draft, before: Page | None) -> Page:
        """Return the page of a stage's screen; one that says so where it cannot be shown.

        ``before`` is what is shown now: if that is the same stage, its controller goes on.
        """
        page = ScreenPage(
            self._kit,
            view,
            draft=draft,
            errands=self._errands,
            clock=self._around.clock,
            toast=self._around.toast,
        )
        try:
            self._connect(page, spec, before)
        except ControllerError as error:
            return self._unshown(view, spec, str(error))
        return page

    def unbuilt(self, page: ScreenPage, error: Exception) -> Page:
        """Return what is shown instead of a page that could not be built."""
        scene = page.scene
        _log.error("Screen %s cannot be shown", scene.spec.name, exc_info=error)
        reason = f"Screen {scene.spec.name} cannot be shown: {type(error).__name__}: {error}."
        return self._unshown(scene.view, scene.spec, reason)

    def _connect(self, page: ScreenPage, spec: ScreenSpec, before: Page | None) -> None:
        """Give a page its controller; raises `ControllerError`."""
        controller = self._find(spec)
        if controller is None:
            connect(spec, None)
            return
        acting = before.acting if isinstance(before, ScreenPage) else None
        if (
            isinstance(before, ScreenPage)
            and acting is not None
            and acting.kind is controller
            and before.continues(page.scene.view)
        ):
            acting.move(page.scene)
            before.acting = None
            page.acting = acting
        else:
            page.acting = Acting(page.scene, controller, loop=self.loop, failed=self._around.failed)

    def _find(self, spec: ScreenSpec) -> type[Controller] | None:
        if not spec.controller:
            return None
        found = self._controllers.find(spec.controller)
        if found is None:
            raise ControllerError(
                f"Screen {spec.name} needs the controller {spec.controller}, which this computer "
                "does not have: install its package here, or start the desk with the folder of "
                "programs that it lies in (--programs)."
            )
        return found

    def _unshown(self, view: View, spec: ScreenSpec, error: str) -> Page:
        """Return the page of a screen that cannot be shown, and call the operator, once."""
        screen = view.screen
        assert isinstance(screen, Asking)
        key = (view.session, *key_of(screen.stage), spec.digest)
        if key not in self._told:
            self._told.add(key)
            _log.error("%s", error)
            self._errands.call_for_help(error)
        words = self._kit.words
        # what is missing is for who comes to help
        text = f"{words.unshown_text}\n\n{error}"
        return QuietPage(self._kit, "unshown", *key, error, title=words.unshown_title, text=text)

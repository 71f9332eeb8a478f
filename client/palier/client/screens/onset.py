"""When a generation's screen was painted: its first frame in which nothing moves any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from palier.schemas.events import Stage

#: Where things stand: sizes that are the same in two frames have settled.
Extent: TypeAlias = tuple[object, ...]

#: Frames after which a layout that never settles counts as painted.
_MOST = 20


class Onset:
    """Tells once for each generation; ``after`` is for behind each frame."""

    def __init__(self, *, painted: Callable[[Stage], None]) -> None:
        self._painted = painted
        self._told: tuple[object, ...] | None = None
        self._frames = 0
        self._extent: Extent = ()

    def after(self, session: str, stage: Stage | None, *, extent: Callable[[], Extent]) -> bool:
        """Take what a frame has shown: None where it was no open stage.

        Returns whether it waits for the next frames.
        """
        if stage is None:
            self._frames = 0
            return False
        generation = (session, stage.scope, stage.generation, stage.opened_at)
        if generation == self._told:
            return False
        # a card takes the height of what is in it a frame later than its inside does
        before, self._extent = self._extent, extent()
        self._frames += 1
        if self._frames > 1 and (before == self._extent or self._frames > _MOST):
            self._told, self._frames = generation, 0
            self._painted(stage)
            return False
        return True

"""Everyone in a session."""

from __future__ import annotations

from collections.abc import Sequence

from palier.program.group import Group, Parted, Solo
from palier.program.participant import Participant
from palier.program.scope import Moment
from palier.schemas.names import ALL

__all__ = ["Group", "Session", "Solo"]


class Session(Parted):
    """Everyone in the session, and the groups they form."""

    def __init__(
        self, participants: Sequence[Participant], *, seed: int, moment: Moment | None = None
    ) -> None:
        super().__init__(ALL, participants, seed=seed, moment=moment or Moment())
        self._part({ALL})

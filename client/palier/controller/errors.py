"""What can be wrong with a controller."""

from __future__ import annotations

from palier.schemas.errors import PalierError


class ControllerError(PalierError):
    """A controller does not fit its screen, or was asked for what it cannot do.

    ``problems`` are all that is wrong, one sentence each.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

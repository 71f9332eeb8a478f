"""Who plays with whom: how participants are drawn into groups."""

from __future__ import annotations

from palier.program.errors import ProgramError


def check_groups(participants: int, size: int) -> None:
    """Raise `ProgramError` when so many participants cannot form groups of this size."""
    if size < 1 or participants % size:
        raise ProgramError(
            f"{participants} participants cannot form groups of {size}: "
            "open the session with a multiple of it."
        )

"""What can be wrong with a controller."""

from __future__ import annotations

from palier.schemas.errors import PalierError


class ControllerError(PalierError):
    """A controller does not fit its screen, or was asked for what it cannot do."""

"""What an author can get wrong, in a sentence that says what to change; and what a rule refuses.

::

    ProgramError                 a program asks for something that cannot be
    Refuse                       an action of a live stage is not taken
"""

from __future__ import annotations

from palier.schemas.errors import PalierError


class ProgramError(PalierError):
    """A program asks for something that cannot be."""


class Refuse(PalierError):
    """Raised by an action of a live stage: it is not taken; who tried is told the sentence."""

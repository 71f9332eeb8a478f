"""A period: one time of what is done several times over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One of ``count`` periods; ``number`` counts from 1.

    ``settings`` are the program's ``Settings`` as they are in it: in the treatment of the scope
    that goes through it.
    """

    number: int
    count: int
    settings: Any = None

    @property
    def first(self) -> bool:
        """Whether none came before it."""
        return self.number == 1

    @property
    def last(self) -> bool:
        """Whether none follows."""
        return self.number == self.count

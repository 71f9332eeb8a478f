"""Strategies for ``palier simulate programs/prisoners_dilemma --strategy NAME``."""

from typing import Any

from palier.program import Bot, Stage


class Cooperator(Bot):
    """Chooses A always."""

    def choose(self, _stage: Stage) -> dict[str, str]:
        """Return what is chosen."""
        return {"choice": "A"}


class Defector(Bot):
    """Chooses B always."""

    def choose(self, _stage: Stage) -> dict[str, str]:
        """Return what is chosen."""
        return {"choice": "B"}


class TitForTat(Bot):
    """Begins with A, then chooses what the other chose the time before."""

    last: Any = "A"

    def choose(self, _stage: Stage) -> dict[str, Any]:
        """Return what is chosen."""
        return {"choice": self.last}

    def results(self, stage: Stage) -> None:
        """Remember what the other chose; there is nothing to answer."""
        self.last = stage.data["the_other_chose"]

"""Strategies that the literature knows: palier simulate programs/public_goods --strategy NAME."""

from typing import Any

from palier.program import Bot, Stage


class FreeRider(Bot):
    """Keeps everything."""

    def contribute(self, _stage: Stage) -> dict[str, int]:
        """Return how much goes in the pot."""
        return {"amount": 0}


class Cooperator(Bot):
    """Gives everything."""

    def contribute(self, stage: Stage) -> dict[str, Any]:
        """Return how much goes in the pot."""
        return {"amount": stage.data["endowment"]}


class Conditional(Bot):
    """Begins with half, then gives what the group gave on average the time before."""

    mean: float | None = None

    def contribute(self, stage: Stage) -> dict[str, Any]:
        """Return how much goes in the pot."""
        endowment: Any = stage.data["endowment"]
        return {"amount": endowment // 2 if self.mean is None else round(self.mean)}

    def results(self, stage: Stage) -> None:
        """Remember what the group gave; there is nothing to answer."""
        history: Any = stage.data["history"]
        self.mean = history[-1]["mean"]

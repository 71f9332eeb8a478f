"""Bidders of the theory, and one who does not know it."""

from typing import Any

from palier.program import Bot, Stage


class Nash(Bot):
    """Risk neutral: (n-1)/n of the value where one pays the own bid, the value where not."""

    def bid(self, stage: Stage) -> dict[str, Any]:
        """Return the equilibrium bid."""
        value: Any = stage.data["your_value"]
        bidders: Any = stage.data["bidders"]
        first = stage.data["format"] == "first-price"
        return {"bid": value * (bidders - 1) / bidders if first else value}


class Sincere(Bot):
    """Bids the value, whatever is paid: best where the second bid is, and for nothing else."""

    def bid(self, stage: Stage) -> dict[str, Any]:
        """Return the value."""
        return {"bid": stage.data["your_value"]}

"""Traders without intelligence: what they name is chance, and never a loss.

Gode & Sunder (1993), "Allocative efficiency of markets with zero-intelligence traders: market as a
partial substitute for individual rationality", Journal of Political Economy 101(1).
"""

from typing import TypeAlias

from palier.program import Bot, Stage

#: The highest price that such a seller names.
CEILING = 200


Offer: TypeAlias = tuple[str, dict[str, int]]


class ZeroIntelligence(Bot):
    """ZI-C: any price at which the next unit brings no loss, each as likely as another."""

    def market(self, stage: Stage) -> Offer | None:
        """Name a price, while there is a unit."""
        return name(self, stage)


def name(me: Bot, stage: Stage) -> Offer | None:
    """Return a price at which nothing is lost; None where there is no unit left."""
    worth = stage.data["worth"]
    if not isinstance(worth, int):
        return None
    low, high = (1, worth) if stage.data["buys"] else (worth, max(worth, CEILING))
    return "offer", {"price": me.random.randint(low, high)}


def market(me: Bot, stage: Stage) -> Offer | None:
    """Do as they do: what plays without being told how."""
    return name(me, stage)

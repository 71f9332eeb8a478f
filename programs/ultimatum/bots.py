"""Who wants points alone, and who does as people have been found to.

Oosterbeek, Sloof & van de Kuilen (2004), "Cultural differences in ultimatum game experiments:
evidence from a meta-analysis", Experimental Economics 7(2): on average 40 per cent is offered, and
the less it is, the more often it is rejected.
"""

from typing import Any

from palier.program import Bot, Stage

#: As in program.py.
PIE = 10


class Selfish(Bot):
    """Offers the least there is, and accepts whatever is more than nothing."""

    offers: tuple[int, ...] = (1,)
    least = 1

    def offer(self, _stage: Stage) -> dict[str, Any]:
        """Return what is offered."""
        return {"amount": self.random.choice(self.offers)}

    def reply(self, stage: Stage) -> dict[str, Any]:
        """Return what is said to an offer; with the strategy method there is none yet."""
        offer: Any = stage.data.get("offer")
        if offer is None:
            return {"least": self.least}
        return {"reply": "accept" if offer >= self.least else "reject"}


class Human(Selfish):
    """Offers 40 or 50 per cent, and accepts from 30 on.

    It stands for many: from where on people accept differs from one to the next.
    """

    offers = (PIE * 4 // 10, PIE // 2)
    least = PIE * 3 // 10

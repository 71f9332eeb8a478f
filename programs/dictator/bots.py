"""Who wants points alone, and who gives as people have been found to.

Engel (2011), "Dictator games: a meta study", Experimental Economics 14(4): on average dictators
give about 28 per cent, and about 36 in a hundred of them give nothing.
"""

from typing import Any

from palier.program import Bot, Stage

#: How many give nothing, and parts that the others give: 0.64 times 0.44 is 0.28.
NOTHING, PARTS = 0.36, (0.4, 0.4, 0.4, 0.5, 0.5)


class Selfish(Bot):
    """Gives nothing."""

    def give(self, _stage: Stage) -> dict[str, Any]:
        """Return what is given."""
        return {"amount": 0}


class Human(Bot):
    """Gives nothing as often as people do, else so much that the mean is theirs too.

    People who give are further apart: some give half, a few everything.
    """

    def give(self, stage: Stage) -> dict[str, Any]:
        """Return what is given."""
        form: Any = stage.form
        part = 0 if self.random.random() < NOTHING else self.random.choice(PARTS)
        return {"amount": round(part * form.fields[0].maximum)}

"""How bots decide: palier run my_experiment --bots 4, palier simulate my_experiment.

A function answers the stage of its name; a class is a strategy with a name of its own:
palier simulate my_experiment --strategy half,all-in
"""

from palier.program import Bot, Stage


class Half(Bot):
    """Puts half of its points in the pot."""

    def decide(self, _stage: Stage) -> dict[str, int]:
        """Return the answer to the stage decide."""
        return {"amount": 10}


class AllIn(Bot):
    """Puts everything in the pot, but the first time."""

    def decide(self, stage: Stage) -> dict[str, int]:
        """Return the answer to the stage decide."""
        return {"amount": 0 if stage.visit == 1 else 20}

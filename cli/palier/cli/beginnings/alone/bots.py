"""How bots decide: palier run my_experiment --bots 4, palier simulate my_experiment.

A function answers the stage of its name; a class is a strategy with a name of its own:
palier simulate my_experiment --strategy careful,daring
"""

from palier.program import Bot, Stage


class Careful(Bot):
    """Takes what is certain."""

    def decide(self, _stage: Stage) -> dict[str, str]:
        """Return the answer to the stage decide."""
        return {"choice": "certain"}


class Daring(Bot):
    """Takes the lottery, but the first time."""

    def decide(self, stage: Stage) -> dict[str, str]:
        """Return the answer to the stage decide."""
        return {"choice": "certain" if stage.visit == 1 else "lottery"}

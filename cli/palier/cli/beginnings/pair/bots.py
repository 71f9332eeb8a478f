"""How bots decide: palier run my_experiment --bots 4, palier simulate my_experiment.

A function answers the stage of its name; a class is a strategy with a name of its own:
palier simulate my_experiment --strategy trusting,cautious
"""

from palier.program import Bot, Stage


class Trusting(Bot):
    """Sends everything, and half of it back."""

    def send(self, _stage: Stage) -> dict[str, int]:
        """Return the answer to the stage send."""
        return {"amount": 10}

    def send_back(self, _stage: Stage) -> dict[str, int]:
        """Return the answer to the stage send-back."""
        return {"percent": 50}


class Cautious(Bot):
    """Sends little, and nothing back of little."""

    def send(self, _stage: Stage) -> dict[str, int]:
        """Return the answer to the stage send."""
        return {"amount": 2}

    def send_back(self, stage: Stage) -> dict[str, int]:
        """Return the answer to the stage send-back."""
        received = stage.data["you received"]
        return {"percent": 40 if isinstance(received, int) and received > 15 else 0}

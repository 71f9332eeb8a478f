"""The desk's part of the public-goods game: what a decision would bring, before it is taken."""

from palier.controller import Controller, action


class Contribution(Controller):
    """Draws what the participant would earn, for what they think that the others put in."""

    def opened(self) -> None:
        """Show the curve of a draft that was there already."""
        self.compare()

    @action
    def compare(self) -> None:
        """Draw the curve, and say what this decision would bring."""
        mine, guess = self.answer.amount, self.local.guess
        if guess is None:
            return
        points = range(self.data["endowment"] + 1)
        self.local.curve = [{"put": one, "earned": self._earned(one, guess)} for one in points]
        self.local.income = None if mine is None else self._earned(mine, guess)

    def _earned(self, mine: int, guess: int) -> float:
        pot = mine + guess * (self.data["size"] - 1)
        kept: float = self.data["endowment"] - mine
        won: float = pot * self.data["multiplier"] / self.data["size"]
        return kept + won

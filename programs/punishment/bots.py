"""Strategies that the literature knows."""

from typing import Any

from palier.program import Bot, Stage


class FreeRider(Bot):
    """Gives nothing and punishes nobody."""

    def contribute(self, _stage: Stage) -> dict[str, Any]:
        """Return what is given."""
        return {"amount": 0}

    def punish(self, _stage: Stage) -> dict[str, Any]:
        """Return points against each of the others."""
        return {"a": 0, "b": 0, "c": 0}


class Reciprocator(Bot):
    """Gives everything, and punishes who gives less than half of it."""

    def contribute(self, stage: Stage) -> dict[str, Any]:
        """Return what is given."""
        return {"amount": stage.data["endowment"]}

    def punish(self, stage: Stage) -> dict[str, Any]:
        """Return points against each of the others."""
        half: Any = stage.data["endowment"]
        gave: list[Any] = [stage.data[key] for key in ("x", "y", "z")]
        return dict(zip("abc", (3 if one < half / 2 else 0 for one in gave), strict=True))


class Fearful(Bot):
    """Gives nothing until it is punished, and everything from then on."""

    punished = False

    def contribute(self, stage: Stage) -> dict[str, Any]:
        """Return what is given."""
        return {"amount": stage.data["endowment"] if self.punished else 0}

    def punish(self, _stage: Stage) -> dict[str, Any]:
        """Return points against each of the others."""
        return {"a": 0, "b": 0, "c": 0}

    def results(self, stage: Stage) -> None:
        """Remember whether there were points against it; there is nothing to answer."""
        against: Any = stage.data["points_against_you"]
        self.punished = self.punished or against > 0

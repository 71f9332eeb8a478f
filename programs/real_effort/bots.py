"""People who add, more or less well."""

from typing import Any

from palier.program import Bot, Stage


class Able(Bot):
    """Always right."""

    slips = 0.0

    def add(self, stage: Stage) -> dict[str, Any]:
        """Return the sum, or what it was taken for."""
        numbers: list[Any] = [stage.data[key] for key in "abcde"]
        slip = self.random.choice((-10, -1, 1, 10)) if self.random.random() < self.slips else 0
        return {"total": sum(numbers) + slip}


class Human(Able):
    """Wrong in one sum of six, as people are."""

    slips = 1 / 6

"""People who add, more or less well."""

from typing import Any

from palier.program import Bot, Stage


def _sum(me: Bot, stage: Stage, *, slips: float) -> dict[str, Any]:
    numbers: list[Any] = [stage.data[key] for key in "abcde"]
    slip = me.random.choice((-10, -1, 1, 10)) if me.random.random() < slips else 0
    return {"total": sum(numbers) + slip}


class Able(Bot):
    """Always right."""

    slips = 0.0

    def add(self, stage: Stage) -> dict[str, Any]:
        """Return the sum, or what it was taken for."""
        return _sum(self, stage, slips=self.slips)


class Human(Able):
    """Wrong in one sum of six, as people are."""

    slips = 1 / 6


def add(me: Bot, stage: Stage) -> dict[str, Any]:
    """Do as people do: what plays without being told how."""
    return _sum(me, stage, slips=Human.slips)

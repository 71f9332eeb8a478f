"""Level-k thinkers: level 0 knows nothing, level k answers best to a room full of level k-1."""

from typing import Any

from palier.program import Bot, Stage


class Level(Bot):
    """Begins from 50, or the last mean, and multiplies by p as often as its level says."""

    level = 0

    def guess(self, stage: Stage) -> dict[str, Any]:
        """Return the number."""
        p: Any = stage.data["p"]
        history: Any = stage.data["history"]
        begin = history[-1]["mean"] if history else 50
        return {"number": begin * p**self.level}


class LevelOne(Level):
    """Answers best to people who know nothing."""

    level = 1


class LevelTwo(Level):
    """Answers best to level one."""

    level = 2


class LevelThree(Level):
    """Answers best to level two."""

    level = 3

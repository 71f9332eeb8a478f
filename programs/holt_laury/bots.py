"""People with a constant relative risk aversion r: u(x) = x^(1-r) / (1-r)."""

from typing import Any

from palier.program import Bot, Stage

A, B = (2.00, 1.60), (3.85, 0.10)


class Neutral(Bot):
    """Takes what brings more on average: A four times, then B."""

    r = 0.0

    def choices(self, _stage: Stage) -> dict[str, Any]:
        """Return what is chosen in each row."""
        return {f"row{row}": "A" if self._safe(row / 10) else "B" for row in range(1, 11)}

    def _safe(self, p: float) -> bool:
        return self._utility(A, p) > self._utility(B, p)

    def _utility(self, prizes: tuple[float, float], p: float) -> float:
        high, low = (float(one ** (1 - self.r)) / (1 - self.r) for one in prizes)
        return p * high + (1 - p) * low


class Averse(Neutral):
    """Risk averse, as most people are: A six times."""

    r = 0.5


class Loving(Neutral):
    """Risk loving: A twice or less."""

    r = -0.6

"""What is measured: somebody that can do W1 and W2."""

from __future__ import annotations

from abc import ABC, abstractmethod

from figures import BarrierShape, Figures, Shape, SubmitsShape


class Contestant(ABC):
    """One side of the comparison, on one database, its server running."""

    #: How the table calls it.
    name: str

    @abstractmethod
    async def barrier(self, shape: BarrierShape) -> Figures:
        """Measure W1 once."""

    @abstractmethod
    async def submits(self, shape: SubmitsShape) -> Figures:
        """Measure W2 once."""

    def takes(self, shape: Shape) -> bool:  # noqa: ARG002 - most take all
        """Whether this one is measured at this shape at all."""
        return True

    async def measure(self, shape: Shape) -> Figures:
        """Measure one shape, once."""
        if isinstance(shape, BarrierShape):
            return await self.barrier(shape)
        return await self.submits(shape)

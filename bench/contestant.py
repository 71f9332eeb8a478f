"""What is measured: somebody that can do W1 and W2."""

from __future__ import annotations

from abc import ABC, abstractmethod

from figures import BarrierShape, Figures, LiveShape, Shape, SubmitsShape


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

    async def live(self, shape: LiveShape) -> Figures:
        """Measure W5 once."""
        raise NotImplementedError

    def takes(self, shape: Shape) -> bool:
        """Whether this one is measured at this shape at all."""
        return not isinstance(shape, LiveShape)

    async def measure(self, shape: Shape) -> Figures:
        """Measure one shape, once."""
        if isinstance(shape, BarrierShape):
            return await self.barrier(shape)
        if isinstance(shape, LiveShape):
            return await self.live(shape)
        return await self.submits(shape)

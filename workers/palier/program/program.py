"""What an author writes: a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, JsonValue

from palier.program.payment import Payment
from palier.program.settings import Plan

if TYPE_CHECKING:
    from palier.program.matching import Matching
    from palier.program.session import Session


class Program:
    """A sitting that many people go through together, as one sequential coroutine.

    ``title`` is what participants read; ``steps`` are the names of its stages in their usual
    order, shown as a stepper, and may be left out; ``group_size`` says of how many a group is, so
    that a session with a wrong number of seats is refused when it is opened; `matching` says more.
    ``payment`` says how points become money, where they do.

    `run` may await nothing but the stages and groups of its session, and takes chance only from
    ``session.random``: then a worker that takes over reaches the same point by running it again.
    """

    title: ClassVar[str] = ""
    steps: ClassVar[tuple[str, ...]] = ()
    group_size: ClassVar[int | None] = None
    payment: Payment | None = None

    class Settings(BaseModel):
        """What an operator can set when opening a session; a subclass adds fields with defaults."""

        model_config = ConfigDict(frozen=True, extra="forbid")

    # an author narrows the type by declaring a nested Settings: ``self.settings`` is one of those
    settings: Any

    def __init__(self, settings: BaseModel | None = None) -> None:
        self.settings = self.Settings() if settings is None else settings
        #: The session's settings with those of its treatments and periods.
        self.all_settings = Plan.plain(self.settings)

    @classmethod
    def planned(cls, given: Mapping[str, JsonValue], *, name: str = "") -> Self:
        """Return a program with settings, treatments and periods as they are given at opening.

        Raises `BadSettings`, in which it is called by its ``name``.
        """
        plan = Plan.read(cls.Settings, given, program=name or cls.__name__)
        program = cls(plan.settings)
        program.all_settings = plan
        return program

    def matching(self) -> Matching | None:
        """Return a matching of which is to be known that it can be when a session is opened."""
        return None

    async def run(self, session: Session) -> None:
        """Conduct a session from its first stage to its last."""
        raise NotImplementedError

    @classmethod
    def described_steps(cls) -> tuple[tuple[str, str], ...]:
        """Return name and title of each step."""
        return tuple((name, titled(name)) for name in cls.steps)


def titled(name: str) -> str:
    """Return the title that a stage has when its author gives none."""
    return name.replace("-", " ").capitalize()

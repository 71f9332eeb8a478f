"""Who gets which treatment: drawn by chance in equal shares, or as it was declared."""

from __future__ import annotations

import random as chance

from pydantic import BaseModel

from palier.program.settings import GROUPS, SESSION, SESSION_IS, Plan


class Treatments:
    """The treatments of one session and who has which, by its seed.

    A scope's treatment is asked for once and stays; a replay makes the same scopes in the same
    order.
    """

    def __init__(self, plan: Plan, *, seed: int) -> None:
        self.plan = plan
        self._random = chance.Random(f"{seed}:treatments")  # noqa: S311 - repeatable is the point
        self._ahead: list[str] = []
        #: The treatment of the session as a whole; empty where each group has its own, or none.
        self.session = self._of_session()

    def next(self) -> str:
        """Return the treatment of a scope that is formed now and is within none that has one.

        Every one once, by chance or as listed, before any comes again; empty where there are none.
        """
        if not self.plan.treatments:
            return ""
        if not self._ahead:
            assign = self.plan.assign
            self._ahead = list(assign if isinstance(assign, tuple) else self.plan.treatments)
            if not isinstance(assign, tuple):
                self._random.shuffle(self._ahead)
        return self._ahead.pop(0)

    def settings(self, treatment: str, period: int | None = None) -> BaseModel:
        """Return the settings that hold in a treatment, and in one of its periods."""
        return self.plan.of(treatment, period)

    def _of_session(self) -> str:
        assign = self.plan.assign
        if isinstance(assign, tuple) or assign == GROUPS:
            return ""
        if assign == SESSION:
            return self._random.choice(tuple(self.plan.treatments))
        return assign.removeprefix(SESSION_IS)

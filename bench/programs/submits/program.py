"""Many groups of everyone, a stage open in each: so that a seat can submit many times at once.

A seat answers a stage once. To have a hundred commands of one seat under way, a hundred stages must
be open for it; each of these groups has all seats of the session.
"""

from palier.program import Field, Form, Group, Program, Session
from palier.program.requests import Gather, ScopeRequest
from palier.program.scope import Moment


class Payload(Form):
    """A decision of about two hundred bytes."""

    text: str = Field(max_length=1000, title="Decision")


class Submits(Program):
    """One stage after the other in each of ``scopes`` groups, until an operator closes."""

    title = "Submits"

    class Settings(Program.Settings):
        """How many."""

        scopes: int = Field(default=100, ge=1)

    async def run(self, session: Session) -> None:
        """Form the groups, then let each go its way."""
        groups = [
            Group(f"s{number}", session.participants, seed=0, moment=Moment())
            for number in range(1, self.settings.scopes + 1)
        ]
        seats = tuple(one.seat for one in session)
        for group in groups:
            await ScopeRequest(scope=group.name, seats=seats)
        await Gather(coroutines=tuple(self.play(one) for one in groups))

    async def play(self, group: Group) -> None:
        """One decision after the other."""
        while True:
            await group.stage("decide", form=Payload)

"""Everyone writes to the next one in their group, and nobody else may read it.

Each round has a postmark that no other one has, and a price by chance: a worker that takes over
must come to the same ones.
"""

import uuid

from palier.program import Field, Form, Group, Program, Session


class Letter(Form):
    """A letter, and stamps for it: each is worth a point to whoever is written to."""

    text: str = Field(min_length=8, max_length=40)
    stamps: int = Field(ge=0, le=1000)


class Letters(Program):
    """Groups of three."""

    title = "Letters"
    group_size = 3

    class Settings(Program.Settings):
        """What an operator can set."""

        rounds: int = 10

    async def run(self, session: Session) -> None:
        """Letters to and fro, group by group, then the end for all."""
        await session.each_group(self.write, size=3)
        await session.stage("end", data=lambda one: {"total": one.payoff})

    async def write(self, group: Group) -> None:
        """All rounds of one group."""
        for _ in range(self.settings.rounds):
            letters = await group.stage("write", form=Letter)
            people = sorted(letters, key=lambda one: one.seat)
            received = {one: letters[people[place - 1]] for place, one in enumerate(people)}
            for one, letter in received.items():
                one.pay(letter.stamps)
            shared = {
                "postmark": await group.once("postmark", lambda: uuid.uuid4().hex),
                "price": group.random.random(),
                "delivered": group.now().isoformat(),
            }
            await group.stage(
                "read",
                data=lambda one, received=received, shared=shared: {
                    "text": received[one].text,
                    "stamps": received[one].stamps,
                    **shared,
                },
            )

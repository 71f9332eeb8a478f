"""The linear public-goods game: what is put in the pot grows, and is shared by all of the group.

Isaac & Walker (1988), "Group size effects in public goods provision", QJE 103(1).
"""

from palier.program import Field, Form, Group, Program, Session

ENDOWMENT = 20


class Contribution(Form):
    """What one participant puts in the pot in one round."""

    amount: int = Field(ge=0, le=ENDOWMENT, title="How much do you put in the pot?")


class PublicGoods(Program):
    """Four players a group, the same ones in every round."""

    title = "Public goods"
    steps = ("instructions", "contribute", "results", "goodbye")
    group_size = 4

    class Settings(Program.Settings):
        """What an operator can set."""

        rounds: int = Field(default=10, ge=1, le=100)
        multiplier: float = Field(default=1.6, gt=1)
        seconds: float | None = Field(default=None, gt=0, description="To contribute, each round.")

    async def run(self, session: Session) -> None:
        """Instructions for all, the rounds group by group, goodbye for all."""
        await session.stage("instructions", text=INSTRUCTIONS.format(self.settings.multiplier))
        await session.each_group(self.play, size=4)
        await session.stage(
            "goodbye", text="Thank you for taking part.", data=lambda one: {"total": one.payoff}
        )

    async def play(self, group: Group) -> None:
        """All rounds of one group."""
        for number in range(1, self.settings.rounds + 1):
            current = f"Round {number} of {self.settings.rounds}"
            answers = await group.stage(
                "contribute",
                form=Contribution,
                title=current,
                deadline=self.settings.seconds,
                missing=Contribution(amount=0),
            )
            pot = sum(answer.amount for answer in answers.values())
            share = pot * self.settings.multiplier / len(group)
            earned = {one: ENDOWMENT - answer.amount + share for one, answer in answers.items()}
            for participant, amount in earned.items():
                participant.pay(amount)
            await group.stage(
                "results",
                title=f"{current}: results",
                data=lambda one, pot=pot, earned=earned: {"pot": pot, "you earned": earned[one]},
            )


INSTRUCTIONS = """\
You are in a group of four. In each round everyone gets 20 points and decides how many of them \
to put in a common pot. What is in the pot is multiplied by {} and shared equally among the four, \
whatever each of them put in. What you do not put in you keep."""

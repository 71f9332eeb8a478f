"""What this program is, in a sentence, and the source it follows."""

from palier.program import Field, Form, Group, Program, Session

POINTS = 20


class Decision(Form):
    """What one participant decides in one round."""

    amount: int = Field(ge=0, le=POINTS, title="How much do you put in the pot?")


class MyExperiment(Program):
    """Groups that stay together for some rounds."""

    title = "My experiment"
    steps = ("instructions", "decide", "results", "goodbye")
    group_size = 4

    class Settings(Program.Settings):
        """What an operator can set: palier run my_experiment --set rounds=5."""

        rounds: int = Field(default=3, ge=1)
        multiplier: float = Field(default=1.6, gt=1)

    async def run(self, session: Session) -> None:
        """Everyone reads, the groups play by themselves, everyone is thanked."""
        await session.stage(
            "instructions",
            text=f"You are {self.group_size} in a group, with {POINTS} points in each round.",
        )
        await session.each_group(self.play, size=self.group_size)
        await session.stage(
            "goodbye",
            text="Thank you for taking part.",
            data=lambda one: {"your points": one.payoff},
        )

    async def play(self, group: Group) -> None:
        """All rounds of one group."""
        for number in range(1, self.settings.rounds + 1):
            answers = await group.stage(
                "decide",
                form=Decision,
                data={"round": number},
                deadline=60,
                missing=Decision(amount=0),
            )
            pot = sum(answer.amount for answer in answers.values())
            share = pot * self.settings.multiplier / len(group)
            for one, answer in answers.items():
                one.pay(POINTS - answer.amount + share)
            await group.stage("results", data={"in the pot": pot, "for each of you": share})

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
        self.rules = {"endowment": ENDOWMENT, "size": 4, **self.settings.model_dump()}
        await session.stage("instructions", data=self.rules)
        await session.each_group(self.play, size=4)
        await session.stage(
            "goodbye", text="Thank you for taking part.", data=lambda one: {"total": one.payoff}
        )

    async def play(self, group: Group) -> None:
        """All rounds of one group."""
        history = []
        for number in range(1, self.settings.rounds + 1):
            answers = await group.stage(
                "contribute",
                form=Contribution,
                data={"round": number, **self.rules},
                deadline=self.settings.seconds,
                missing=Contribution(amount=0),
            )
            pot = sum(answer.amount for answer in answers.values())
            share = pot * self.settings.multiplier / len(group)
            earned = {one: ENDOWMENT - answer.amount + share for one, answer in answers.items()}
            for one, points in earned.items():
                one.pay(points)
            history.append({"round": number, "mean": pot / len(group)})
            seen = {"round": number, "pot": pot, "share": share, "history": history, **self.rules}
            await group.stage(
                "results", data=lambda one, seen=seen, own=earned: {**seen, "earned": own[one]}
            )

"""What this program is, in a sentence, and the source it follows."""

from typing import Literal

from palier.program import Field, Form, Program, Session

CERTAIN = 10
PRIZE = 25


class Decision(Form):
    """What one participant decides in one round."""

    choice: Literal["certain", "lottery"] = Field(title="What do you take?")


class About(Form):
    """What is asked at the end."""

    age: int = Field(ge=16, le=120, title="How old are you?")
    reasons: str = Field(default="", max_length=500, title="How did you decide?")


class MyExperiment(Program):
    """Everyone decides alone, in step with the others."""

    title = "My experiment"
    steps = ("instructions", "decide", "results", "about", "goodbye")

    class Settings(Program.Settings):
        """What an operator can set: palier run my_experiment --set rounds=5."""

        rounds: int = Field(default=3, ge=1)
        chance: float = Field(default=0.5, ge=0, le=1)

    async def run(self, session: Session) -> None:
        """Everyone reads, decides some rounds, answers questions and is thanked."""
        await session.stage(
            "instructions",
            text=f"In each round you take {CERTAIN} points, or a lottery for {PRIZE}.",
        )
        for number in range(1, self.settings.rounds + 1):
            answers = await session.stage("decide", form=Decision, data={"round": number})
            won = {one: session.random.random() < self.settings.chance for one in answers}
            earned = {
                one: CERTAIN if answer.choice == "certain" else PRIZE * won[one]
                for one, answer in answers.items()
            }
            for one, points in earned.items():
                one.pay(points)
            await session.stage(
                "results", data=lambda one, earned=earned: {"you earned": earned[one]}
            )
        await session.stage("about", form=About)
        await session.stage(
            "goodbye",
            text="Thank you for taking part.",
            data=lambda one: {"your points": one.payoff},
        )

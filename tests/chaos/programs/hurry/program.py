"""Everyone has a moment for each answer; for who is late another one counts."""

from palier.program import Field, Form, Program, Session


class Number(Form):
    """A number; a participant who is there gives one above zero."""

    value: int = Field(ge=0, le=100_000)


class Hurry(Program):
    """Rounds of all together: a number against the clock, then a look at it without one."""

    title = "Hurry"

    class Settings(Program.Settings):
        """What an operator can set; the moment is in seconds."""

        rounds: int = 10
        moment: float = 1.2

    async def run(self, session: Session) -> None:
        """All rounds."""
        for _ in range(self.settings.rounds):
            answers = await session.stage(
                "hurry", form=Number, deadline=self.settings.moment, missing=Number(value=0)
            )
            for one, answer in answers.items():
                one.pay(answer.value)
            await session.stage("look", data=lambda one: {"total": one.payoff})

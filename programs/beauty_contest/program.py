"""The guessing game: who comes closest to a part of the mean of all guesses wins.

Nagel (1995), "Unraveling in guessing games: an experimental study", AER 85(5).
"""

from decimal import Decimal

from palier.program import Field, Form, Payment, Program, Session


class Guess(Form):
    """A number from 0 to 100."""

    number: float = Field(ge=0, le=100, title="Which number do you choose?")


class BeautyContest(Program):
    """All play together, several times."""

    title = "Guess a number"
    steps = ("instructions", "guess", "result", "goodbye")
    payment = Payment(currency="EUR", rate=1, show_up=5)

    class Settings(Program.Settings):
        """What an operator can set."""

        p: float = Field(default=2 / 3, gt=0, lt=2, description="Of the mean: what is to be met.")
        rounds: int = Field(default=4, ge=1, le=50)
        prize: Decimal = Field(default=Decimal(20), gt=0, description="Of each round, shared.")

    async def run(self, session: Session) -> None:
        """Instructions, the rounds, goodbye."""
        settings = session.settings
        rules = {"p": settings.p, "rounds": settings.rounds, "prize": settings.prize}
        await session.stage("instructions", text=INSTRUCTIONS, data=rules)
        history: list[dict[str, float]] = []
        for period in session.periods(settings.rounds):
            told = {**rules, "round": period.number, "history": history}
            answers = await session.stage("guess", form=Guess, data=told)
            guesses = {one: Decimal(str(answer.number)) for one, answer in answers.items()}
            mean = sum(guesses.values(), Decimal(0)) / len(guesses)
            target = Decimal(str(settings.p)) * mean
            best = min(abs(one - target) for one in guesses.values())
            winners = [one for one, guess in guesses.items() if abs(guess - target) == best]
            for one in winners:
                one.pay(settings.prize / len(winners), period=period)
            history.append({"round": period.number, "mean": float(mean), "target": float(target)})
            seen = {
                one: {"your_number": guesses[one], "you_won": one in winners} for one in guesses
            }
            await session.stage(
                "result",
                data={"mean": mean, "target": target, "winners": len(winners), "history": history},
                own=seen.__getitem__,
            )
        await session.stage("goodbye", data=lambda one: {"you_are_paid": one.payment})


INSTRUCTIONS = """\
Everyone chooses a number from 0 to 100. The mean of all numbers, times p, is the target of the
round.

Whoever is closest to the target wins the prize; several who are equally close share it."""

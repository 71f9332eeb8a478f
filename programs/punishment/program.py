"""Public goods with punishment: who has seen what the others gave may pay to take from them.

Fehr & Gächter (2000), "Cooperation and punishment in public goods experiments", AER 90(4).
"""

from decimal import Decimal

from palier.program import Field, Form, Group, Participant, Payment, Program, Session

ENDOWMENT, MOST = 20, 10
#: What it costs to assign 0, 1, 2 … 10 points to one of the others.
COSTS = (0, 1, 2, 4, 6, 9, 12, 16, 20, 25, 30)


class Contribution(Form):
    """What one participant gives to the project."""

    amount: int = Field(ge=0, le=ENDOWMENT, title="How much do you give to the project?")


class Punishment(Form):
    """Points against each of the three others, who are known by a letter in this period alone."""

    a: int = Field(default=0, ge=0, le=MOST, title="Points against A")
    b: int = Field(default=0, ge=0, le=MOST, title="Points against B")
    c: int = Field(default=0, ge=0, le=MOST, title="Points against C")


class PublicGoodsWithPunishment(Program):
    """Groups of four that stay together; with punishment or without is a treatment."""

    title = "Project"
    steps = ("instructions", "contribute", "results", "goodbye")
    group_size = 4
    payment = Payment(currency="EUR", rate="0.02", show_up=5, rounding="0.10", round="up")

    class Settings(Program.Settings):
        """What an operator can set."""

        rounds: int = Field(default=10, ge=1, le=100)
        share: Decimal = Field(default=Decimal("0.4"), gt=0, lt=1, description="Of each point.")
        punishment: bool = True

    async def run(self, session: Session) -> None:
        """Each group goes through all of it by itself."""
        await session.each_group(self.play, size=4)
        await session.stage("goodbye", data=lambda one: {"you_are_paid": one.payment})

    async def play(self, group: Group) -> None:
        """All rounds of one group, by the rules of its treatment."""
        settings = group.settings
        rules = {"rounds": settings.rounds, "share": settings.share, "endowment": ENDOWMENT}
        told = INSTRUCTIONS + (PUNISHING if settings.punishment else "")
        await group.stage("instructions", text=told, data=rules)
        for period in group.periods(settings.rounds):
            now = {**rules, "round": period.number}
            answers = await group.stage("contribute", form=Contribution, data=now)
            given = {one: answer.amount for one, answer in answers.items()}
            project = settings.share * sum(given.values())
            income = {one: ENDOWMENT - amount + project for one, amount in given.items()}
            against, cost = dict.fromkeys(given, 0), dict.fromkeys(given, 0)
            if settings.punishment:
                against, cost = await self.punish(group, given, income, now)
            for one, before in income.items():
                left = before * Decimal(max(0, 10 - against[one])) / 10
                one.pay(left - cost[one], period=period)
                income[one] = left - cost[one]
            told_alone = {
                one: {
                    "you_gave": given[one],
                    "points_against_you": against[one],
                    "your_points_cost": cost[one],
                    "you_earn": income[one],
                }
                for one in given
            }
            seen = {**now, "given_in_all": sum(given.values())}
            await group.stage("results", data=seen, own=told_alone.__getitem__)

    async def punish(
        self,
        group: Group,
        given: dict[Participant, int],
        income: dict[Participant, Decimal],
        now: dict[str, object],
    ) -> tuple[dict[Participant, int], dict[Participant, int]]:
        """Return the points against each participant, and what it has cost each to assign them."""
        others: dict[Participant, list[Participant]] = {}
        for one in given:
            # in another order each period, so that nobody is known again
            others[one] = [other for other in given if other is not one]
            group.random.shuffle(others[one])
        answers = await group.stage(
            "punish",
            form=Punishment,
            data=now,
            own=lambda one: {
                "you_gave": given[one],
                "income": income[one],
                **{key: given[other] for key, other in zip("xyz", others[one], strict=False)},
            },
        )
        against, cost = dict.fromkeys(given, 0), dict.fromkeys(given, 0)
        for one, answer in answers.items():
            points = (answer.a, answer.b, answer.c)
            # who was excluded meanwhile is no longer there to be punished
            for other, number in zip(others[one], points, strict=False):
                against[other] += number
                cost[one] += COSTS[number]
        return against, cost


INSTRUCTIONS = """\
You are in a group of four that stays together. In each round everyone has 20 points and decides how
many of them to give to a common project. What you keep is yours; each point that is given brings
every one of the four the same share of a point, whoever gave it."""

PUNISHING = """

Then you see what each of the others gave. You may assign up to 10 points against each of them. Each
point against somebody takes 10 % of what they earned in this round, down to nothing. It costs you:
1, 2, 4, 6, 9, 12, 16, 20, 25 or 30 points for 1 to 10 points against one person."""

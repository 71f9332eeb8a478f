"""A real-effort task: adding five numbers, one sum after the other until the time is up.

Niederle & Vesterlund (2007), "Do women shy away from competition? Do men compete too much?", QJE
122(3).
"""

from datetime import timedelta
from decimal import Decimal
from typing import Literal

from palier.program import Field, Form, Group, Participant, Payment, Program, Session, Solo

NUMBERS = 5


class Sum(Form):
    """What five numbers come to."""

    total: int = Field(ge=0, le=999, title="What do they come to?")


class RealEffort(Program):
    """Groups of four: each sum is paid, or only those of the best of the group."""

    title = "Sums"
    steps = ("instructions", "add", "result")
    group_size = 4
    payment = Payment(currency="EUR", show_up=5)

    class Settings(Program.Settings):
        """What an operator can set."""

        pay: Literal["piece-rate", "tournament"] = "piece-rate"
        seconds: float = Field(default=300, gt=0, le=3600, description="For all sums together.")
        most: int = Field(default=60, ge=1, le=500, description="Sums for one participant.")
        prize: Decimal = Field(default=Decimal("0.50"), gt=0, description="A sum, at piece rate.")

    async def run(self, session: Session) -> None:
        """Group by group, each participant at their own pace."""
        await session.each_group(self.compete, size=4)

    async def compete(self, group: Group) -> None:
        """Let everyone of a group work, and pay them by the rule of its treatment."""
        settings = group.settings
        rules = {"seconds": settings.seconds, "prize_in_euros": settings.prize}
        await group.stage("instructions", text=RULES[settings.pay], data=rules)
        solved: dict[Participant, int] = {}

        async def work(solo: Solo) -> None:
            solved[solo.participant] = await self.add(solo)

        await group.each(work)
        there = {one: count for one, count in solved.items() if not one.excluded}
        best = max(there.values(), default=0)
        equals = [one for one, count in there.items() if count == best]
        if settings.pay == "piece-rate":
            for one, count in there.items():
                one.pay(settings.prize * count)
        elif equals:
            group.random.choice(equals).pay(settings.prize * len(group.everyone) * best)
        await group.stage(
            "result",
            data={"best_of_the_group": best},
            own=lambda one: {"you_solved": there[one], "you_are_paid": one.payment},
        )

    async def add(self, solo: Solo) -> int:
        """Return how many sums one participant has right when the time is up."""
        settings = solo.settings
        end = solo.now() + timedelta(seconds=settings.seconds)
        right, said = 0, ""
        for number in range(1, settings.most + 1):
            left = (end - solo.now()).total_seconds()
            if left <= 0:
                break
            numbers = [solo.random.randint(10, 99) for _ in range(NUMBERS)]
            shown = dict(zip("abcde", numbers, strict=True))
            answers = await solo.stage(
                "add",
                form=Sum,
                data={**shown, "number": number, "right": right, "last": said},
                deadline=left,
                missing=Sum(total=0),
            )
            ok = [answer.total == sum(numbers) for answer in answers.values()]
            right += sum(ok)
            said = "right" if all(ok) else "wrong"
        return right


RULES = {
    "piece-rate": """\
Add five numbers, one sum after the other, until the time is up. You may use pen and paper, and no
calculator.

You are paid the prize for **each sum that is right**.""",
    "tournament": """\
Add five numbers, one sum after the other, until the time is up. You may use pen and paper, and no
calculator.

You are in a group of four. Whoever of the four has **most sums right** is paid four times the prize
for each of them; the others are paid nothing for theirs. If several are equal, chance decides.""",
}

"""Holt and Laury's menu of ten choices between a safe and a risky lottery.

Holt & Laury (2002), "Risk aversion and incentive effects", AER 92(5).
"""

from decimal import Decimal
from typing import Any, Literal, cast

from pydantic import create_model, model_validator

from palier.program import Field, Form, Payment, Program, Session, Solo, choice

#: High and low prize of the safe lottery A and of the risky lottery B.
A, B = (Decimal("2.00"), Decimal("1.60")), (Decimal("3.85"), Decimal("0.10"))
ROWS = range(1, 11)


class HoltLaury(Program):
    """Ten choices, one of which is played out and paid."""

    title = "Ten choices"
    steps = ("instructions", "choices", "result")
    payment = Payment(currency="EUR", show_up=5)

    class Settings(Program.Settings):
        """What an operator can set."""

        scale: Decimal = Field(default=Decimal(1), gt=0, description="Times the original prizes.")
        one_switch: bool = Field(default=False, description="Refuse going back from B to A.")

    async def run(self, session: Session) -> None:
        """Everyone alone, at their own pace."""
        await session.stage("instructions", text=INSTRUCTIONS)
        await session.each(self.choose)

    async def choose(self, solo: Solo) -> None:
        """Take the ten choices of one participant and play one of them out."""
        settings = solo.settings
        menu = menu_of(settings.scale, one_switch=settings.one_switch)
        answers = await solo.stage("choices", form=menu, title="Which do you choose?")
        row, ball = solo.random.choice(ROWS), solo.random.choice(ROWS)
        for one, answer in answers.items():
            chosen = getattr(answer, f"row{row}")
            high, low = A if chosen == "A" else B
            prize = (high if ball <= row else low) * settings.scale
            one.pay(prize)
            drawn = {"choice": row, "you_chose": chosen, "ball": ball, "prize": prize}
            await solo.stage("result", data={**drawn, "you_are_paid": one.payment})


def menu_of(scale: Decimal, *, one_switch: bool) -> type[Form]:
    """Return the form: a field for each row, which says what A and B are there."""
    fields: dict[str, Any] = {}
    for row in ROWS:
        titles = {
            "A": f"A: {_lottery(A, row, scale)}",
            "B": f"B: {_lottery(B, row, scale)}",
        }
        fields[f"row{row}"] = (Literal["A", "B"], choice(f"Choice {row}", titles))
    base: Any = OneSwitch if one_switch else Form
    return cast("type[Form]", create_model("Menu", __base__=base, **fields))


class OneSwitch(Form):
    """Choices that go from A to B once, or never."""

    @model_validator(mode="after")
    def _never_back(self) -> "OneSwitch":
        if "BA" in "".join(getattr(self, f"row{row}") for row in ROWS):
            raise ValueError("You went from B back to A: once you prefer B, stay with it.")
        return self


def safe_choices(answer: dict[str, Any]) -> int:
    """Return how often A was chosen: the measure of risk aversion, 4 for a neutral person."""
    return sum(answer[f"row{row}"] == "A" for row in ROWS)


def switches_once(answer: dict[str, Any]) -> bool:
    """Tell whether the choices are consistent: from A to B, and never back."""
    return "BA" not in "".join(answer[f"row{row}"] for row in ROWS)


def _lottery(prizes: tuple[Decimal, Decimal], row: int, scale: Decimal) -> str:
    high, low = (f"€{one * scale:.2f}" for one in prizes)
    if row == len(ROWS):
        return f"{high} for sure"
    return f"{high} with {row} in 10, {low} with {10 - row} in 10"


INSTRUCTIONS = """\
You make ten choices between two lotteries.

One of the ten is drawn by chance and played out: a ball with a number from 1 to 10 says whether you
win the larger or the smaller prize. As you do not know which one it will be, treat each choice as
if it were the one that counts."""

"""Every widget that a screen can have: to look at, to try, and to copy from.

Each stage is a family of widgets; `screens/` has the file that shows it.
"""

from datetime import date
from math import sin
from typing import Literal

from palier.program import Field, Form, Program, Session

MOODS = ("calm", "curious", "tired", "hurried")


class Written(Form):
    """What is filled in by typing and sliding."""

    name: str = Field(max_length=40, title="Your first name")
    remark: str = Field(default="", max_length=400, title="Anything else?")
    price: float = Field(ge=0, le=100, title="Your price")
    amount: int = Field(ge=0, le=20, title="How many points do you give?")
    born: date | None = Field(default=None, title="Date of birth")


class Chosen(Form):
    """What is filled in by choosing."""

    mood: Literal["calm", "curious", "tired", "hurried"] = Field(title="How do you feel?")
    town: Literal["Lyon", "Nantes", "Lille", "Nice", "Brest", "Metz", "Tours"] = Field(
        title="Where do you live?"
    )
    trust: int = Field(ge=1, le=7, title="Most people can be trusted.")
    agreed: bool = Field(default=False, title="I have read the instructions")


class Gallery(Program):
    """One stage for each family of widgets."""

    title = "Gallery"
    steps = ("layouts", "reading", "writing", "choosing", "data", "live")

    async def run(self, session: Session) -> None:
        """Go through all of them."""
        await session.stage("layouts")
        await session.stage("reading", data={"tokens": 20, "share": 0.4, "earned": 26.8})
        await session.stage("writing", form=Written)
        await session.stage("choosing", form=Chosen)
        await session.stage("data", data={"rounds": ROUNDS, "wave": WAVE})
        await session.stage("live", data={"happened": ["The market opens."]}, deadline=300)


ROUNDS = [
    {
        "round": number,
        "seat": f"s{number % 4 + 1:02}",
        "put": (number * 7) % 21,
        "earned": 20 + number / 2,
    }
    for number in range(1, 41)
]

WAVE = [
    {"t": at / 4, "price": 12 + 4 * sin(at / 6), "mean": 12 + 2 * sin(at / 9)} for at in range(120)
]

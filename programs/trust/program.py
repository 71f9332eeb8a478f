"""The trust game: what one sends grows threefold, and the other gives back what they like.

Berg, Dickhaut & McCabe (1995), "Trust, reciprocity, and social history", Games and Economic
Behavior 10(1).
"""

from typing import Any, Literal

from pydantic import create_model

from palier.program import Field, Form, Group, Matching, Program, Session

ENDOWMENT = 10


class Sent(Form):
    """What a sender sends."""

    amount: int = Field(ge=0, le=ENDOWMENT, title="How many points do you send?")


def returned(most: int) -> type[Any]:
    """Return the form that asks a receiver: no more than they were given."""
    title = "How many points do you give back?"
    return create_model("Returned", __base__=Form, amount=(int, Field(ge=0, le=most, title=title)))


class Trust(Program):
    """Two players a group; who sends does so in all periods."""

    title = "Sending points"
    steps = ("instructions", "send", "return", "results", "goodbye")
    group_size = 2

    class Settings(Program.Settings):
        """What an operator can set."""

        rounds: int = Field(default=1, ge=1, le=100)
        matching: Literal["partners", "strangers", "perfect-strangers"] = "strangers"
        multiplier: int = Field(default=3, ge=2, le=10)

    def matching(self) -> Matching:
        """Return who plays with whom."""
        return Matching(
            kind=self.settings.matching,
            size=2,
            rounds=self.settings.rounds,
            roles=("sender", "receiver"),
        )

    async def run(self, session: Session) -> None:
        """Instructions for all, the periods pair by pair, goodbye for all."""
        await session.stage(
            "instructions",
            text=f"Each of you two has {ENDOWMENT} points. One of you can send some of them to the "
            f"other, and each point that is sent becomes {self.settings.multiplier}. The other "
            "then decides how many of these to give back.",
        )
        for _ in session.periods(self.settings.rounds):
            await session.each_group(self.play, matching=self.matching())
        await session.stage(
            "goodbye", text="Thank you for taking part.", own=lambda one: {"total": one.payoff}
        )

    async def play(self, group: Group) -> None:
        """One period of one pair."""
        sender, receiver = group.role("sender"), group.role("receiver")
        answers = await group.alone(sender).stage(
            "send", form=Sent, text=f"You have {ENDOWMENT} points."
        )
        sent = answers[sender].amount
        grown = sent * group.settings.multiplier
        back = 0
        if grown:
            replies = await group.alone(receiver).stage(
                "return",
                form=returned(grown),
                text=f"The other has sent {sent} points, which have become {grown}.",
                data={"sent": sent, "received": grown},
            )
            back = replies[receiver].amount
        earned = {sender: ENDOWMENT - sent + back, receiver: ENDOWMENT + grown - back}
        for one in group:
            one.pay(earned[one])
        await group.stage(
            "results",
            data={"sent": sent, "received": grown, "given_back": back},
            own=lambda one: {"your_role": one.role, "points_earned": earned[one]},
        )

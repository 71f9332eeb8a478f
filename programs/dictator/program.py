"""The dictator game: one decides how to share, and the other takes what is left to them.

Forsythe, Horowitz, Savin & Sefton (1994), "Fairness in simple bargaining experiments", Games and
Economic Behavior 6(3).
"""

from typing import Literal

from palier.program import Field, Form, Group, Matching, Program, Session

PIE = 10


class Gift(Form):
    """What is given to the other."""

    amount: int = Field(ge=0, le=PIE, title="How many points do you give the other?")


class Dictator(Program):
    """Two players a group, of whom one decides."""

    title = "Giving points"
    steps = ("instructions", "give", "results")
    group_size = 2

    class Settings(Program.Settings):
        """What an operator can set."""

        roles: Literal["chance", "position"] = Field(
            default="chance", description="Who decides: drawn, or every first seat of two."
        )

    async def run(self, session: Session) -> None:
        """Instructions for all, one decision in each pair."""
        await session.stage(
            "instructions",
            text=f"One of you two has {PIE} points and decides how many of them to give to the "
            "other. The other decides nothing.",
        )
        matching = Matching(size=2, roles=("dictator", "recipient"), by=self.settings.roles)
        await session.each_group(self.play, matching=matching)

    async def play(self, group: Group) -> None:
        """Ask one of a pair, and tell both."""
        dictator, recipient = group.role("dictator"), group.role("recipient")
        gifts = await group.alone(dictator).stage("give", form=Gift, text=f"You have {PIE} points.")
        given = gifts[dictator].amount
        dictator.pay(PIE - given)
        recipient.pay(given)
        await group.stage(
            "results",
            text="Thank you for taking part.",
            data={"given": given},
            own=lambda one: {"your_role": one.role, "points_earned": one.payoff},
        )

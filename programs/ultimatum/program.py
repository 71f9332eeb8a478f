"""The ultimatum game: one proposes how to share, the other accepts, or both get nothing.

Güth, Schmittberger & Schwarze (1982), "An experimental analysis of ultimatum bargaining", Journal
of Economic Behavior & Organization 3(4).
"""

from typing import Literal

from palier.program import Field, Form, Group, Matching, Program, Session, Solo

PIE = 10


class Offer(Form):
    """What a proposer offers."""

    amount: int = Field(ge=0, le=PIE, title="How many points do you offer the other?")


class Reply(Form):
    """What a responder says to an offer."""

    reply: Literal["accept", "reject"] = Field(
        title="Do you accept the offer?",
        json_schema_extra={"titles": {"accept": "Accept", "reject": "Reject"}},
    )


class Threshold(Form):
    """From which offer on a responder accepts, said before there is one: the strategy method."""

    least: int = Field(ge=0, le=PIE, title="From how many points on do you accept an offer?")


class Ultimatum(Program):
    """Two players a group; who proposes does so in all periods."""

    title = "Sharing points"
    steps = ("instructions", "offer", "reply", "results", "goodbye")
    group_size = 2

    class Settings(Program.Settings):
        """What an operator can set."""

        rounds: int = Field(default=1, ge=1, le=100)
        matching: Literal["partners", "strangers", "perfect-strangers"] = "strangers"
        strategy: bool = Field(
            default=False,
            description="Responders say which offers they accept before they see one.",
        )

    def matching(self) -> Matching:
        """Return who plays with whom."""
        return Matching(
            kind=self.settings.matching,
            size=2,
            rounds=self.settings.rounds,
            roles=("proposer", "responder"),
        )

    async def run(self, session: Session) -> None:
        """Instructions for all, the periods pair by pair, goodbye for all."""
        await session.stage(
            "instructions",
            text=f"One of you two proposes how to share {PIE} points; the other accepts or "
            "rejects. Who accepts gets what is offered, and the one who proposes gets the rest. "
            "If an offer is rejected, both get nothing.",
        )
        for _ in session.periods(self.settings.rounds):
            await session.each_group(self.play, matching=self.matching())
        await session.stage(
            "goodbye", text="Thank you for taking part.", own=lambda one: {"total": one.payoff}
        )

    async def play(self, group: Group) -> None:
        """One period of one pair."""
        proposer, responder = group.role("proposer"), group.role("responder")
        if group.settings.strategy:
            offer, least = await group.each(self.decide)
            if offer is None or least is None:
                return  # one of them takes part no more
            accepted = offer >= least
        else:
            offer = await self.offer(group.alone(proposer))
            accepted = await self.reply(group.alone(responder), offer)
        earned = {proposer: PIE - offer, responder: offer} if accepted else {}
        for one in group:
            one.pay(earned.get(one, 0))
        await group.stage(
            "results",
            data={"offered": offer, "accepted": accepted},
            own=lambda one: {"your_role": one.role, "points_earned": earned.get(one, 0)},
        )

    async def decide(self, solo: Solo) -> int:
        """Ask each for their side, at the same time."""
        return await (self.offer if solo.participant.role == "proposer" else self.threshold)(solo)

    async def offer(self, solo: Solo) -> int:
        """Ask a proposer."""
        text = f"You propose how to share {PIE} points."
        return (await solo.stage("offer", form=Offer, text=text))[solo.participant].amount

    async def reply(self, solo: Solo, offer: int) -> bool:
        """Ask a responder."""
        text = f"You are offered {offer} of {PIE} points."
        answers = await solo.stage("reply", form=Reply, text=text, data={"offer": offer})
        return answers[solo.participant].reply == "accept"

    async def threshold(self, solo: Solo) -> int:
        """Ask a responder for all offers at once."""
        text = f"The other proposes how to share {PIE} points. You decide before you see the offer."
        return (await solo.stage("reply", form=Threshold, text=text))[solo.participant].least

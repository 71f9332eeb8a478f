"""Sealed-bid auctions with private values: the winner pays the own bid, or the second one.

Vickrey (1961), "Counterspeculation, auctions, and competitive sealed tenders", Journal of Finance
16(1).
"""

from decimal import Decimal
from typing import Literal

from palier.program import Field, Form, Group, Payment, Program, Session

HIGHEST, BIDDERS = 100, 4


class Bid(Form):
    """What one bidder offers."""

    bid: float = Field(ge=0, le=HIGHEST, title="How much do you bid?")


class SealedBidAuction(Program):
    """Bidders are grouped anew in each period; each knows only the own value."""

    title = "Auction"
    steps = ("instructions", "bid", "result", "goodbye")
    group_size = BIDDERS
    payment = Payment(currency="EUR", rate="0.10", show_up=5, rounding="0.10", round="up")

    class Settings(Program.Settings):
        """What an operator can set."""

        format: Literal["first-price", "second-price"] = "first-price"
        rounds: int = Field(default=10, ge=1, le=100)

    async def run(self, session: Session) -> None:
        """Instructions for all, the rounds, goodbye for all."""
        settings = session.settings
        rules = {"bidders": BIDDERS, "rounds": settings.rounds, "highest": HIGHEST}
        await session.stage("instructions", text=RULES[settings.format], data=rules)
        for _ in session.periods(settings.rounds):
            await session.each_group(self.auction, size=BIDDERS, matching="strangers")
        await session.stage("goodbye", data=lambda one: {"you_are_paid": one.payment})

    async def auction(self, group: Group) -> None:
        """Sell one thing to one group."""
        settings, number = group.settings, group.period
        values = {one: group.random.randint(0, HIGHEST) for one in group}
        told = {"round": number, "format": settings.format, "bidders": len(group)}
        answers = await group.stage(
            "bid", form=Bid, data=told, own=lambda one: {"your_value": values[one]}
        )
        bids = {one: Decimal(str(answer.bid)) for one, answer in answers.items()}
        order = sorted(bids, key=lambda one: (bids[one], group.random.random()), reverse=True)
        winner, highest = order[0], bids[order[0]]
        second = bids[order[1]] if len(order) > 1 else Decimal(0)
        price = highest if settings.format == "first-price" else second
        winner.pay(values[winner] - price, period=number)
        seen = {"round": number, "price": price, "highest_bid": highest}
        await group.stage(
            "result",
            data=seen,
            own=lambda one: {
                "your_value": values[one],
                "you_won": one is winner,
                "you_earn": values[one] - price if one is winner else 0,
            },
        )


RULES = {
    "first-price": """\
In each round one thing is sold to you or one of the others. It is worth another amount to each of
you, drawn by chance from 0 to 100; you know only your own.

The highest bid wins. The winner earns the own value **less the own bid**; the others earn
nothing.""",
    "second-price": """\
In each round one thing is sold to you or one of the others. It is worth another amount to each of
you, drawn by chance from 0 to 100; you know only your own.

The highest bid wins. The winner earns the own value **less the second-highest bid**; the others
earn nothing.""",
}

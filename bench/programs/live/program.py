"""A market that never clears: what `./run bench` measures of live stages."""

from __future__ import annotations

from typing import Any

from palier.program import Field, Form, Live, Participant, Program, Session, action

#: Orders that are shown on each side, and trades that are.
_BOOK = 8


class Market(Live):
    """Each order is shown; every third is a trade, and changes what two have."""

    class Order(Form):
        """One order."""

        price: int = Field(ge=1, le=200)

    def __init__(self) -> None:
        self.orders: list[int] = []
        self.trades: list[dict[str, int]] = []
        self.cash: dict[Participant, int] = {}

    @action
    def order(self, who: Participant, order: Order) -> None:
        """Take an order."""
        self.orders = [order.price, *self.orders][: 2 * _BOOK]
        if order.price % 3 == 0:
            other = self.random.choice(self.parties)
            for one, sign in ((who, -1), (other, 1)):
                self.cash[one] = self.cash.get(one, 0) + sign * order.price
                one.pay(sign)
            self.trades.append({"trade": len(self.trades) + 1, "price": order.price})

    def shown(self) -> dict[str, Any]:
        """Return book and trades."""
        return {
            "bids": sorted(self.orders[:_BOOK], reverse=True),
            "asks": sorted(self.orders[_BOOK:]),
            "trades": self.trades,
        }

    def shown_to(self, who: Participant) -> dict[str, Any]:
        """Return what one has."""
        return {"cash": self.cash.get(who, 0)}


class LiveMarket(Program):
    """One market for all."""

    title = "Live"

    async def run(self, session: Session) -> None:
        """Open it."""
        await session.stage("market", live=Market())

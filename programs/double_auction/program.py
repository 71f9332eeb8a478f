"""The continuous double auction: buyers and sellers name prices, and trade whenever two agree.

Smith (1962), "An experimental study of competitive market behavior", Journal of Political Economy
70(2); with a book of orders, as on an exchange.
"""

from typing import Any, TypeAlias

from palier.program import Field, Form, Live, Participant, Program, Refuse, Session, action

#: What each unit is worth to whom: to a buyer a value, to a seller a cost.
Worth: TypeAlias = dict[Participant, list[int]]

#: Orders of the book that are shown, on each side.
SHOWN = 6


class Price(Form):
    """What an order says."""

    price: int = Field(ge=1, le=1000, title="Price")


class Market(Live):
    """One period. Each buyer has values of their own, each seller costs, one for each unit.

    An order is for one unit; each trader has one at a time. It stands in the book until another
    one meets it: they trade at the price of the one that was there first.
    """

    def __init__(self, worth: Worth, *, period: int, losses: bool = False) -> None:
        self.worth = worth
        self.period = period
        self.losses = losses
        self.done = dict.fromkeys(worth, 0)
        self.earned = dict.fromkeys(worth, 0)
        #: Who offers which price, in the order in which they came.
        self.orders: dict[Participant, int] = {}
        self.trades: list[dict[str, int]] = []

    @action(title="Place the order")
    def offer(self, who: Participant, order: Price) -> None:
        """Name a price; it replaces the one before."""
        worth = self.next_unit(who)
        if not self.losses and self.profit(who, order.price, worth) < 0:
            side = "value" if who.role == "buyer" else "cost"
            raise Refuse(f"You would lose: the {side} of this unit is {worth}.")
        self.orders.pop(who, None)
        other = self.best("seller" if who.role == "buyer" else "buyer")
        if other is not None and self.profit(who, order.price, self.orders[other]) <= 0:
            self.trade(who, other)
        else:
            self.orders[who] = order.price

    @action(title="Take the best price")
    def take(self, who: Participant) -> None:
        """Trade with the best order of the other side."""
        worth = self.next_unit(who)
        other = self.best("seller" if who.role == "buyer" else "buyer")
        if other is None:
            raise Refuse("Nobody on the other side has named a price.")
        if not self.losses and self.profit(who, self.orders[other], worth) < 0:
            raise Refuse(f"You would lose: this unit is worth {worth} to you.")
        self.trade(who, other)

    @action(title="Withdraw my order")
    def withdraw(self, who: Participant) -> None:
        """Take the own order out of the book."""
        if self.orders.pop(who, None) is None:
            raise Refuse("You have no order in the book.")

    def trade(self, who: Participant, other: Participant) -> None:
        """Let two trade at the price of who was there first."""
        price = self.orders.pop(other)
        self.orders.pop(who, None)
        for one in (who, other):
            profit = self.profit(one, price, self.worth[one][self.done[one]])
            one.pay(profit, period=self.period)
            self.earned[one] += profit
            self.done[one] += 1
        self.trades.append({"trade": len(self.trades) + 1, "price": price})
        if not (self.wanting("buyer") and self.wanting("seller")):
            self.end()

    def profit(self, who: Participant, price: int, worth: int) -> int:
        """Return what a trade brings somebody to whom the unit is worth so much."""
        return worth - price if who.role == "buyer" else price - worth

    def next_unit(self, who: Participant) -> int:
        """Return what the next unit is worth; refuse where there is none."""
        if self.done[who] == len(self.worth[who]):
            raise Refuse("You have traded all your units.")
        return self.worth[who][self.done[who]]

    def wanting(self, role: str) -> list[Participant]:
        """Return those of a role who have units left."""
        return [
            one
            for one in self.parties
            if one.role == role and self.done[one] < len(self.worth[one])
        ]

    def book(self, role: str) -> list[Participant]:
        """Return who of a role has an order, the best first; of equal ones the older."""
        sign = -1 if role == "buyer" else 1
        there = [one for one in self.orders if one.role == role and not one.excluded]
        return sorted(there, key=lambda one: sign * self.orders[one])

    def best(self, role: str) -> Participant | None:
        """Return who has the best order of a role."""
        return next(iter(self.book(role)), None)

    def shown(self) -> dict[str, Any]:
        """Return the book and the trades: prices, and nobody's name."""
        bids, asks = ([self.orders[one] for one in self.book(role)] for role in ("buyer", "seller"))
        return {
            "bids": [{"bid": one} for one in bids[:SHOWN]],
            "asks": [{"ask": one} for one in asks[:SHOWN]],
            "best_bid": bids[0] if bids else None,
            "best_ask": asks[0] if asks else None,
            "trades": self.trades,
            "last": self.trades[-1]["price"] if self.trades else None,
        }

    def shown_to(self, who: Participant) -> dict[str, Any]:
        """Return what one's units are worth, and what one has done."""
        left = self.worth[who][self.done[who] :]
        return {
            "buys": who.role == "buyer",
            "worth": left[0] if left else None,
            "units": [
                {"unit": number, "worth": one, "traded": number <= self.done[who]}
                for number, one in enumerate(self.worth[who], start=1)
            ],
            "left": len(left),
            "mine": self.orders.get(who),
            "earned": self.earned[who],
        }


class DoubleAuction(Program):
    """Half of the participants buy, half sell; values and costs are the same in each period."""

    title = "Double auction"
    steps = ("instructions", "market", "results", "goodbye")

    class Settings(Program.Settings):
        """What an operator can set."""

        rounds: int = Field(default=3, ge=1, le=50, description="Periods of the market.")
        seconds: float = Field(default=120, gt=0, description="That a period lasts.")
        units: int = Field(default=3, ge=1, le=20, description="For each trader, in each period.")
        low: int = Field(default=20, ge=1, description="The lowest value or cost.")
        high: int = Field(default=180, le=1000, description="The highest value or cost.")
        losses: bool = Field(default=False, description="Whether a trade at a loss is allowed.")
        values: list[list[int]] = Field(default=[], description="Of each buyer; else by chance.")
        costs: list[list[int]] = Field(default=[], description="Of each seller; else by chance.")

    async def run(self, session: Session) -> None:
        """Instructions for all, the periods, and what everybody has earned."""
        worth = self.induce(session)
        await session.stage(
            "instructions",
            data=lambda one: {
                "buys": one.role == "buyer",
                "units": [
                    {"unit": number, "worth": each}
                    for number, each in enumerate(worth[one], start=1)
                ],
                "periods": self.settings.rounds,
                "seconds": round(self.settings.seconds),
            },
        )
        best = surplus(worth)
        for period in session.periods(self.settings.rounds):
            market = Market(worth, period=period.number, losses=self.settings.losses)
            head = {"period": period.number, "periods": self.settings.rounds}
            await session.stage("market", data=head, live=market, deadline=self.settings.seconds)
            prices = [one["price"] for one in market.trades]
            told = {
                **head,
                "trades": market.trades,
                "mean": sum(prices) / len(prices) if prices else None,
                "efficiency": sum(market.earned.values()) / best if best else None,
            }
            await session.stage(
                "results",
                data=lambda one, told=told, market=market: {**told, "earned": market.earned[one]},
            )
        await session.stage("goodbye", data=lambda one: {"total": one.payoff})

    def induce(self, session: Session) -> Worth:
        """Draw who buys, and what each unit is worth to whom: the best units first."""
        given = self.settings
        traders = list(session)
        if not (given.values or given.costs):
            session.random.shuffle(traders)
        buyers = len(given.values) or len(traders) // 2
        worth: Worth = {}
        for place, one in enumerate(traders):
            one.role = "buyer" if place < buyers else "seller"
            side, at = (given.values, place) if place < buyers else (given.costs, place - buyers)
            units = (
                side[at]
                if at < len(side)
                else [session.random.randint(given.low, given.high) for _ in range(given.units)]
            )
            worth[one] = sorted(units, reverse=one.role == "buyer")
        return worth


def surplus(worth: Worth) -> int:
    """Return what all could earn at the most: the best values with the lowest costs."""
    values = sorted(
        (each for one, units in worth.items() if one.role == "buyer" for each in units),
        reverse=True,
    )
    costs = sorted(each for one, units in worth.items() if one.role == "seller" for each in units)
    return sum(max(0, value - cost) for value, cost in zip(values, costs, strict=False))

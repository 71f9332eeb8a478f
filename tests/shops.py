"""A live stage for tests: people buy from one shelf, and an author has made mistakes on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from palier.program import Field, Form, Live, Participant, Refuse, Session, action
from palier.schemas.commands import Act
from palier.schemas.replies import Snapshot
from tests.rehearsal import SESSION

SEATS = ("p1", "p2", "p3", "p4")


class Shop(Live):
    """Ten things on a shelf; each has 20 coins, prices are by chance, the sixth sale ends it."""

    class Buy(Form):
        pieces: int = Field(ge=1, le=5)
        note: str = Field(default="", max_length=20)

    def __init__(self, *, coins: int = 20, sales: int = 6) -> None:
        self.coins: dict[Participant, int] = {}
        self.start = coins
        self.left = sales
        self.sold: list[dict[str, Any]] = []

    @action(title="Buy some")
    def buy(self, who: Participant, body: Buy) -> None:
        """Buy; changes first and refuses then, as an author may by mistake."""
        price = self.random.randint(1, 4)
        cost = price * body.pieces
        self.coins[who] = self.coins.get(who, self.start) - cost
        who.pay(body.pieces)
        self.sold.append({"who": who.seat, "pieces": body.pieces, "at": self.now().isoformat()})
        if self.coins[who] < 0:
            raise Refuse(f"{body.pieces} cost {cost}, and you have {self.coins[who] + cost}.")
        if len(self.sold) == self.left:
            self.end()

    @action
    def weigh(self, who: Participant) -> None:
        """Ask an instrument."""
        self.sold.append({"who": who.seat, "weight": self.once("scales", reading)})

    @action
    def stumble(self, who: Participant) -> None:
        """Change something, and fail."""
        self.coins.clear()
        who.pay(1000)
        self.random.random()
        raise ZeroDivisionError("the author divided by nothing")

    def shown(self) -> Mapping[str, Any]:
        """Return what was sold."""
        return {"sold": self.sold, "pieces": sum(one.get("pieces", 0) for one in self.sold)}

    def shown_to(self, who: Participant) -> Mapping[str, Any]:
        """Return how many coins one has."""
        return {"coins": self.coins.get(who, self.start)}


#: What the instrument shows next: something else each time.
READINGS: list[int] = []


def reading() -> int:
    """Return what the instrument shows."""
    READINGS.append(len(READINGS) + 1)
    return READINGS[-1]


async def shopping(session: Session) -> None:
    """Open the shop, and tell what came of it."""
    shop = Shop()
    await session.stage("shop", live=shop, data={"place": "market"}, deadline=60)
    await session.stage("after", data={"sold": len(shop.sold), "luck": session.random.random()})


def act(action: str, *, scope: str = "all", generation: int = 1, **body: Any) -> Act:
    """Return the command to do something."""
    return Act(
        session=SESSION, scope=scope, generation=generation, action=action, body=body or None
    )


def data(snapshot: Snapshot) -> Mapping[str, Any]:
    """Return what a snapshot shows."""
    assert snapshot.stage is not None
    return snapshot.stage.data

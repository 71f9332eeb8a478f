"""A desk without a person: it looks itself up, writes itself in, moves house, and leaves."""

from typing import Any

from palier.program import GO_ON, Bot, Stage

#: Where it lives at first, and where it moves to.
FIRST, THEN = "1 Long Lane, Leeds", "2 High Street, York"

#: Turns after which it does once more what has not shown yet: it was refused, or came too soon.
PATIENCE = 20

#: What is handed in again of a row that is changed.
KEPT = ("name", "born", "card", "circles")


class Clerk(Bot):
    """Does one thing after the other, each as soon as it sees what came of the one before."""

    done: Any = None
    waited = 0

    def book(self, stage: Stage) -> Any:
        """Return what it does next; None while the last is not to be seen."""
        wanted = self._next(stage.data)
        if wanted == self.done and self.waited < PATIENCE:
            self.waited += 1
            return None
        self.done, self.waited = wanted, 0
        return wanted

    def _next(self, data: Any) -> Any:
        name = f"Clerk {self.seat}"
        if data["clash"]:
            return "yield_"
        if data["words"] != name:
            return "search", {"words": name}
        mine = next((one for one in data["found"] if one["name"] == name), None)
        if mine is None:
            return "save", {"name": name, "addresses": FIRST}
        if mine["addresses"] == THEN:
            return GO_ON
        row = {one: mine[one] or None if one in {"born", "card"} else mine[one] for one in KEPT}
        return "save", {
            **row,
            "addresses": THEN,
            "person": mine["id"],
            "version": mine["version"],
        }

"""What clients did and were told, in order: the ledgers as the checker looks at them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tests.chaos.ledger import Entry
from tests.chaos.record import Place, Where

#: Refusals that settle nothing: the same message may be accepted afterwards.
LATER = frozenset({"held", "too-fast"})


class Said:
    """The ledgers, in order: by message and by place."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        #: Each submit as it was first sent, by seat and message id; and all of a place.
        self.sent: dict[tuple[str, str], Entry] = {}
        self.sent_at: dict[Place, list[Entry]] = defaultdict(list)
        #: What was told of each message, "accepted" or a refusal's code.
        self.results: dict[tuple[str, str], set[str]] = defaultdict(set)
        #: The places that somebody was told are kept, and how: result, release or snapshot.
        self.told: dict[Place, list[Entry]] = defaultdict(list)
        self.entered: list[Entry] = []
        #: Releases that the auditor has heard of.
        self.heard: set[Where] = set()
        for one in sorted(entries, key=lambda entry: entry.at):
            self._take(one)

    def _take(self, one: Entry) -> None:
        match one.what:
            case "sent":
                key = (one.seat, one.message)
                if key not in self.sent:
                    self.sent[key] = one
                    self.sent_at[place_of(one)].append(one)
            case "accepted":
                self.results[one.seat, one.message].add("accepted")
                self.told[place_of(one)].append(one)
            case "refused":
                self.results[one.seat, one.message].add(one.code)
            case "released":
                # it acknowledges what this seat had sent by then
                if self.sent_at[place_of(one)]:
                    self.told[place_of(one)].append(one)
            case "kept":
                self.told[place_of(one)].append(one)
            case "entered":
                self.entered.append(one)
            case "told" if one.kind == "released.v1":
                self.heard.add((one.session, one.scope, one.generation))
            case _:
                pass


def place_of(entry: Entry) -> Place:
    """Return what an entry is about."""
    return entry.session, entry.scope, entry.generation, entry.seat


def words(place: Where | Place) -> str:
    """Return a place as it is written down."""
    return "/".join(map(str, place))

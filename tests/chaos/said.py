"""What clients did and were told, in order: the ledgers as the checker looks at them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tests.chaos.ledger import Entry
from tests.chaos.record import Place, Where

#: How an answer came in that was sent by its participant.
SUBMITTED = "submitted"

#: What a participant is shown whose answer does not count.
NOT_COUNTED = frozenset({"gone-on", "not-first", "too-late"})

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
        #: When a message's refusal came first.
        self.refused_at: dict[tuple[str, str], float] = {}
        self._notices: dict[str, list[Entry]] = defaultdict(list)
        self.entered: list[Entry] = []
        #: Releases that the auditor has heard of.
        self.heard: set[Where] = set()
        for one in sorted(entries, key=lambda entry: entry.at):
            self._take(one)

    def shown_not_counted(self, seat: str, *, since: float) -> bool:
        """Tell whether a seat is, or was later, shown that an answer of its does not count."""
        before = [one for one in self._notices[seat] if one.at < since]
        after = [one for one in self._notices[seat] if one.at >= since]
        return any(one.note in NOT_COUNTED for one in [*before[-1:], *after])

    def _take(self, one: Entry) -> None:  # noqa: C901 - a table
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
                self.refused_at.setdefault((one.seat, one.message), one.at)
            case "noticed":
                self._notices[one.seat].append(one)
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

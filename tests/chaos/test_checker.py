"""The checker on a session that was made up: it finds what is wrong with it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from tests.chaos.checker import PROBLEMS, Findings, check
from tests.chaos.ledger import Entry
from tests.chaos.record import Record

S, G = "s1", "g1"
SEATS = ("a", "b")
AMOUNTS = {"a": 20, "b": 10}

#: The pot is 30, times 1.5, shared by two: 22.5 each.
PAYOFFS = {"a": Decimal("22.5"), "b": Decimal("32.5")}


@dataclass
class Story:
    """Two people put something in a pot, see what they have earned, and are done."""

    record: Record = field(default_factory=Record)
    entries: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.record.sessions[S] = {
            "name": S,
            "program": "public-goods",
            "status": "finished",
            "settings": {"multiplier": 1.5},
        }
        for generation, begins in ((1, 10.0), (2, 20.0)):
            self._generation(generation, begins)
        self.record.payoffs = {(S, seat): payoff for seat, payoff in PAYOFFS.items()}
        self.record.log[S] = [
            {"version": number, "kind": "released", "body": {"scope": G, "generation": number}}
            for number in (1, 2)
        ]

    def _generation(self, generation: int, begins: float) -> None:
        where = (S, G, generation)
        self.record.runs[where] = {
            "status": "released",
            "expected": 2,
            "arrived": 2,
            "opened_at": begins,
            "released_at": begins + 5,
            "form": {} if generation == 1 else None,
        }
        self.record.parties[where] = {seat: {} for seat in SEATS}
        for number, seat in enumerate(SEATS, start=1):
            answer = {"amount": AMOUNTS[seat]} if generation == 1 else None
            message = f"{seat}{generation}"
            at = begins + number
            self.say("entered", seat, generation, begins + 0.5, data={})
            self.say("sent", seat, generation, at, message=message, answer=answer)
            self.say("accepted", seat, generation, at + 0.2, message=message)
            self.say("released", seat, generation, begins + 5.1)
            place = (*where, seat)
            self.record.arrivals[place] = [
                {"message_id": message, "how": "submitted", "at": at + 0.1}
            ]
            if answer is not None:
                self.record.answers[place] = [{"value": answer}]
            self.record.results[seat, message] = [
                {
                    "result_kind": "submitted.v1",
                    "result": {"session": S, "scope": G, "generation": generation},
                }
            ]
        about = {"session": S, "scope": G, "generation": generation}
        self.entries.append(Entry("auditor", begins + 5.1, "told", {"kind": "released.v1"} | about))

    def say(self, what: str, seat: str, generation: int, at: float, **facts: Any) -> None:
        """Add an entry to a ledger."""
        about = {"seat": seat, "session": S, "scope": G, "generation": generation}
        self.entries.append(Entry(f"{seat}'s", at, what, about | facts))

    def without(self, what: str, seat: str, generation: int) -> None:
        """Take an entry out of the ledgers."""
        about = {"seat": seat, "generation": generation}
        self.entries = [
            one
            for one in self.entries
            if one.what != what or not about.items() <= one.facts.items()
        ]

    def found(self, **given: Any) -> Findings:
        """Return what the checker says."""
        return check(self.entries, self.record, opened=[S], **given)


def kinds(findings: Findings) -> set[str]:
    """Return the kinds of problems that were found."""
    return {one for one in PROBLEMS if getattr(findings, one)}


def test_where_nothing_is_wrong_nothing_is_found() -> None:
    found = Story().found()
    assert found.problems == []
    assert found.acknowledged == 4


def _arrival_lost(story: Story) -> None:
    del story.record.arrivals[S, G, 2, "b"]


def _altered(story: Story) -> None:
    story.record.answers[S, G, 1, "b"][0]["value"] = {"amount": 11}


def _never_sent(story: Story) -> None:
    story.record.arrivals[S, G, 1, "b"][0]["message_id"] = "somebody's"


def _snapshot_told_otherwise(story: Story) -> None:
    story.say("kept", "b", 1, 14.0, answer={"amount": 3})


def _stored_twice(story: Story) -> None:
    story.record.arrivals[S, G, 1, "a"] *= 2


def _two_results_kept(story: Story) -> None:
    story.record.results["a", "a1"] *= 2


def _two_results_told(story: Story) -> None:
    story.say("refused", "a", 1, 12.0, message="a1", code="already-submitted")


def _released_twice(story: Story) -> None:
    story.record.log[S].append(
        {"version": 3, "kind": "released", "body": {"scope": G, "generation": 2}}
    )


def _early_by_the_clock(story: Story) -> None:
    story.say("entered", "a", 2, 13.0, data={})


def _early_by_a_ledger(story: Story) -> None:
    # the database says that b had arrived, b's own ledger does not
    story.without("sent", "b", 1)
    story.say("sent", "b", 1, 23.0, message="b1", answer={"amount": 10})


def _never_opened(story: Story) -> None:
    story.say("entered", "a", 3, 30.0, data={})


def _not_finished(story: Story) -> None:
    story.record.sessions[S]["status"] = "running"


def _never_handled(story: Story) -> None:
    story.say("sent", "b", 2, 21.5, message="lost on the way", answer=None)


def _decided_again(story: Story) -> None:
    story.say("sent", "b", 2, 21.5, message="b2 again", answer=None)
    story.say("refused", "b", 2, 22.5, message="b2 again", code="already-submitted")
    story.record.results["b", "b2 again"] = [{"result_kind": "refused.v1", "result": {}}]


def _nobody_was_told(story: Story) -> None:
    story.entries = [one for one in story.entries if one.what != "told" or one.generation != 1]


def _a_gap_in_the_log(story: Story) -> None:
    story.record.log[S][1]["version"] = 3


def _miscounted(story: Story) -> None:
    story.record.runs[S, G, 1]["arrived"] = 3


def _paid_twice(story: Story) -> None:
    story.record.payoffs[S, "a"] *= 2


def _shown_other_data_after_a_restart(story: Story) -> None:
    story.say("entered", "a", 2, 21.0, data={"pot": 1})


def _accepted_and_not_kept(story: Story) -> None:
    story.record.results["b", "another"] = story.record.results["b", "b1"]


def _untold_parcels(story: Story) -> None:
    story.record.outbox = 2


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        (_arrival_lost, {"lost", "wrong"}),
        (_altered, {"lost"}),
        (_never_sent, {"lost", "early", "wrong"}),
        (_snapshot_told_otherwise, {"lost"}),
        (_stored_twice, {"duplicated"}),
        (_two_results_kept, {"duplicated"}),
        (_two_results_told, {"duplicated", "wrong"}),
        (_released_twice, {"duplicated"}),
        (_early_by_the_clock, {"early"}),
        (_early_by_a_ledger, {"early"}),
        (_never_opened, {"early"}),
        (_not_finished, {"stuck"}),
        (_never_handled, {"forgotten"}),
        (_decided_again, {"forgotten"}),
        (_nobody_was_told, {"untold"}),
        (_a_gap_in_the_log, {"wrong"}),
        (_miscounted, {"wrong"}),
        (_paid_twice, {"wrong"}),
        (_shown_other_data_after_a_restart, {"wrong"}),
        (_accepted_and_not_kept, {"wrong"}),
        (_untold_parcels, {"leftovers"}),
    ],
)
def test_each_harm_is_found_and_called_by_its_name(
    harm: Callable[[Story], None], expected: set[str]
) -> None:
    story = Story()
    harm(story)
    found = story.found()
    assert kinds(found) == expected, found.problems


def test_a_refusal_that_settles_nothing_is_no_second_result() -> None:
    story = Story()
    story.say("refused", "a", 1, 11.05, message="a1", code="held")
    assert story.found().problems == []


def test_a_release_is_an_acknowledgement_only_to_who_had_sent() -> None:
    story = Story()
    for generation in (1, 2):
        story.without("accepted", "b", generation)
    assert story.found().acknowledged == 4
    story.without("sent", "b", 2)
    assert story.found().acknowledged == 3


def late() -> Story:
    """For b, who was late, another answer counts: b earns nothing, and a less."""
    story = Story()
    story.record.sessions[S]["program"] = "hurry"
    story.record.answers = {
        (S, G, 1, seat): [{"value": {"value": value}}] for seat, value in (("a", 7), ("b", 0))
    }
    story.record.payoffs = {(S, "a"): Decimal(7), (S, "b"): Decimal(0)}
    for one in story.entries:
        if one.what == "sent" and one.generation == 1:
            one.facts["answer"] = {"value": 7}
    story.record.arrivals[S, G, 1, "b"][0] |= {"message_id": "", "how": "default"}
    story.record.results["b", "b1"] = [{"result_kind": "refused.v1", "result": {}}]
    story.without("accepted", "b", 1)
    return story


def test_who_was_late_must_be_shown_so() -> None:
    assert kinds(late().found()) == {"lost"}

    refused = late()
    refused.say("refused", "b", 1, 16.0, message="b1", code="answered-for")
    assert kinds(refused.found()) == {"lost"}

    refused.say("noticed", "b", 1, 16.1, note="too-late")
    assert refused.found().problems == []
    assert refused.found().acknowledged == 3


def test_an_accepted_answer_does_not_yield_to_another_one() -> None:
    story = late()
    story.say("refused", "b", 1, 16.0, message="b1", code="answered-for")
    story.say("noticed", "b", 1, 16.1, note="too-late")
    story.say("accepted", "b", 1, 12.2, message="b1")
    assert {"lost", "duplicated"} <= kinds(story.found())


def test_what_the_auditor_could_not_hear_is_not_held_against_anybody() -> None:
    story = Story()
    _nobody_was_told(story)
    assert story.found(blind=[(14.0, 16.0)]).problems == []

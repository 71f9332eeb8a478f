"""What is refused is counted, and told in few words."""

from __future__ import annotations

import logging

import pytest

from palier.workers.runtime.tally import Count, Tally


def test_refusals_are_counted_by_account_and_code() -> None:
    tally = Tally()
    for account, code in [("p1", "malformed"), ("p2", "malformed"), ("p1", "too-fast")] * 3:
        tally.note(account, code)
    assert tally.counts() == {
        ("p1", "malformed"): 3,
        ("p2", "malformed"): 3,
        ("p1", "too-fast"): 3,
    }


def test_what_rose_is_told_once_with_all_there_was() -> None:
    tally = Tally()
    tally.note("p1", "malformed", session="morning")
    assert tally.changes() == [Count(account="p1", session="morning", code="malformed", count=1)]
    assert tally.changes() == []
    tally.note("p1", "malformed", session="noon")
    tally.note("p1", "malformed", session="noon")
    assert tally.changes() == [Count(account="p1", session="noon", code="malformed", count=3)]


def test_ten_thousand_refusals_are_one_line_of_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tally = Tally()
    for _ in range(10_000):
        tally.note("p1", "malformed", "The body is not valid.")
    tally.note("p1", "too-fast")
    tally.note("p2", "no-sender")
    with caplog.at_level(logging.WARNING):
        tally.changes()
    assert [one.message for one in caplog.records] == [
        "Refused of p1: 10000 malformed (The body is not valid.); 1 too-fast",
        "Refused of p2: 1 no-sender",
    ]


@pytest.mark.parametrize(
    ("account", "is_seat"), [("p1", True), ("(nobody)", False), ("palier.worker", False)]
)
def test_who_has_no_name_of_a_seat_is_none(account: str, is_seat: bool) -> None:
    tally = Tally()
    tally.note(account, "no-sender")
    assert [one.is_seat for one in tally.changes()] == [is_seat]

"""The code that opens a locked window."""

from __future__ import annotations

from palier.client.screens.lock import Lock


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_code_opens_and_another_does_not() -> None:
    lock = Lock("é-4711", clock=Clock())
    assert not lock.opens("é-4712")
    assert not lock.opens("")
    assert lock.opens("é-4711")


def test_after_three_wrong_codes_nothing_is_looked_at_for_a_while() -> None:
    clock = Clock()
    lock = Lock("4711", clock=clock)
    for _ in range(3):
        assert lock.waits == 0
        assert not lock.opens("0000")
    assert lock.waits == 30
    assert not lock.opens("4711"), "not even the right one"
    clock.now += 29.5
    assert lock.waits == 1
    clock.now += 1
    assert lock.opens("4711")


def test_the_right_code_forgives_the_wrong_ones() -> None:
    lock = Lock("4711", clock=Clock())
    for _ in range(5):
        assert not lock.opens("0000")
        assert not lock.opens("1111")
        assert lock.opens("4711")

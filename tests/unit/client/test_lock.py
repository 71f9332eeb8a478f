"""The code that opens a locked window."""

from __future__ import annotations

from pathlib import Path

import pytest

from palier.client.errors import BadOption
from palier.client.screens.lock import Lock, read_unlock_code


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


# -- where it stands ----------------------------------------------------------------------------


def test_a_code_comes_from_its_file_or_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "code"
    file.write_text(" open sesame \n", encoding="utf-8")
    assert read_unlock_code(file, {"PALIER_UNLOCK_CODE": "other"}) == "open sesame"
    assert read_unlock_code(None, {"PALIER_UNLOCK_CODE": "4711"}) == "4711"


@pytest.mark.parametrize(
    ("environment", "said"),
    [({}, "needs a code"), ({"PALIER_UNLOCK_CODE": "123"}, "4 characters at least")],
)
def test_a_window_is_not_locked_without_a_code_that_is_worth_it(
    environment: dict[str, str], said: str
) -> None:
    with pytest.raises(BadOption, match=said):
        read_unlock_code(None, environment)


def test_a_code_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BadOption, match="cannot be read"):
        read_unlock_code(tmp_path / "nowhere", {})

"""Settings of sessions, treatments and periods, and who gets which treatment."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from palier.program import Field, Group, Program, ProgramError, Session
from palier.program.settings import BadSettings
from palier.program.testing import Result, play


class Pot(Program):
    """Pairs that look at their settings, in three periods."""

    group_size = 2

    class Settings(Program.Settings):
        rate: float = Field(default=1.5, gt=0)
        punishes: bool = False

    async def run(self, session: Session) -> None:
        await session.stage("welcome", data={"rate": session.settings.rate})
        await session.each_group(self.play, size=2)

    async def play(self, group: Group) -> None:
        for period in group.periods(3):
            settings = period.settings
            await group.stage(
                "look",
                data={
                    "treatment": group.treatment,
                    "rate": settings.rate,
                    "punishes": settings.punishes,
                },
            )


TWO = {"treatments": {"low": {}, "high": {"rate": 3}}}


def rates(result: Result) -> dict[str, list[float]]:
    """Return the rates of the three periods, by treatment; all groups of one are alike."""
    found: dict[str, list[float]] = {}
    for group in {one["group"] for one in result.data("look")}:
        rows = [one for one in result.data("look") if one["group"] == group]
        seen = [one["rate"] for one in rows if one["seat"] == rows[0]["seat"]]
        assert found.setdefault(rows[0]["treatment"], seen) == seen
    return found


def test_groups_get_treatments_in_equal_shares_by_chance() -> None:
    orders = set()
    for seed in range(8):
        result = play(Pot, seats=12, settings=TWO, seed=seed)
        assert Counter(result.treatments.values()) == {"low": 3, "high": 3}
        orders.add(tuple(result.treatments.values()))
        assert rates(result) == {"low": [1.5] * 3, "high": [3] * 3}
    assert len(orders) > 1


def test_the_same_seed_gives_the_same_treatments() -> None:
    one, again = (play(Pot, seats=12, settings=TWO, seed=4).treatments for _ in range(2))
    assert one == again


def test_a_list_gives_groups_their_treatments_in_turn() -> None:
    result = play(Pot, seats=6, settings={**TWO, "assign": ["high", "low", "low"]})
    assert result.treatments == {"g1": "high", "g2": "low", "g3": "low"}


def test_a_session_can_have_one_treatment_as_a_whole_drawn_or_declared() -> None:
    declared = play(Pot, seats=4, settings={**TWO, "assign": "high"})
    assert set(declared.treatments.values()) == {"high"}
    assert declared.data("welcome")[0]["rate"] == 3
    drawn = {
        frozenset(
            play(Pot, seats=4, settings={**TWO, "assign": "session"}, seed=seed).treatments.values()
        )
        for seed in range(12)
    }
    assert drawn == {frozenset({"low"}), frozenset({"high"})}


def test_a_period_can_have_settings_of_its_own_for_all_or_for_a_treatment() -> None:
    given = {
        **TWO,
        "periods": [
            {"period": 2, "treatment": "high", "rate": 9},
            {"period": 2, "punishes": True, "rate": 2},
            {"period": 3, "punishes": True},
        ],
    }
    result = play(Pot, seats=4, settings=given)
    assert rates(result) == {"low": [1.5, 2, 1.5], "high": [3, 9, 3]}
    assert [one["punishes"] for one in result.data("look") if one["seat"] == "p1"] == [
        False,
        True,
        True,
    ]


def test_what_is_kept_gives_the_same_settings_again() -> None:
    given: dict[str, Any] = {
        **TWO,
        "rate": 1.7,
        "assign": ["low", "high"],
        "periods": [{"period": 1, "rate": 8}],
    }
    first = Pot.planned(given).all_settings
    again = Pot.planned(dict(first.given)).all_settings
    assert again == first


@pytest.mark.parametrize(
    ("given", "place", "words"),
    [
        ({"rat": 2}, "rat", "did you mean 'rate'"),
        ({"rate": 0}, "rate", "greater than 0"),
        ({"treatment": {}}, "treatment", "did you mean 'treatments'"),
        ({"treatments": {"low": {"punish": True}}}, "treatments.low.punish", "'punishes'"),
        ({"treatments": {"low": {"rate": "much"}}}, "treatments.low.rate", "valid number"),
        ({"treatments": {"LOW": {}}}, "treatments.LOW", "small letters"),
        ({"treatments": {"groups": {}}}, "treatments.groups", "neither"),
        ({"treatments": 3}, "treatments", r"\[treatments.NAME\]"),
        ({**TWO, "assign": "hihg"}, "assign", "did you mean 'high'"),
        ({**TWO, "assign": ["low", "session"]}, "assign", "low, high"),
        ({"assign": "session"}, "assign", "no treatments"),
        ({"periods": [{"rate": 2}]}, "periods.1.period", "period = 1"),
        ({"periods": [{"period": 1}, {"period": 1}]}, "periods.2", "already"),
        ({"periods": [{"period": 1, "rate": -1}]}, "periods.1.rate", "greater than 0"),
        ({"periods": [{"period": 1, "treatment": "x"}]}, "periods.1.treatment", "no treatment"),
    ],
)
def test_what_is_wrong_is_named_where_it_stands(
    given: dict[str, Any], place: str, words: str
) -> None:
    with pytest.raises(BadSettings, match=words) as raised:
        Pot.planned(given, name="pot")
    assert [".".join(one) for one in raised.value.problems] == [place]


def test_a_setting_cannot_be_called_as_what_a_file_has_for_treatments() -> None:
    class Clashing(Program):
        class Settings(Program.Settings):
            periods: int = 3

    with pytest.raises(ProgramError, match="'periods'"):
        Clashing.planned({})


def test_groups_that_are_drawn_in_a_period_have_its_settings() -> None:
    class Drawn(Program):
        Settings = Pot.Settings

        async def run(self, session: Session) -> None:
            for _ in session.periods(2):
                await session.each_group(self.play, size=2, matching="strangers")

        async def play(self, group: Group) -> None:
            await group.stage("look", data={"rate": group.settings.rate})

    result = play(Drawn, seats=4, settings={"periods": [{"period": 2, "rate": 7}]})
    assert [one["rate"] for one in result.data("look")] == [1.5] * 4 + [7] * 4

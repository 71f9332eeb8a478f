"""Settings from files: what is wrong is told with file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from palier.cli.errors import CommandError
from palier.cli.given import Given, given_settings, settings_of
from palier.program import Program

TOML = """\
# A pot that grows.
rate = 1.5
names = [
  "one",
  "two",
]

[treatments.low]
rate = 1

[treatments.high]
punishes = true   # dear

[[periods]]
period = 1
rate = 1.2

[[periods]]
period = 2
treatment = "high"
rate = 0
"""

CSV = """\
treatment,period,rate,punishes
,,1.5,
low,,1,
high,,,true
,1,1.2,
high,2,0,
"""


class Pot(Program):
    class Settings(Program.Settings):
        rate: float = 1.5
        punishes: bool = False
        names: tuple[str, ...] = ()


def written(folder: Path, text: str, name: str) -> Path:
    """Write a file of settings."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("rate", 2),
        ("names", 3),
        ("treatments.low", 8),
        ("treatments.low.rate", 9),
        ("treatments.high.punishes", 12),
        ("periods.1.rate", 16),
        ("periods.2.treatment", 20),
        ("periods.2.unknown", 18),
    ],
)
def test_every_part_of_a_toml_file_has_its_line(tmp_path: Path, place: str, line: int) -> None:
    given = given_settings(written(tmp_path, TOML, "settings.toml"))
    assert str(given.told({place: "No."})) == f"{given.file}:{line}: {place}: No."


def test_a_csv_file_has_a_row_for_each_treatment_and_period(tmp_path: Path) -> None:
    given = given_settings(written(tmp_path, CSV, "settings.csv"))
    assert given.values == {
        "rate": 1.5,
        "treatments": {"low": {"rate": 1}, "high": {"punishes": True}},
        "periods": [
            {"rate": 1.2, "period": 1},
            {"rate": 0, "period": 2, "treatment": "high"},
        ],
    }
    assert str(given.told({"periods.2.rate": "No."})).startswith(f"{given.file}:6: ")


def test_the_same_may_be_said_in_both_formats(tmp_path: Path) -> None:
    toml = TOML.replace('names = [\n  "one",\n  "two",\n]\n', "")
    one = given_settings(written(tmp_path, toml, "a.toml")).values
    other = given_settings(written(tmp_path, CSV, "b.csv")).values
    assert Pot.planned(one).all_settings == Pot.planned(other).all_settings


def test_what_is_wrong_in_a_file_is_told_with_file_line_and_the_nearest_name(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, "rate = 2\n\n[treatments.low]\npunish = true\n", "s.toml")
    with pytest.raises(CommandError) as raised:
        settings_of(Pot, path, ())
    assert str(raised.value) == (
        f"{path}:4: treatments.low.punish: There is no setting 'punish': did you mean 'punishes'?"
    )


def test_what_is_given_by_name_stands_above_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "rate = 2\n", "s.toml")
    given = given_settings(path, ["rate=3"])
    assert given.values == {"rate": 3}
    assert str(given.told({"rate": "No."})) == "--set rate: No."


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("s.toml", "rate = \n", "line 1"),
        ("s.csv", "rate\n1,2\n", ":2: the row has more cells"),
        ("s.csv", "rate,treatment\n1,low\n2,low\n", ":3: rate is there already, on line 2"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        given_settings(written(tmp_path, text, name))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        given_settings(tmp_path / "none.toml")


def test_without_a_file_there_is_no_line() -> None:
    given: dict[str, Any] = {"values": {}}
    assert str(Given(**given).told({"rate": "No."})) == "Setting rate: No."

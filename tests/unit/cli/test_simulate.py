"""`palier simulate` plays a program many times, and says what it pays and where it fails."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from palier.cli.histogram import histograms
from palier.program.testing.simulation import Plan, simulate
from tests.e2e.palier_command import palier_here

PROGRAM = """\
from palier.program import Field, Form, Program, Session


class Number(Form):
    value: int = Field(ge=0, le=9)


class Example(Program):
    class Settings(Program.Settings):
        most: int = 9

    async def run(self, session: Session) -> None:
        for one, answer in (await session.stage("ask", form=Number)).items():
            if answer.value > self.settings.most:
                raise ValueError(f"{answer.value} is too much")
            one.pay(answer.value * one.number)
"""

BOTS = """\
from palier.program import Bot

def ask(me, stage):
    return {"value": 2}

class Greedy(Bot):
    def ask(self, stage):
        return {"value": 9}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    where = tmp_path / "example"
    where.mkdir()
    (where / "program.py").write_text(PROGRAM)
    return where


def test_the_same_seeds_give_the_same_payoffs_in_one_process_or_several(folder: Path) -> None:
    plan = Plan(folder=folder, seats=2)

    alone = simulate(plan, seeds=range(1, 501))
    shared = simulate(plan, seeds=range(1, 501), processes=2)

    assert alone == shared
    assert len({one.payoff for one in alone.rows}) > 5


def test_a_summary_has_mean_deviation_and_bounds(folder: Path) -> None:
    (folder / "bots.py").write_text(BOTS)
    found = simulate(Plan(folder=folder, seats=2, strategies="greedy,default"), seeds=range(3))

    first, second = found.by("seat")
    assert (first.by, first.count, first.mean, first.sd) == ("p1", 3, 9.0, 0.0)
    assert (second.minimum, second.maximum) == (Decimal(4), Decimal(4))
    (everyone,) = found.by("all")
    assert everyone.mean == 6.5
    assert everyone.sd == pytest.approx(2.7386, abs=1e-4)


def test_bots_play_by_the_functions_of_the_file_unless_another_strategy_is_named(
    folder: Path,
) -> None:
    (folder / "bots.py").write_text(BOTS)
    assert simulate(Plan(folder=folder), seeds=[1]).rows[0].payoff == 2
    assert simulate(Plan(folder=folder, strategies="greedy"), seeds=[1]).rows[0].payoff == 9


def test_the_command_writes_a_table_and_a_picture(folder: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    done = palier_here("simulate", folder, "-n", 20, "--seats", 2, "--to", to, "--json")

    told = done.json()
    assert told["sessions"] == 20
    assert [one["seat"] for one in told["payoffs"]] == ["p1", "p2"]
    with (to / "payoffs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 40
    mean = sum(float(one["payoff"]) for one in rows if one["seat"] == "p1") / 20
    assert told["payoffs"][0]["mean"] == pytest.approx(mean)
    assert ET.parse(to / "payoffs.svg").getroot().tag.endswith("svg")
    shown = palier_here("simulate", folder, "-n", 20, "--to", to).out
    assert "20 sessions in" in shown
    assert "Payoffs, in points" in shown


def test_a_session_that_fails_is_told_with_the_seed_that_shows_it_again(
    folder: Path, tmp_path: Path
) -> None:
    arguments = ["simulate", folder, "--set", "most=8", "--to", tmp_path / "out"]
    done = palier_here(*arguments, "-n", 60)

    assert done.code == 1
    assert "ValueError: 9 is too much" in done.err
    seed = done.err.partition("--seed ")[2].split()[0]
    again = palier_here(*arguments, "-n", 1, "--seed", seed)
    assert f"Seed {seed}: ValueError: 9 is too much (program.py:15)" in again.err
    assert f"--set=most=8 -n 1 --seed {seed}" in again.err
    failed = json.loads(palier_here(*arguments, "-n", 60, "--json").out)["failed"]
    assert failed[0] == {"seed": int(seed), "reason": "ValueError: 9 is too much (program.py:15)"}


def test_a_strategy_that_there_is_not_gets_a_sentence(folder: Path) -> None:
    assert "no strategy 'gredy'" in palier_here("simulate", folder, "--strategy", "gredy").sentence


def test_a_histogram_counts_every_value() -> None:
    picture = ET.fromstring(histograms("T & U", {"a": [0.0, 1.0, 1.0, 10.0], "b": [5.0]}, unit="x"))
    bars = [one for one in picture.iter() if one.get("class") == "bar"]
    # of the tallest bar the height is full, and one value of two is half as tall
    assert sorted(float(one.get("height", 0)) for one in bars) == [32, 32, 64, 64]

"""The public-goods game pays what the formula says, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from palier.program import Form
from palier.program.requests import ScopeRequest
from palier.schemas.forms import describe
from palier.schemas.screens.folder import read_folder
from palier.workers.domain.execution import Asked, Execution
from palier.workers.runtime.catalogue import Catalogue
from tests.unit.programs.courses import course, no_effects, stages

PROGRAMS = Path(__file__).parents[3] / "programs"
SEATS = ("p1", "p2", "p3", "p4")


def play(amounts: list[dict[str, int]], *, multiplier: float = 1.6) -> Execution:
    """Play one group through the rounds, with these contributions."""
    program = Catalogue([PROGRAMS]).program("public-goods")
    given = program.Settings.model_validate({"rounds": len(amounts), "multiplier": multiplier})
    execution = Execution(program(given), seats=SEATS, seed=1)
    nobody: dict[str, Form | None] = dict.fromkeys(SEATS)
    now = datetime(2026, 1, 1, tzinfo=UTC)

    def resume(scope: str, answers: dict[str, Form | None]) -> list[Asked]:
        return execution.resume(scope, answers, at=now, perform=no_effects)

    (instructions,) = stages(execution.start(at=now, perform=no_effects))
    assert instructions.name == "instructions"
    asked = resume("all", nobody)
    assert [one.seats for one in asked if isinstance(one, ScopeRequest)] != []
    for given_amounts in amounts:
        (contribute,) = stages(asked)
        assert contribute.name == "contribute"
        assert contribute.form is not None
        answers: dict[str, Form | None] = {
            seat: contribute.form.model_validate({"amount": amount})
            for seat, amount in given_amounts.items()
        }
        (results,) = stages(resume("g1", answers))
        assert results.name == "results"
        asked = resume("g1", nobody)
    (goodbye,) = stages(asked)
    assert goodbye.name == "goodbye"
    assert resume("all", nobody) == []
    assert execution.finished
    return execution


@pytest.mark.parametrize(
    ("amounts", "multiplier", "expected"),
    [
        # pot 20+10+0+6 = 36, times 1.6 = 57.6, a quarter is 14.4; plus what each kept
        ([{"p1": 20, "p2": 10, "p3": 0, "p4": 6}], 1.6, ["14.4", "24.4", "34.4", "28.4"]),
        # everyone gives all: 80 * 1.6 / 4 = 32 each
        ([dict.fromkeys(SEATS, 20)], 1.6, ["32", "32", "32", "32"]),
        # nobody gives: each keeps 20
        ([dict.fromkeys(SEATS, 0)], 1.6, ["20", "20", "20", "20"]),
        # two rounds add up: the first case again, then 4 * 5 = 20, times 1.6 / 4 = 8, plus 15
        (
            [{"p1": 20, "p2": 10, "p3": 0, "p4": 6}, dict.fromkeys(SEATS, 5)],
            1.6,
            ["37.4", "47.4", "57.4", "51.4"],
        ),
        # another multiplier: pot 3, times 2 = 6, a quarter is 1.5
        ([{"p1": 3, "p2": 0, "p3": 0, "p4": 0}], 2.0, ["18.5", "21.5", "21.5", "21.5"]),
    ],
)
def test_payoffs_are_those_worked_out_by_hand(
    amounts: list[dict[str, int]], multiplier: float, expected: list[str]
) -> None:
    execution = play(amounts, multiplier=multiplier)

    assert [one.payoff for one in execution.participants] == [Decimal(one) for one in expected]


def test_it_is_short_enough_to_read_at_once() -> None:
    source = (PROGRAMS / "public_goods" / "program.py").read_text().splitlines()

    assert sum(bool(line.strip()) for line in source) <= 60


SCREENS = read_folder(PROGRAMS / "public_goods" / "screens")


@pytest.mark.parametrize("stage", sorted(SCREENS.screens))
def test_each_screen_fits_its_stage(stage: str) -> None:
    program = Catalogue([PROGRAMS]).program("public-goods")
    shown = course(program, seats=SEATS, settings={"rounds": 2})
    fitting = [one for one in shown if one.name == stage]
    assert fitting
    for one in fitting:
        form = describe(one.form) if one.form else None
        own = one.private.get("p1", {})
        assert SCREENS.screens[stage].check(form, {**one.public, **own}) == ()

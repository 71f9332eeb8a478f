"""The screens of the desk's measurements: one small, and one of sixty widgets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue

from palier.client.view import Asking, Connectivity, Shown, View
from palier.schemas.events import Stage
from palier.schemas.forms import FormSpec, IntegerField, TextField
from palier.schemas.screens import widgets as w
from palier.schemas.screens.screen import Local, ScreenSpec

_OPENED = datetime(2026, 5, 12, 14, 30, tzinfo=UTC)

_FORM = FormSpec(
    fields=(
        IntegerField(name="amount", title="Your contribution", minimum=0, maximum=20),
        TextField(name="why", title="Why", required=False),
    )
)


def small() -> ScreenSpec:
    """Return a screen as a decision has one; its bar says how many have arrived."""
    return ScreenSpec(
        name="small",
        body=(
            w.Columns(
                weights=(56, 44),
                children=(
                    w.Card(
                        children=(
                            w.Heading(text="How much do you put into the project?"),
                            w.Text(text="You have {endowment} tokens."),
                            w.Slider(bind="answer.amount", min=0, max=20),
                            w.TextField(bind="answer.why"),
                            w.Actions(
                                children=(
                                    w.Button(text="Confirm", on_click="submit", kind="primary"),
                                )
                            ),
                        )
                    ),
                    w.Stack(
                        children=(
                            w.Card(children=(w.Progress(value="arrived", max="expected"),)),
                            w.Card(
                                children=(
                                    w.Plot(
                                        title="Mean",
                                        children=(w.Series(source="means", kind="area"),),
                                    ),
                                )
                            ),
                        )
                    ),
                ),
            ),
        ),
    )


def sixty() -> ScreenSpec:
    """Return a screen of sixty widgets, some of each kind."""
    left: list[Any] = [w.Heading(text="Sixty widgets, visit {stage.visit}")]
    for number in range(1, 11):
        left += [
            w.Text(
                text=f"Paragraph {number}: you have {{endowment}} tokens, {{arrived}} are done."
            ),
            w.Number(bind=f"local.n{number}", label=f"Number {number}", min=0, max=100),
        ]
    right: list[Any] = []
    for number in range(1, 10):
        right += [
            w.Figure(value="{endowment}", label=f"figure {number}"),
            w.Text(text=f"A **bold** word in line {number}."),
            w.Check(bind=f"local.c{number}", label=f"Box {number}"),
        ]
    right += [
        w.Notice(text="You keep what you do not put in.", tone="info"),
        w.Progress(value="arrived", max="expected", label="{arrived} of {expected}"),
        w.Barrier(),
        w.Plot(title="Mean", children=(w.Series(source="means", kind="area"),)),
        w.Table(source="people", sortable=True),
        w.Slider(bind="answer.amount", min=0, max=20),
        w.TextField(bind="answer.why"),
        w.Button(text="Confirm", on_click="submit", kind="primary"),
        w.Log(source="events"),
    ]
    spec = ScreenSpec(
        name="sixty",
        locals=(
            *(Local(name=f"n{one}", value=one) for one in range(1, 11)),
            *(Local(name=f"c{one}", value=False) for one in range(1, 10)),
        ),
        body=(
            w.Columns(
                children=(w.Card(children=tuple(left)), w.Card(children=tuple(right))),
            ),
        ),
    )
    count = sum(not isinstance(one, w.Part) for one, _ in w.walk(spec.body))
    if count != 60:
        raise ValueError(f"This screen has {count} widgets, not sixty.")
    return spec


def view(spec: ScreenSpec, *, generation: int = 1, arrived: int = 0) -> View:
    """Return a stage shown by a screen, in which so many have arrived."""
    data: dict[str, JsonValue] = {
        "endowment": 20 + arrived,
        "means": [float(10 + one % 7) for one in range(30)],
        "people": [{"seat": f"s{one:02}", "amount": one, "earned": one * 1.5} for one in range(24)],
        "events": [f"Something happened, number {one}." for one in range(12)],
    }
    stage = Stage(
        scope="all",
        generation=generation,
        name="decision",
        visit=generation,
        title="Decision",
        form=_FORM,
        data=data,
        parties=24,
        opened_at=_OPENED,
    )
    return View(
        seat="s07",
        session="bench",
        program="Bench",
        screen=Asking(stage=stage),
        connectivity=Connectivity.ONLINE,
        shown=Shown(spec=spec),
        arrived=arrived,
        expected=24,
        round_trip=3.0,
    )


def changed(before: View, *, arrived: int) -> View:
    """Return the view that comes after: one more has arrived, nothing else."""
    return replace(before, arrived=arrived)

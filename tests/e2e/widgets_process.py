"""A desk that shows one screen with a widget of each kind that is read, filled in or pressed.

A number on stdin is the endowment from then on; what is handed in goes out on stdout.
"""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import replace
from queue import SimpleQueue

from pydantic import JsonValue

from palier.client.screens.desk import run_desk
from palier.client.screens.look import Look
from palier.client.screens.sample_errands import NotedErrands
from palier.client.screens.samples import sample_views
from palier.client.state import Asking, View
from palier.client.view import Shown
from palier.schemas.events import Stage
from palier.schemas.forms import DateField, FlagField, FormSpec, IntegerField
from palier.schemas.screens import widgets as w
from palier.schemas.screens.screen import ScreenSpec

FORM = FormSpec(
    fields=(
        IntegerField(name="amount", title="Your contribution", minimum=0, maximum=20),
        IntegerField(name="trust", title="Do you trust them?", minimum=1, maximum=7),
        DateField(name="born", title="Born"),
        FlagField(name="news", title="Write to me", default=False),
    )
)

LEFT = w.Card(
    id="left",
    children=(
        w.Heading(text="How much?"),
        w.Text(text="You have **{endowment} tokens**, and nobody sees what you put in."),
        w.Slider(bind="answer.amount", max="{endowment}", unit="{endowment - answer.amount} kept"),
        w.Scale(bind="answer.trust", low="Not at all", high="Entirely"),
        w.Date(bind="answer.born"),
        w.Check(bind="answer.news"),
        w.Button(text="Confirm, of {endowment}", on_click="submit", kind="primary"),
    ),
)
RIGHT = w.Card(
    id="right",
    children=(
        w.Tabs(
            id="tabs",
            children=(
                w.Tab(title="Rules", children=(w.Text(id="rules", text="The rules."),)),
                w.Tab(title="Example", children=(w.Notice(id="example", text="An example."),)),
            ),
        ),
    ),
)
SPEC = ScreenSpec(name="trial", body=(w.Columns(weights=(56, 44), children=(LEFT, RIGHT)),))


def tell(**event: object) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


class ToldErrands(NotedErrands):
    def submit(self, stage: Stage, answer: dict[str, JsonValue] | None) -> None:
        super().submit(stage, answer)
        tell(submitted=answer)

    def painted(self, stage: Stage) -> None:
        tell(painted=stage.name)


def view(endowment: int) -> View:
    form = sample_views("en")["form"]
    assert isinstance(form.screen, Asking)
    stage = form.screen.stage.model_copy(update={"form": FORM, "data": {"endowment": endowment}})
    return replace(form, screen=Asking(stage=stage), shown=Shown(spec=SPEC))


def main() -> int:
    inbox: SimpleQueue[View] = SimpleQueue()

    def feed() -> None:
        for line in sys.stdin:
            inbox.put(view(int(line)))

    threading.Thread(target=feed, daemon=True).start()
    run_desk(
        inbox=inbox,
        errands=ToldErrands(),
        title="Palier test",
        look=Look(palette="light", scale=1.0, language="en"),
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""A public goods session, frozen at each of its screens, for pictures and tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue

from palier.client.screens.stories import STORIES, Story
from palier.client.screens.texts import Language
from palier.client.state import (
    Asking,
    Connectivity,
    Countdown,
    Ended,
    Excluded,
    Lobby,
    Note,
    Notice,
    Screen,
    View,
    Waiting,
)
from palier.schemas.events import Stage
from palier.schemas.forms import (
    ChoiceField,
    FieldSpec,
    FlagField,
    FormSpec,
    IntegerField,
    NumberField,
    Option,
    TextField,
)

_OPENED = datetime(2026, 5, 12, 14, 30, tzinfo=UTC)

_GENERATIONS = {"contribute": 5, "results": 6, "survey": 7, "goodbye": 8}


def sample_views(language: Language = "en") -> dict[str, View]:
    """Return a view for each screen of the desk, by name."""
    story = STORIES[language]
    asking = Asking(stage=_contribute(story))
    answer: dict[str, JsonValue] = {"amount": 12, "guess": 9.5}
    waiting = Waiting(stage=asking.stage, answer=answer, arrived=17, expected=24)
    views = {
        "lobby": _view(story, Lobby(present=17, expected=24)),
        "form": _view(story, asking),
        "survey": _view(story, Asking(stage=_survey(story))),
        "waiting": _view(story, waiting),
        "between": _view(story, replace(waiting, arrived=24, released=True)),
        "results": _view(story, Asking(stage=_results(story))),
        "end": _view(story, Ended(outcome="finished", stage=_goodbye(story))),
    }
    form = views["form"]
    lost = replace(form, connectivity=Connectivity.RECONNECTING, pending=1)
    return {
        **views,
        "sending": replace(form, screen=replace(asking, sending=True), pending=1),
        "reconnecting": lost,
        "moved": replace(
            lost, connectivity=Connectivity.REFUSED, notice=Notice(note=Note.MOVED), pending=0
        ),
        "excluded": _view(story, Excluded()),
        "called": replace(form, called=True),
        **_timed(form, waiting),
        **_held(form, story.drill),
    }


def _timed(form: View, waiting: Waiting) -> dict[str, View]:
    by_default = replace(waiting, answer={"amount": 0, "guess": 9.5}, arrived=22, how="default")
    return {
        "countdown": replace(form, countdown=Countdown(deadline=84.0)),
        "last-seconds": replace(form, countdown=Countdown(deadline=7.0)),
        "time-up": replace(form, countdown=Countdown(deadline=0.0)),
        "answered-for": replace(form, screen=by_default),
    }


def _held(form: View, reason: str) -> dict[str, View]:
    locked = replace(form.screen, locked=True) if isinstance(form.screen, Asking) else form.screen
    stands = replace(form, screen=locked, countdown=Countdown(left=84.0))
    return {
        "paused": replace(stands, held="paused", reason=reason),
        "stopped": replace(stands, held="stopped"),
    }


def _view(story: Story, screen: Screen) -> View:
    return View(
        seat="s07",
        session="tuesday-1",
        program=story.program,
        steps=story.steps,
        screen=screen,
        connectivity=Connectivity.ONLINE,
        round_trip=3.2,
    )


def _stage(name: str, *, title: str = "", text: str = "", visit: int = 1, **more: Any) -> Stage:
    return Stage(
        scope="group-2",
        generation=_GENERATIONS[name],
        name=name,
        visit=visit,
        title=title,
        text=text,
        parties=24,
        opened_at=_OPENED,
        **more,
    )


def _contribute(story: Story) -> Stage:
    tokens, period, pot, earned = story.knows
    return _stage(
        "contribute",
        visit=3,
        title=story.contribute,
        text=story.contribute_text,
        form=FormSpec(
            fields=(
                _amount(IntegerField, "amount", story.amount),
                _amount(NumberField, "guess", story.guess),
            )
        ),
        data={tokens: 20, period: 3, pot: 47, earned: 26.8},
    )


def _amount(kind: type[IntegerField | NumberField], name: str, said: tuple[str, str]) -> FieldSpec:
    return kind(name=name, title=said[0], help=said[1], minimum=0, maximum=20)


def _results(story: Story) -> Stage:
    name, member, put, earned = story.members
    return _stage(
        "results",
        visit=3,
        title=story.results,
        text=story.results_text,
        data={
            story.shares[0]: 20.8,
            story.shares[1]: 28.8,
            name: [
                {member: seat, put: amount, earned: 20 - amount + 20.8}
                for seat, amount in (("s02", 18), ("s07", 12), ("s11", 14), ("s19", 8))
            ],
        },
    )


def _survey(story: Story) -> Stage:
    title, help_ = story.remark
    return _stage(
        "survey",
        title=story.survey,
        text=story.survey_text,
        form=FormSpec(
            fields=(
                IntegerField(name="age", title=story.age, minimum=16),
                _choice("mood", story.mood),
                _choice("field", story.field),
                FlagField(name="before", title=story.before),
                TextField(name="remark", title=title, help=help_, required=False),
            )
        ),
    )


def _choice(name: str, said: tuple[str, ...]) -> ChoiceField:
    title, *options = said
    return ChoiceField(
        name=name,
        title=title,
        options=tuple(Option(value=f"o{n}", title=one) for n, one in enumerate(options)),
    )


def _goodbye(story: Story) -> Stage:
    return _stage("goodbye", data={story.total: 23.4})

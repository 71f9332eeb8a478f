"""Write docs/messages.md: every kind of message, from the models themselves.

``python tools/messages_page.py`` after a change of a message; a test compares the page with them.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from palier.schemas import forms
from palier.schemas.events import (
    Arrived,
    Clock,
    ClockChanged,
    HelpCalled,
    Intervened,
    LiveChanged,
    Posted,
    PostedValue,
    PresenceChanged,
    ProgramFailed,
    Released,
    ScreenChanged,
    SeatChanged,
    SeatRefused,
    SessionAssigned,
    SessionFinished,
    Stage,
    StageOpened,
    StatusChanged,
)
from palier.schemas.live import ActionSpec, Change, LiveMark
from palier.schemas.message import Command, Event, Message, Query, Reply, Value
from palier.schemas.registry import KINDS
from palier.schemas.replies import LogEntry, SeatRow, SessionRow
from palier.workers.runtime.handlers import HANDLERS

PAGE = Path(__file__).parents[1] / "docs" / "messages.md"

_FANOUT = "fanout `palier.barrier.<session>[.<scope>]`"
_SEAT = "`evt.<session>.seat.<seat>.{verb}`"
_STAFF = "`evt.<session>.staff.{verb}`"
_ALL = "`evt.<session>.all.{verb}`"

#: Where each event goes: palier.workers.runtime.telling decides it.
TOLD: dict[type[Message], tuple[str, ...]] = {
    StageOpened: (_FANOUT, _STAFF, f"{_SEAT} when it carries a seat's own data (`hold`)"),
    Released: (_FANOUT, _STAFF),
    Arrived: (_FANOUT, _STAFF),
    PresenceChanged: (_STAFF,),
    ClockChanged: (_FANOUT, _STAFF),
    SessionAssigned: ("the default exchange, key `seat.<seat>`",),
    SeatChanged: (_SEAT,),
    ProgramFailed: (_STAFF,),
    Intervened: (_STAFF,),
    SeatRefused: (_STAFF,),
    HelpCalled: (_STAFF,),
    Posted: (_FANOUT, _STAFF),
    LiveChanged: (_FANOUT, f"{_SEAT} of what a seat alone is shown (`own`)"),
    ScreenChanged: (_ALL,),
    StatusChanged: (_ALL,),
    SessionFinished: (_ALL,),
}

_VALUES: tuple[type[Value], ...] = (
    Stage,
    Clock,
    PostedValue,
    ActionSpec,
    LiveMark,
    Change,
    SeatRow,
    SessionRow,
    LogEntry,
    forms.FormSpec,
    forms.IntegerField,
    forms.NumberField,
    forms.FlagField,
    forms.ChoiceField,
    forms.Option,
    forms.TextField,
    forms.DateField,
)

_HEAD = """\
# Messages

Written by `tools/messages_page.py` from the models in `schemas/palier/schemas`; do not edit.

A message is a frozen pydantic model, its body UTF-8 JSON of at most 1 MiB; a field that nobody
declared is refused. What is known *about* it rides in AMQP properties, where the management
console shows it:

| property | meaning |
|---|---|
| `message_id` | UUIDv7; with the sender's account the key of the inbox |
| `type` | the kind, with its version |
| `user_id` | the sender's account, validated by RabbitMQ |
| `correlation_id` | the message that began the conversation |
| header `causation_id` | the message that led to this one |
| `reply_to` | where the answer goes: direct reply-to, or absent |
| `timestamp`, `content_type`, header `traceparent` | as in AMQP and W3C Trace Context |

A `Name` is 1 to 32 of `a-z0-9-`. A kind that is unknown, or known in another version only, a body
that does not fit, and a sender who may not ask are answered with `refused.v1` and kept in the queue
`dead-letters`, with the reason in headers that begin with `palier-`.
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join(
        [
            _HEAD,
            *_section(
                "Commands",
                Command,
                "To `palier.commands` with the key `cmd.<partition>.<session>.<seat>.<verb>`;\n"
                "the seat is the sender's account. Exactly one result; where it is stored, a\n"
                "repeated message id is answered with it again.",
            ),
            *_section(
                "Queries",
                Query,
                "As commands, and change nothing.",
            ),
            *_section(
                "Events",
                Event,
                "To `palier.events` or to a scope's fanout, transient: they are hints, the truth\n"
                "is in the database. `version` rises by one with each change of a scope.",
            ),
            *_section(
                "Replies",
                Reply,
                "To the `reply_to` of what they answer, else to `palier.events` with the key\n"
                "`evt.<session>.seat.<seat>.<verb>`.",
            ),
            "## Values inside them\n",
            *(_model(one, one.__name__) for one in _VALUES),
        ]
    )


def _section(title: str, base: type[Message], about: str) -> Iterator[str]:
    yield f"## {title}\n\n{about}\n"
    for kind, model in KINDS.items():
        if issubclass(model, base):
            yield _model(model, f"`{kind}`", _way(model))


def _way(model: type[Message]) -> str:
    if handler := HANDLERS.get(model.kind):
        stored = ", result stored" if handler.stored else ""
        return f"From: {handler.role}{stored}.\n"
    if told := TOLD.get(model):
        return f"To: {'; '.join(told)}.\n".format(verb=model.verb())
    return ""


def _model(model: type[Value], title: str, way: str = "") -> str:
    about = inspect.cleandoc(model.__doc__ or "").replace("``", "`")
    lines = [f"### {title}\n", f"{about}\n", *([way] if way else [])]
    if model.model_fields:
        lines += ["| field | type | default |", "|---|---|---|"]
        lines += [
            f"| `{name}` | `{_annotation(model, name)}` | {_default(model, name)} |"
            for name in model.model_fields
        ]
        lines.append("")
    return "\n".join(lines)


def _annotation(model: type[Value], name: str) -> str:
    for one in model.__mro__:
        if written := inspect.get_annotations(one).get(name):
            return str(written).replace("|", "\\|")
    raise AssertionError(f"{model.__name__}.{name} is declared nowhere")


def _default(model: type[Value], name: str) -> str:
    field = model.model_fields[name]
    return "" if field.is_required() else f"`{field.default!r}`"


if __name__ == "__main__":
    PAGE.write_text(page())

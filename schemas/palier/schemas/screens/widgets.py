"""The widgets of a screen: a closed catalogue. Roles, never pixels, colours or fonts.

Each is a frozen model; ``tag`` is its name in XML and on the wire, an attribute ``show_if`` is
written ``show-if`` in XML. Texts are templates (`palier.schemas.screens.templates`) where they are
of type `Words`; conditions are expressions. That both can be read is checked with the model, that
their names exist is checked by `palier.schemas.screens.checks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

from palier.schemas.message import Value
from palier.schemas.screens.errors import BadExpression
from palier.schemas.screens.expressions import read
from palier.schemas.screens.templates import read_template

#: Characters of one text.
LONGEST = 4096


def check_template(text: str) -> str:
    """Return a text whose values can be read; raises ValueError."""
    try:
        read_template(text)
    except BadExpression as error:
        raise ValueError(str(error)) from None
    return text


def check_expression(text: str) -> str:
    """Return an expression that can be read; raises ValueError."""
    try:
        read(text)
    except BadExpression as error:
        raise ValueError(str(error)) from None
    return text


def check_amount(given: float | str) -> float | str:
    """Return a number, or a text that is one value in braces; raises ValueError."""
    if isinstance(given, str):
        check_template(given)
        parts = read_template(given)
        if len(parts) != 1 or isinstance(parts[0], str) or parts[0].format:
            raise ValueError("It is a number, or one value in braces: {endowment}")
    return given


#: Text with values in braces.
Words: TypeAlias = Annotated[
    str, StringConstraints(max_length=LONGEST), AfterValidator(check_template)
]

#: An expression: ``answer.amount == 0``.
Condition: TypeAlias = Annotated[str, AfterValidator(check_expression)]

#: A number, or a text with one in braces: ``{endowment}``.
Amount: TypeAlias = Annotated[
    Annotated[float, Field(allow_inf_nan=False)] | str, AfterValidator(check_amount)
]

#: A place for a value: ``answer.amount`` is a field of the form, ``local.page`` the screen's own.
Place: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^(answer|local)\.[A-Za-z][A-Za-z0-9_]{0,63}$")
]

#: What a table, plot, choice or log shows: a list among the data, or ``stream.name``.
Source: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*){0,3}$")
]

#: A key in a record.
Key: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]([A-Za-z0-9_ -]{0,62}[A-Za-z0-9_-])?$")
]

#: The name of a method of the controller, or of a built-in action.
Action: TypeAlias = Annotated[str, StringConstraints(pattern=r"^(act:)?[a-z][a-z0-9_]{0,63}$")]

#: What can be posted to and followed within a stage: a chat, a series of prices.
StreamName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]

#: The actions that need no controller. ``submit`` hands in the answer, ``next`` goes on from a
#: stage that asks for nothing, ``help`` calls the operator, ``set`` puts a value into a local
#: place, ``reset`` puts the form back to its defaults. ``act:`` and a name does an action of the
#: stage, if it is live.
BUILT_IN = ("submit", "next", "help", "set", "reset")

Tone: TypeAlias = Literal["plain", "muted", "accent", "ok", "warn", "bad"]


class Tagged(Value):
    """A model with a ``tag``, which is written even where other defaults are left out."""

    @model_serializer(mode="wrap")
    def _with_tag(self, usual: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"tag": self.tag, **usual(self)}  # type: ignore[attr-defined]


class _Widget(Tagged):
    #: Names it for pictures and tests; unique within a screen.
    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")] | None = None
    show_if: Condition | None = None


# -- where things stand -------------------------------------------------------------------------


class _Container(_Widget):
    children: tuple[Widget, ...] = ()


class Columns(_Container):
    """Side by side, each child a column, with ``weights`` as their shares: ``56 44``.

    In a narrow window they stand one above the other.
    """

    tag: Literal["columns"] = "columns"
    weights: Annotated[tuple[Annotated[int, Field(ge=1, le=1000)], ...], Field(max_length=4)] = ()

    @model_validator(mode="after")
    def _a_weight_each(self) -> Self:
        if self.weights and len(self.weights) != len(self.children):
            raise ValueError(
                f"weights has {len(self.weights)} shares for {len(self.children)} columns"
            )
        return self


class Stack(_Container):
    """One above the other, with the space that stands between cards."""

    tag: Literal["stack"] = "stack"


class Row(_Container):
    """Side by side, each as wide as it needs; ``align`` says where they stand."""

    tag: Literal["row"] = "row"
    align: Literal["left", "spread"] = "left"


class Card(_Container):
    """A surface with a border: one thing that belongs together."""

    tag: Literal["card"] = "card"
    title: Words = ""


class Section(_Container):
    """A part of a card with a heading of its own."""

    tag: Literal["section"] = "section"
    title: Words = ""


class Tab(_Container):
    """One of several tabs."""

    tag: Literal["tab"] = "tab"
    title: Words


class Tabs(_Widget):
    """Parts of which one is seen at a time; never for questions that must all be answered."""

    tag: Literal["tabs"] = "tabs"
    children: Annotated[tuple[Tab, ...], Field(min_length=1, max_length=8)]


# -- what is read -------------------------------------------------------------------------------


class Heading(_Widget):
    """A title; one ``title`` a screen, ``section`` within cards."""

    tag: Literal["heading"] = "heading"
    text: Words
    level: Literal["title", "section"] = "title"


class Text(_Widget):
    """Paragraphs, parted by blank lines; ``**bold**`` stands out, ``- `` and ``1. `` make lists."""

    tag: Literal["text"] = "text"
    text: Words
    tone: Tone = "plain"
    size: Literal["body", "small"] = "body"


class Figure(_Widget):
    """One large value and what it is."""

    tag: Literal["figure"] = "figure"
    value: Words
    label: Words = ""
    tone: Tone = "plain"


class Notice(_Widget):
    """A box that stands out: something to know before going on."""

    tag: Literal["notice"] = "notice"
    text: Words
    title: Words = ""
    tone: Literal["info", "ok", "warn", "bad"] = "info"


class Image(_Widget):
    """A picture: ``source`` is a PNG or JPEG file beside the screen, ``alt`` says what it shows."""

    tag: Literal["image"] = "image"
    source: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}\.(png|jpg|jpeg)$")]
    alt: Words
    size: Literal["small", "medium", "large", "full"] = "medium"


# -- what is filled in --------------------------------------------------------------------------


class _Input(_Widget):
    """A question. What is bound to a field of the form takes label, help and rule from it."""

    bind: Place
    label: Words | None = None
    help: Words | None = None
    #: Said instead of the usual sentence when the value does not do.
    error: Words | None = None
    #: Must be filled in; None: as the form has it.
    required: bool | None = None
    enable_if: Condition | None = None
    on_change: Action | None = None


class TextField(_Input):
    """One line of text."""

    tag: Literal["textfield"] = "textfield"
    max_length: Annotated[int, Field(ge=1, le=1000)] | None = None


class TextArea(_Input):
    """Several lines of text."""

    tag: Literal["textarea"] = "textarea"
    rows: Annotated[int, Field(ge=2, le=20)] = 4
    max_length: Annotated[int, Field(ge=1, le=10_000)] | None = None


class Number(_Input):
    """A typed number; ``decimals`` 0 is a whole one, ``unit`` stands beside it."""

    tag: Literal["number"] = "number"
    min: Amount | None = None
    max: Amount | None = None
    decimals: Annotated[int, Field(ge=0, le=9)] | None = None
    unit: Words = ""


class Slider(_Input):
    """A whole number of a small range, slid, stepped or typed."""

    tag: Literal["slider"] = "slider"
    min: Amount | None = None
    max: Amount | None = None
    unit: Words = ""


class Option(Tagged):
    """One of the options of a choice."""

    tag: Literal["option"] = "option"
    value: Annotated[str, StringConstraints(max_length=200)]
    text: Words


class Choice(_Input):
    """One of several options: its own, the form's, or those of a list among the data."""

    tag: Literal["choice"] = "choice"
    kind: Literal["auto", "radio", "combo"] = "auto"
    children: Annotated[tuple[Option, ...], Field(max_length=200)] = ()
    source: Source | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.children and self.source is not None:
            raise ValueError("its options come from <option> or from source, not from both")
        values = [one.value for one in self.children]
        if len(set(values)) != len(values):
            raise ValueError("two of its options have the same value")
        return self


class Check(_Input):
    """A box to tick: yes or no."""

    tag: Literal["check"] = "check"


class Scale(_Input):
    """A Likert scale: points from ``min`` to ``max`` with a word at each end.

    Bound to a whole number, or to a choice of as many options.
    """

    tag: Literal["scale"] = "scale"
    min: Annotated[int, Field(ge=-10, le=10)] = 1
    max: Annotated[int, Field(ge=-10, le=10)] = 7
    low: Words = ""
    middle: Words = ""
    high: Words = ""

    @model_validator(mode="after")
    def _has_points(self) -> Self:
        if self.min >= self.max:
            raise ValueError(f"min is smaller than max, these are {self.min} and {self.max}")
        return self


class Date(_Input):
    """A day, typed as the language writes it; kept as ``2026-11-22``."""

    tag: Literal["date"] = "date"
    min: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    max: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None


# -- what is pressed ----------------------------------------------------------------------------


class Button(_Widget):
    """A button. ``target`` and ``value`` are what the built-in action ``set`` puts where."""

    tag: Literal["button"] = "button"
    text: Words
    on_click: Action
    kind: Literal["primary", "secondary", "danger", "quiet"] = "secondary"
    enable_if: Condition | None = None
    target: Place | None = None
    value: Condition | None = None


class Actions(_Widget):
    """A row of buttons."""

    tag: Literal["actions"] = "actions"
    children: Annotated[tuple[Button, ...], Field(min_length=1, max_length=8)]


# -- what is shown of data ----------------------------------------------------------------------


class Column(Tagged):
    """A column of a table: the key of each record that it shows, and its heading.

    ``format`` is one of a template's, as ``.2f``.
    """

    tag: Literal["column"] = "column"
    key: Key
    title: Words = ""
    format: Annotated[
        str,
        StringConstraints(pattern=r"^(d|\.\d{1,2}f|(\.\d{1,2})?%|[A-Z]{3}|date|time|datetime)?$"),
    ] = ""
    align: Literal["auto", "left", "right"] = "auto"


class Table(_Widget):
    """Records as rows, up to 10,000; a click on a heading sorts where it is ``sortable``."""

    tag: Literal["table"] = "table"
    source: Source
    children: Annotated[tuple[Column, ...], Field(max_length=24)] = ()
    title: Words = ""
    sortable: bool = False
    rows: Annotated[int, Field(ge=2, le=40)] = 10
    empty: Words = ""


class Series(Tagged):
    """One series of a plot, from a list of numbers or of records with keys ``x`` and ``y``.

    An ``x`` that is a text is a name along the axis. The numbers of a stream stand over the time
    since the stage opened; with ``x`` as ``number`` over their count.
    """

    tag: Literal["series"] = "series"
    source: Source
    x: Key | None = None
    y: Key | None = None
    kind: Literal["line", "area", "scatter", "bars", "stairs"] = "line"
    label: Words = ""
    tone: Literal["accent", "muted", "ok", "warn", "bad"] = "accent"


class Plot(_Widget):
    """A plot; bounds that are not given follow the data."""

    tag: Literal["plot"] = "plot"
    children: Annotated[tuple[Series, ...], Field(min_length=1, max_length=12)]
    title: Words = ""
    note: Words = ""
    x_label: Words = ""
    y_label: Words = ""
    x_min: Amount | None = None
    x_max: Amount | None = None
    y_min: Amount | None = None
    y_max: Amount | None = None
    size: Literal["small", "medium", "large"] = "medium"


class Progress(_Widget):
    """How far something is: ``value`` of ``max``, as a bar with a sentence above it."""

    tag: Literal["progress"] = "progress"
    value: Condition
    max: Condition = "1"
    label: Words = ""


class Barrier(_Widget):
    """How many have handed in this stage, as a sentence, a bar and a dot for each."""

    tag: Literal["barrier"] = "barrier"
    title: Words = ""


class Timer(_Widget):
    """The time that the stage gives still, large; nothing where it gives no deadline."""

    tag: Literal["timer"] = "timer"
    label: Words = ""


class Chat(_Widget):
    """What the people of this stage say to each other, and a line to say something."""

    tag: Literal["chat"] = "chat"
    stream: StreamName
    title: Words = ""
    rows: Annotated[int, Field(ge=3, le=30)] = 8


class Log(_Widget):
    """Lines as they come, newest last: a list of texts among the data, or a stream."""

    tag: Literal["log"] = "log"
    source: Source
    title: Words = ""
    rows: Annotated[int, Field(ge=3, le=30)] = 8


#: Any widget that can stand by itself.
Widget = Annotated[
    Columns
    | Stack
    | Row
    | Card
    | Section
    | Tabs
    | Heading
    | Text
    | Figure
    | Notice
    | Image
    | TextField
    | TextArea
    | Number
    | Slider
    | Choice
    | Check
    | Scale
    | Date
    | Actions
    | Button
    | Table
    | Plot
    | Progress
    | Barrier
    | Timer
    | Chat
    | Log,
    Field(discriminator="tag"),
]

#: What stands only within one of the others.
Part: TypeAlias = Tab | Option | Column | Series

#: The widgets that are bound to a place.
Input: TypeAlias = TextField | TextArea | Number | Slider | Choice | Check | Scale | Date

for _model in (Columns, Stack, Row, Card, Section, Tab, Tabs):
    _model.model_rebuild()

#: Every model of the catalogue, by tag.
CATALOGUE: dict[str, type[Value]] = {
    model.model_fields["tag"].default: model
    for model in (
        *(Columns, Stack, Row, Card, Section, Tabs, Tab),
        *(Heading, Text, Figure, Notice, Image),
        *(TextField, TextArea, Number, Slider, Choice, Option, Check, Scale, Date),
        *(Actions, Button),
        *(Table, Column, Plot, Series, Progress, Barrier, Timer, Chat, Log),
    )
}


def walk(
    widgets: tuple[Widget | Part, ...], *, depth: int = 1
) -> Iterator[tuple[Widget | Part, int]]:
    """Yield every widget and what is within it, each with its depth, in the order of the file."""
    for one in widgets:
        yield one, depth
        # pydantic takes long over an attribute that a model does not have
        if children := vars(one).get("children"):
            yield from walk(children, depth=depth + 1)

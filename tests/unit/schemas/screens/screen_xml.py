"""Random screens, and a small writer of their XML."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

from palier.schemas.message import Value
from palier.schemas.screens.document import Passage
from palier.schemas.screens.grammar import PARAGRAPHS, Rule, Shape, shapes
from palier.schemas.screens.passages import one_line, paragraphs
from palier.schemas.screens.screen import Datum, Local, ScreenSpec, Strings, digest
from palier.schemas.screens.surroundings import RESERVED
from palier.schemas.screens.widgets import CATALOGUE, Widget, walk

# -- the writer ---------------------------------------------------------------------------------


def xml(spec: ScreenSpec) -> str:
    """Return a file that describes a screen."""
    lines = [f"<screen{_attributes(spec, shapes()['screen'])}>"]
    lines += [f"<data{_attributes(one, shapes()['data'])}/>" for one in spec.data]
    lines += [f"<local{_attributes(one, shapes()['local'])}/>" for one in spec.locals]
    lines += [line for widget in spec.body for line in _element(widget)]
    for strings in spec.strings:
        lines.append(f"<strings lang={quoteattr(strings.lang)}>")
        lines += [
            f"<string of={_quoted(of)} text={_quoted(text)}/>" for of, text in strings.texts.items()
        ]
        lines.append("</strings>")
    return "\n".join([*lines, "</screen>"])


def _element(one: Value) -> Iterator[str]:
    shape = shapes()[type(one).model_fields["tag"].default]
    text = str(getattr(one, "text", ""))
    between = shape.textual and text and _normalised(shape.tag, text) == text
    head = f"<{shape.tag}{_attributes(one, shape, without={'text'} if between else set())}>"
    if between:
        yield f"{head}\n{escape(text)}\n</{shape.tag}>"
        return
    yield head
    for child in getattr(one, "children", ()):
        yield from _element(child)
    yield f"</{shape.tag}>"


def _normalised(tag: str, text: str) -> str:
    passage = Passage(text, tuple(range(len(text))))
    return (paragraphs(passage) if tag in PARAGRAPHS else one_line(passage)).text


def _attributes(one: Value, shape: Shape, without: Iterable[str] = ()) -> str:
    return "".join(
        f" {rule.name}={_quoted(_written(rule, getattr(one, rule.field)))}"
        for rule in shape.rules.values()
        if rule.field in one.model_fields_set
        and rule.field not in without
        and getattr(one, rule.field) not in ((), None)
    )


def _quoted(text: str) -> str:
    return quoteattr(text, {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


def _written(rule: Rule, value: Any) -> str:
    match rule.kind:
        case "json":
            return json.dumps(value)
        case "wholes":
            return " ".join(map(str, value))
        case "keys":
            return ", ".join(value) + ","
        case "flag":
            return "true" if value else "false"
        case "amount" if isinstance(value, float):
            return repr(value)
        case _:
            return str(value)


# -- random screens -----------------------------------------------------------------------------

_LETTERS = st.characters(
    exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"
) | st.sampled_from(" \n\t<>&'\"{}-1.*é")
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
_EXPRESSIONS = st.builds(
    "{0} {1} {2}".format,
    st.sampled_from(["answer.x", "local.y", "endowment", "form.valid"]),
    st.sampled_from(["==", "<", ">", "and", "+"]),
    st.sampled_from(["1", "'a'", '"é"', "arrived"]),
)
_PLAIN = st.text(_LETTERS, max_size=12).map(lambda one: one.replace("{", "{{").replace("}", "}}"))
_INSERTS = st.builds("{{{0}{1}}}".format, _EXPRESSIONS, st.sampled_from(["", ":.2f", ":date"]))
WORDS = st.lists(_PLAIN | _INSERTS, max_size=3).map("".join)
_DAYS = st.dates(min_value=date(1000, 1, 1)).map(date.isoformat)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(-1e9, 1e9)
    | st.text(_LETTERS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)


_ASCII = st.characters(codec="ascii")
_KEYS = st.lists(st.sampled_from(["round", "you earned", "a-b"]), min_size=1).map(tuple)
_NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def _value(rule: Rule) -> st.SearchStrategy[Any]:
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "words": WORDS.filter(bool) if rule.name == "text" else WORDS,
        "condition": _EXPRESSIONS,
        "amount": _NUMBERS | _EXPRESSIONS.map("{{{}}}".format),
        "flag": st.booleans(),
        "keys": _KEYS,
        "json": _JSON,
    }
    if rule.kind == "whole":
        return st.integers(rule.low or 0, rule.high)
    if rule.kind == "choice":
        return st.sampled_from(rule.choices)
    if rule.kind == "text" and rule.pattern == r"^\d{4}-\d{2}-\d{2}$":
        return _DAYS
    if rule.kind == "text" and rule.pattern is not None:
        return st.from_regex(rule.pattern, fullmatch=True, alphabet=_ASCII)
    return kinds.get(rule.kind, st.text(_LETTERS, max_size=rule.longest))


#: What a random widget is not given one by one: it must agree with the rest of the screen.
_LATER = {"id", "bind", "weights"}


#: From here on, what can hold nothing.
_DEEP = 3


@st.composite
def _widget(draw: st.DrawFn, tag: str, depth: int = 1) -> Any:
    shape = shapes()[tag]
    model = CATALOGUE[tag]
    values = {
        rule.field: draw(_value(rule))
        for rule in shape.rules.values()
        if rule.name not in _LATER and (rule.required or draw(st.booleans()))
    }
    if "bind" in shape.rules:
        values["bind"] = draw(st.sampled_from([f"answer.{tag}", f"local.{tag}"]))
    if "children" in model.model_fields:
        flat = [one for one in shape.children if "children" not in CATALOGUE[one].model_fields]
        tags = shape.children if depth < _DEEP or not flat else flat
        values["children"] = tuple(
            draw(_widget(draw(st.sampled_from(tags)), depth + 1))
            for _ in range(draw(st.integers(shape.fewest, 3)))
        )
    return _agreeing(draw, model, values)


def _agreeing(draw: st.DrawFn, model: type[Value], values: dict[str, Any]) -> Value:
    tag = model.model_fields["tag"].default
    children = values.get("children", ())
    if tag == "columns" and children and draw(st.booleans()):
        values["weights"] = tuple(draw(st.integers(1, 1000)) for _ in children)
    if tag == "scale":
        values["min"], values["max"] = sorted(
            draw(st.lists(st.integers(-10, 10), min_size=2, max_size=2, unique=True))
        )
    if tag == "choice" and children:
        values.pop("source", None)
        values["children"] = tuple({one.value: one for one in children}.values())
    return model(**values)


def _numbered(widgets: tuple[Any, ...], numbers: Iterator[int]) -> tuple[Any, ...]:
    """Return the widgets with ids, where they can have one."""
    found = []
    for one in widgets:
        changes: dict[str, Any] = {}
        if "id" in type(one).model_fields:
            changes["id"] = f"w{next(numbers)}"
        if "children" in type(one).model_fields:
            changes["children"] = _numbered(one.children, numbers)
        found.append(
            type(one)(**{name: getattr(one, name) for name in one.model_fields_set} | changes)
        )
    return tuple(found)


@st.composite
def screens(draw: st.DrawFn) -> ScreenSpec:
    """Return a strategy of screens of which each is one that a file may describe."""
    tops = [one.model_fields["tag"].default for one in _tops()]
    body = tuple(draw(_widget(draw(st.sampled_from(tops)))) for _ in range(draw(st.integers(1, 3))))
    if draw(st.booleans()):
        body = _numbered(body, iter(range(10_000)))
    names = st.lists(NAMES.filter(lambda one: one not in RESERVED), max_size=2, unique=True)
    texts = sorted(
        {
            text
            for one, _ in walk(body)
            for rule in shapes()[one.tag].rules.values()
            if rule.kind == "words" and (text := getattr(one, rule.field))
        }
    )
    strings = tuple(
        Strings(
            lang=lang,
            texts={
                one: draw(WORDS.filter(bool))
                for one in draw(st.lists(st.sampled_from(texts), unique=True))
            }
            if texts
            else {},
        )
        for lang in draw(st.lists(st.sampled_from(["fr", "de"]), unique=True))
    )
    return ScreenSpec(
        name="stage",
        title=draw(WORDS),
        data=tuple(
            Datum(name=name, keys=draw(st.sampled_from([(), ("a", "b c")])), sample=draw(_JSON))
            for name in draw(names)
        ),
        locals=tuple(Local(name=name, value=draw(_JSON)) for name in draw(names)),
        strings=strings,
        images={
            one.source: digest(one.source.encode()) for one, _ in walk(body) if one.tag == "image"
        },
        body=body,
    )


def _tops() -> Iterable[type[Value]]:
    from typing import get_args

    return get_args(get_args(Widget)[0])

"""Whether a screen goes together with its stage: its form, its data, and with itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import JsonValue

from palier.schemas.forms import FieldSpec, FormSpec
from palier.schemas.live import ActionSpec
from palier.schemas.screens import acting, asking
from palier.schemas.screens.bindings import holders
from palier.schemas.screens.document import Element, Mistakes, Passage
from palier.schemas.screens.errors import Mistake
from palier.schemas.screens.expressions import Mention, read
from palier.schemas.screens.grammar import shapes
from palier.schemas.screens.passages import plain
from palier.schemas.screens.reader import Written, passage_of, place_of
from palier.schemas.screens.suggestions import nearest, suggestion
from palier.schemas.screens.templates import inserts, read_template
from palier.schemas.screens.vocabulary import TYPES, Vocabulary, is_of, type_of
from palier.schemas.screens.widgets import Button, Input, Part, Table, Widget, walk

#: That nobody knows which form a stage has, if any.
UNKNOWN: Literal["unknown"] = "unknown"

#: So many mistakes are told before names are looked up no more.
_MOST = 500

#: So many characters of a text are compared with others.
_BEGINNING = 60


def check(
    written: Written,
    *,
    form: FormSpec | Literal["unknown"] | None,
    data: Mapping[str, JsonValue] | None,
    live: Sequence[ActionSpec] | None = None,
) -> tuple[Mistake, ...]:
    """Return what does not go together, in the order of the file.

    ``form`` is None for a stage that asks for nothing; ``data``, and what can be done in a ``live``
    stage, are None where they are not known.
    """
    checking = _Checking(written, form, data, live)
    checking.data()
    checking.names()
    checking.sources()
    checking.questions()
    checking.actions()
    checking.ways_on()
    checking.unused()
    checking.translations()
    return checking.mistakes.in_order()


class _Checking:
    """One screen beside one stage."""

    def __init__(
        self,
        written: Written,
        form: FormSpec | Literal["unknown"] | None,
        data: Mapping[str, JsonValue] | None,
        live: Sequence[ActionSpec] | None,
    ) -> None:
        self._live = live
        self._spec = written.spec
        self._root = written.document.root
        self._shown = data
        known = written.document.mistakes
        self.mistakes = Mistakes(known.file, known.lines)
        widgets = (widget for widget, _ in walk(written.spec.body))
        self._placed: tuple[tuple[Widget | Part, Element], ...] = tuple(
            zip(widgets, written.elements, strict=True)
        )
        #: Of the form, by name; None where it is not known.
        self._fields: dict[str, FieldSpec] | None = None
        if form != UNKNOWN:
            self._fields = {one.name: one for one in (form.fields if form else ())}
        self._asks = None if form == UNKNOWN else form is not None
        self._actions = acting.actions(self._spec)
        #: The places that a question or a button puts something into.
        self._places = frozenset(
            place
            for widget, _ in self._placed
            for place in (getattr(widget, "bind", None), getattr(widget, "target", None))
            if place is not None
        )
        self._vocabulary = Vocabulary(
            fields=None if self._fields is None else frozenset(self._fields),
            bound=_named(self._places, "answer"),
            locals=frozenset({one.name for one in self._spec.locals})
            | _named(self._places, "local"),
            declared={one.name: one for one in self._spec.data},
            shown=data,
        )

    def _add(self, element: Element, name: str, reason: str, hint: str) -> None:
        self.mistakes.add(place_of(element, name), reason, hint)

    # -- data and names -------------------------------------------------------------------------

    def data(self) -> None:
        """Look whether what is declared is there, and is what it is declared as."""
        declared = [one for one in self._root.children if one.tag == "data"]
        for datum, element in zip(self._spec.data, declared, strict=True):
            type_ = type_of(datum)
            if type_ is not None and not is_of(datum.sample, type_):
                reason = f"{datum.name} is declared as {TYPES[type_][0]}, and its sample is none."
                self._add(element, "sample", reason, "Change the one or the other.")
            if datum.keys and type_ not in {None, "list", "record"}:
                reason = f"{datum.name} is declared as {TYPES[datum.type][0]}, which has no keys."
                self._add(element, "keys", reason, "Leave keys out, or change type.")
            if self._shown is None:
                continue
            if datum.name not in self._shown:
                meant = nearest(datum.name, self._shown)
                hint = f"Does it mean {meant}?" if meant else "Give it in data=, or take it out."
                reason = f"The stage does not show {datum.name}, which is declared."
                self._add(element, "name", reason, hint)
            elif type_ is not None and not is_of(self._shown[datum.name], type_):
                value = repr(self._shown[datum.name])[:40]
                reason = f"{datum.name} is declared as {TYPES[type_][0]}, and the stage shows"
                self._add(element, "type", f"{reason} {value}.", "Change the one or the other.")

    def names(self) -> None:
        """Look whether there is every name of every text and expression."""
        for element in self._all():
            for mention, at in _mentions(element):
                if refused := self._vocabulary.refusal(mention.path):
                    self.mistakes.add(at, *refused)
                    if len(self.mistakes.found) >= _MOST:
                        # each looks for what may be meant, and nobody reads on
                        self.mistakes.add(at, "There are more than these.", "Mend them first.")
                        return

    def sources(self) -> None:
        """Look whether there is every list, with the keys that are shown of it."""
        for widget, element in self._placed:
            source = getattr(widget, "source", None)
            if source is None or widget.tag == "image":
                continue
            if refused := self._vocabulary.source(source):
                self._add(element, "source", *refused)
                continue
            keys = self._vocabulary.keys(source)
            if keys is None:
                continue
            if isinstance(widget, Table):
                columns = [one for one in element.children if one.tag == "column"]
                for column, place in zip(widget.children, columns, strict=True):
                    self._key(place, "key", column.key, keys, source)
            for name in ("x", "y"):
                if (key := getattr(widget, name, None)) is not None:
                    self._key(element, name, key, keys, source)

    def _key(
        self, element: Element, name: str, key: str, keys: frozenset[str], source: str
    ) -> None:
        if key not in keys:
            self._add(element, name, f"{source} has no {key}.", suggestion(key, keys))

    def _all(self) -> Iterator[Element]:
        yield self._root
        yield from (element for _, element in self._placed)
        for strings in self._root.children:
            if strings.tag == "strings":
                yield from strings.children

    # -- questions ------------------------------------------------------------------------------

    def questions(self) -> None:
        """Look whether every question is bound to a place that can take what it asks for."""
        for widget, element in self._placed:
            if isinstance(widget, Input):
                kind, _, name = widget.bind.partition(".")
                if kind == "answer" and (refused := self._vocabulary.refusal((kind, name))):
                    self._add(element, "bind", *refused)
                    continue
                field = (self._fields or {}).get(name) if kind == "answer" else None
                known = kind == "local" or self._fields is not None
                for remark in asking.remarks(widget, field, known=known):
                    self._add(element, *remark)
            elif isinstance(widget, Button) and (target := widget.target) is not None:
                head, _, name = target.partition(".")
                if refused := self._vocabulary.refusal((head, name)):
                    self._add(element, "target", *refused)

    # -- actions --------------------------------------------------------------------------------

    def actions(self) -> None:
        """Look whether there is every action, and whether it has what it needs."""
        kept = self._places | {f"local.{one.name}" for one in self._spec.locals}
        for use, remark in acting.remarks(
            self._spec, self._actions, asks=self._asks, live=self._live, places=kept
        ):
            self._add(self._placed[use.number][1], *remark)

    @property
    def _acts(self) -> bool:
        """Whether the screen is that of a live stage, which ends by itself."""
        return bool(self._live) or any(one.startswith(acting.ACT) for one in self._actions)

    def ways_on(self) -> None:
        """Look whether somebody who has filled everything in can go on."""
        if self._spec.controller:
            return  # which may do all of it
        if "submit" not in self._actions:
            if self._asks:
                self.mistakes.add(
                    self._root.at,
                    "Nobody could hand this in: the screen has no button that submits.",
                    'Add <button on-click="submit">.',
                )
            elif "next" not in self._actions and not self._acts:
                self.mistakes.add(
                    self._root.at,
                    "Nobody could go on from here: the screen has no button for it.",
                    'Add <button on-click="next">, or "submit" where the stage has a form.',
                )
            return
        asked = _named(self._places, "answer")
        for field in (self._fields or {}).values():
            if field.required and field.default is None and field.name not in asked:
                fitting = holders(field.type)[0]
                self.mistakes.add(
                    self._root.at,
                    f"Nobody could hand this in: the form requires {field.name}, and nothing "
                    "asks for it.",
                    f'Add <{fitting} bind="answer.{field.name}"/>.',
                )

    # -- what nobody needs ----------------------------------------------------------------------

    def unused(self) -> None:
        """Look whether what the screen keeps for itself is used by it."""
        if self._spec.controller:
            return  # which may use it
        used = _named(self._places, "local") | {
            mention.path[1]
            for element in self._all()
            for mention, _ in _mentions(element)
            if mention.path[0] == "local" and len(mention.path) > 1
        }
        used |= _named(
            frozenset(getattr(one, "source", None) or "" for one, _ in self._placed), "local"
        )
        for element in self._root.children:
            if element.tag == "local":
                name = element.attributes["name"].value.text.strip()
                if name not in used:
                    self._add(element, "name", f"Nothing uses local.{name}.", "Take it out.")

    def translations(self) -> None:
        """Look whether every text that is translated is one of the screen."""
        texts = [
            passage.text
            for element in self._all()
            if element.tag != "string"
            for _, passage in _passages(element, {"words"})
        ]
        known = {plain(one) for one in texts}
        beginnings = {one[:_BEGINNING]: one for one in known}
        for element in self._all():
            if element.tag != "string":
                continue
            of = plain(element.attributes["of"].value.text)
            if of not in known:
                meant = nearest(of[:_BEGINNING], beginnings)
                hint = f"Do you mean '{meant}'?" if meant else "Take it out."
                self._add(element, "of", "This text is not on the screen.", hint)


def _named(places: frozenset[str], kind: str) -> frozenset[str]:
    """Return the names behind ``answer.`` or ``local.``."""
    return frozenset(
        name for head, _, name in (one.partition(".") for one in places) if head == kind
    )


def _passages(element: Element, kinds: set[str]) -> Iterator[tuple[str, Passage]]:
    for rule in shapes()[element.tag].rules.values():
        if rule.kind in kinds and (passage := passage_of(element, rule.name)) is not None:
            yield rule.kind, passage


def _mentions(element: Element) -> Iterator[tuple[Mention, int]]:
    """Yield the names that an element mentions, each with where in the file it does."""
    for kind, passage in _passages(element, {"words", "condition", "amount"}):
        if kind == "condition":
            for mention in read(passage.text).mentions:
                yield mention, passage.at(mention.at)
        elif kind == "words" or "{" in passage.text:
            for insert in inserts(read_template(passage.text)):
                for mention in insert.expression.mentions:
                    yield mention, passage.at(insert.at + mention.at)

"""What the texts and expressions of a screen come to, each kept until a name in it changes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from palier.client.screens.saying import fill
from palier.client.screens.words import Words
from palier.schemas.forms import FieldSpec
from palier.schemas.screens import expressions
from palier.schemas.screens.errors import EvaluationFailed
from palier.schemas.screens.templates import read_template

_log = logging.getLogger(__name__)

#: What no name stands for.
_NOTHING = object()

#: What uses no name.
_NONE: frozenset[str] = frozenset()

#: What holds values that change while they are in use.
_CHANGING = ("answer", "local", "form")


class Computed:
    """What was computed from the names of one screen; ``texts`` are its translations.

    Whoever has other names calls `forget` with them before anything else.
    """

    def __init__(self, words: Words, *, texts: Mapping[str, str], screen: str) -> None:
        self._words = words
        self._texts = texts
        self._screen = screen
        #: The names that anything was computed from so far.
        self.used: set[str] = set()
        #: The names as they were, what was computed from them, and from which of them.
        self._before: dict[str, Any] = {}
        self._values: dict[str, tuple[frozenset[str], Any]] = {}
        self._said: dict[str, tuple[frozenset[str], str]] = {}
        self._fields: dict[int, tuple[frozenset[str], FieldSpec]] = {}
        self._failed: set[str] = set()
        #: The names that the field being made is made from.
        self._making: set[str] = set()

    def say(self, words: str, names: Mapping[str, Any]) -> str:
        """Return a text: translated, with its values filled in."""
        known = self._said.get(words)
        if known is None:
            template = read_template(self._texts.get(words, words))
            inserts = [one for one in template if not isinstance(one, str)]
            # most texts are the same whatever the values
            roots = _roots(one.expression.paths for one in inserts) if inserts else _NONE
            known = roots, fill(template, names, self._words)
            self.used |= roots
            self._said[words] = known
        self._making |= known[0]
        return known[1]

    def value(self, expression: str, names: Mapping[str, Any]) -> Any:
        """Return what an expression comes to; None where its values do not go together."""
        known = self._values.get(expression)
        if known is None:
            read = expressions.read(expression)
            try:
                value = read.value(names)
            except EvaluationFailed as error:
                value = None
                if expression not in self._failed:
                    self._failed.add(expression)
                    _log.warning("Screen %s: %s", self._screen, error)
            known = self._values[expression] = (_roots((read.paths,)), value)
            self.used |= known[0]
        self._making |= known[0]
        return known[1]

    def field(self, key: int, make: Callable[[], FieldSpec]) -> FieldSpec:
        """Return what an input asks for; ``make`` makes it of texts and values of this screen."""
        known = self._fields.get(key)
        if known is None:
            self._making = set()
            made = make()
            known = self._fields[key] = (frozenset(self._making), made)
        return known[1]

    def forget_fields(self) -> None:
        """Forget what inputs ask for: the stage asks for something else."""
        self._fields = {}

    def forget(self, names: Mapping[str, Any]) -> None:
        """Forget what was computed from names that are others now."""
        before = self._before
        changed = before.keys() - names.keys()
        for name, value in names.items():
            known = before.get(name, _NOTHING)
            if known is not value and known != value:
                changed.add(name)
        if changed:
            # these are filled in while they are in use
            own = {name: dict(names[name]) for name in _CHANGING}
            self._before = {**names, **own}
            self._values = _without(self._values, changed)
            self._said = _without(self._said, changed)
            self._fields = _without(self._fields, changed)


def _without(known: dict[Any, Any], changed: set[str]) -> dict[Any, Any]:
    return {key: one for key, one in known.items() if one[0].isdisjoint(changed)}


def _roots(paths: Iterable[Iterable[tuple[str, ...]]]) -> frozenset[str]:
    """Return the names that paths begin with."""
    return frozenset(path[0] for some in paths for path in some)

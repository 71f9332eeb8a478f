"""Where a message goes: topics, fanouts, and whoever is bound to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal


@lru_cache(maxsize=4096)
def _pattern(binding: str) -> re.Pattern[str]:
    """Return what the words of a topic binding match: ``*`` is one word, ``#`` any number.

    A key is matched as words that each end with a dot, so that ``a.#`` takes ``a`` too.
    """
    words = {"*": r"[^.]*\.", "#": r"(?:[^.]*\.)*"}
    parts = (words.get(word, re.escape(word) + r"\.") for word in binding.split("."))
    return re.compile("".join(parts))


@lru_cache(maxsize=65536)
def topic_matches(binding: str, key: str) -> bool:
    """Tell whether a topic binding takes a routing key; the empty key has no words."""
    return _pattern(binding).fullmatch(f"{key}." if key else "") is not None or (
        not key and binding == ""
    )


@dataclass(slots=True)
class Exchange:
    """An exchange and its bindings, in the order made."""

    name: str
    type: Literal["topic", "fanout", "direct"]
    arguments: Mapping[str, object]
    bindings: dict[tuple[str, str], None] = field(default_factory=dict)

    def takers(self, key: str) -> Iterator[str]:
        """Yield the queues that get a message with this key; one may come twice."""
        for queue, binding in self.bindings:
            if (
                self.type == "fanout"
                or (self.type == "direct" and binding == key)
                or (self.type == "topic" and topic_matches(binding, key))
            ):
                yield queue

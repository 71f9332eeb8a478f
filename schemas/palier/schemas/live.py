"""Live stages: what can be done in one while it is open, and what that changes for who sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import JsonValue, StringConstraints

from palier.schemas.forms import FormSpec
from palier.schemas.message import Value

#: The name of an action: that of the author's method.
ActionName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class ActionSpec(Value):
    """Something that a participant can do in a live stage; without ``form`` it asks for nothing."""

    name: ActionName
    title: str
    form: FormSpec | None = None


class LiveMark(Value):
    """Up to where live data are known.

    ``version`` counts the changes of what all are shown in a generation, ``own`` those of what this
    seat alone is.
    """

    version: int = 0
    own: int = 0


class Change(Value):
    """What is different in live data: keys with another value, what lists end with now, keys gone.

    Lists only grow, most of them: what has happened, in order. Of such a one the new end is told.
    """

    data: dict[str, JsonValue] = {}
    appended: dict[str, list[JsonValue]] = {}
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is different."""
        return bool(self.data or self.appended or self.removed)

    def applied(self, before: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Return what is shown now; a list that is not there, or is none, begins anew."""
        after = {key: one for key, one in before.items() if key not in self.removed}
        for key, news in self.appended.items():
            known = after.get(key)
            after[key] = [*known, *news] if isinstance(known, list) else news
        return {**after, **self.data}


def change(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> Change:
    """Return what leads from one to the other."""
    data: dict[str, JsonValue] = {}
    appended: dict[str, list[JsonValue]] = {}
    for key, now in after.items():
        known = before.get(key)
        if key in before and _same(known, now):
            continue
        if isinstance(known, list) and isinstance(now, list) and 0 < len(known) < len(now):
            head, tail = now[: len(known)], now[len(known) :]
            if head == known:
                appended[key] = tail
                continue
        data[key] = now
    return Change(
        data=data, appended=appended, removed=tuple(key for key in before if key not in after)
    )


def _same(one: JsonValue, other: JsonValue) -> bool:
    # true is 1 to Python, and not to a screen
    return type(one) is type(other) and one == other

"""Live stages: what can be done in one while it is open, and what that changes for who sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, JsonValue, StringConstraints
from pydantic_core import to_json, to_jsonable_python

from palier.schemas.forms import FormSpec
from palier.schemas.message import Value

#: The name of an action: that of the author's method.
ActionName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class ActionSpec(Value):
    """Something that a participant can do in a live stage; without ``form`` it asks for nothing."""

    name: ActionName
    title: str
    form: FormSpec | None = None


class Do(Value):
    """What somebody decides to do in a live stage: an action, and what its form asks for."""

    action: str
    body: dict[str, JsonValue] | None = None


def as_do(decided: object) -> Do | None:
    """Return what a strategy has decided: ``"sell"``, ``("bid", {"price": 3})``, or nothing yet.

    A body may be a form. Raises `ValueError` for anything else.
    """
    match decided:
        case None | Do():
            return decided
        case str():
            return Do(action=decided)
        case (str() as action, BaseModel() as body):
            return Do(action=action, body=body.model_dump(mode="json"))
        case (str() as action, None):
            return Do(action=action)
        case (str() as action, Mapping() as body):
            return Do(action=action, body=to_jsonable_python(dict(body)))
        case _:
            raise ValueError(
                f"{decided!r} is nothing to do in a live stage: give the name of an action, a name "
                "with a mapping or a form, or None to wait."
            )


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


_NONE = Change()


def change(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> Change:
    """Return what leads from one to the other."""
    if _same(before, after):
        # of most of those who are shown something of their own, most of the time
        return _NONE
    data: dict[str, JsonValue] = {}
    appended: dict[str, list[JsonValue]] = {}
    for key, now in after.items():
        known = before.get(key)
        if key in before and _same(known, now):
            continue
        if isinstance(known, list) and isinstance(now, list) and 0 < len(known) < len(now):
            head, tail = now[: len(known)], now[len(known) :]
            if _same(known, head):
                appended[key] = tail
                continue
        data[key] = now
    return Change(
        data=data, appended=appended, removed=tuple(key for key in before if key not in after)
    )


def _same(one: object, other: object) -> bool:
    # true is 1 to Python, and not to a screen
    return one == other and to_json(one) == to_json(other)

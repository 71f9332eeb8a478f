"""What a stage is given: what it shows to whom, and what happens to who has not answered."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from pydantic import JsonValue, ValidationError
from pydantic_core import to_json

from palier.program.errors import ProgramError
from palier.program.participant import Participant
from palier.program.requests import as_recorded
from palier.schemas.errors import InvalidName
from palier.schemas.events import Missing as Policy
from palier.schemas.forms import Form, describe
from palier.schemas.names import check_name
from palier.schemas.screens.surroundings import RESERVED

#: Data for a screen: the same for all, or a function from a participant to their own.
Data: TypeAlias = Mapping[str, Any] | Callable[[Participant], Mapping[str, Any]]

#: Data that each is shown alone, besides those that all are shown.
Own: TypeAlias = Callable[[Participant], Mapping[str, Any]]

#: What happens at the deadline to who has not answered: they are waited for; what the form gives
#: when nothing is filled in is their answer; the others go on without them; a bot stands in; or
#: this is their answer, the same for all or made for each.
Missing: TypeAlias = (
    Literal["wait", "default", "exclude", "bot"] | Form | Callable[[Participant], Form]
)

_LONGEST = timedelta(days=366).total_seconds()

#: Bytes of data that fit into a message, together with the stage.
_LARGEST = 700_000


def check(stage: str, form: type[Form] | None, screen: str | None) -> None:
    """Raise `ProgramError` where a stage cannot be called so, or shown."""
    try:
        check_name(stage)
    except InvalidName as error:
        raise ProgramError(f"A stage: {error}") from None
    try:
        check_name(screen or stage)
    except InvalidName as error:
        raise ProgramError(f"Stage {stage!r} has a screen: {error}") from None
    if form is not None:
        describe(form)


def policy(
    stage: str,
    form: type[Form] | None,
    missing: Missing | None,
    parties: Sequence[Participant],
    *,
    live: bool = False,
) -> tuple[Policy, dict[str, Form | None]]:
    """Return what happens at the deadline, and the answers that are given then, by seat.

    A live stage goes on for everyone: at its deadline by default, and when an action ends it.
    """
    if live and form is not None and missing in {"wait", "exclude", "bot"}:
        raise ProgramError(
            f"Live stage {stage!r} has a form and missing={missing!r}: it can end for everyone, so "
            f"it needs an answer for who has given none. Give missing={form.__name__}(…), or "
            "'default' with a default for every field."
        )
    if missing is None:
        missing = "default" if live else "wait"
    if missing == "default":
        empty = _empty(stage, form)
        return "default", {one.seat: empty for one in parties}
    if missing == "wait" or missing == "exclude" or missing == "bot":  # noqa: PLR1714 - types
        return missing, {}
    if form is None or not (isinstance(missing, form) or callable(missing)):
        wanted = f"a {form.__name__}" if form else "'default': it asks for no answer"
        raise ProgramError(
            f"Stage {stage!r} has missing={missing!r}: give 'wait', 'default', 'exclude', "
            f"'bot', or {wanted}."
        )
    defaults: dict[str, Form | None] = {}
    for one in parties:
        answer = missing if isinstance(missing, Form) else missing(one)
        if not isinstance(answer, form):
            raise ProgramError(
                f"Stage {stage!r} has missing= for {one.seat} give {answer!r}, which is no "
                f"{form.__name__}."
            )
        defaults[one.seat] = answer
    return "default", defaults


def shown(
    stage: str, data: Data | None, own: Own | None, parties: Sequence[Participant]
) -> tuple[dict[str, JsonValue], dict[str, dict[str, JsonValue]]]:
    """Return what everyone is shown, and what each is alone, by seat."""
    public: dict[str, JsonValue] = {}
    private: dict[str, dict[str, JsonValue]] = {}
    if callable(data):
        private = {one.seat: jsonable(stage, data(one)) for one in parties}
    elif data is not None:
        public = jsonable(stage, data)
    if own is not None:
        for one in parties:
            found = jsonable(stage, own(one))
            if twice := sorted({*public, *private.get(one.seat, ())}.intersection(found)):
                raise ProgramError(
                    f"Stage {stage!r} has {twice[0]!r} both in data= and in own=: call one of "
                    "them otherwise."
                )
            private[one.seat] = {**private.get(one.seat, {}), **found}
    _check_size(stage, public, private)
    return public, private


def _check_size(
    stage: str, public: Mapping[str, JsonValue], private: Mapping[str, Mapping[str, JsonValue]]
) -> None:
    most = max((len(to_json(own)) for own in private.values() if own), default=0)
    size = len(to_json(public)) + most if public else most
    if size > _LARGEST:
        raise ProgramError(
            f"Data of stage {stage!r} have {size} bytes, and a message has room for {_LARGEST}: "
            "show less of them, the last rounds alone for example."
        )


def seconds(stage: str, deadline: float | timedelta | None) -> float | None:
    """Return a deadline in seconds; raises `ProgramError`."""
    if deadline is None:
        return None
    given = deadline.total_seconds() if isinstance(deadline, timedelta) else float(deadline)
    if not math.isfinite(given) or not 0 < given <= _LONGEST:
        raise ProgramError(f"Stage {stage!r} has deadline={deadline!r}: give seconds, above 0.")
    return given


def _empty(stage: str, form: type[Form] | None) -> Form | None:
    """Return what the form gives when nothing is filled in."""
    if form is None:
        return None
    try:
        return form()
    except ValidationError as error:
        fields = ", ".join(str(one["loc"][0]) for one in error.errors(include_url=False))
        raise ProgramError(
            f"Stage {stage!r} has missing='default', but {form.__name__} has no default for "
            f"{fields}: give one, or missing={form.__name__}(…)."
        ) from None


def jsonable(stage: str, data: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Return data as they are sent and recorded; raises `ProgramError`."""
    if taken := sorted(RESERVED.intersection(data)):
        raise ProgramError(
            f"The data of stage {stage!r} cannot have the name {taken[0]!r}: every screen has one "
            f"of its own. Choose another, such as 'my_{taken[0]}'."
        )
    try:
        # the record is compared with what the program shows in a replay
        shown = as_recorded(
            {key: float(one) if isinstance(one, Decimal) else one for key, one in data.items()}
        )
    except ProgramError as error:
        raise ProgramError(f"The data of stage {stage!r} cannot be sent: {error}") from None
    assert isinstance(shown, dict)
    return shown

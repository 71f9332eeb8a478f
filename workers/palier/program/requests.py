"""What a program's coroutine can wait for: a stage, several coroutines, a side effect.

They are yielded to whoever drives the coroutine (`palier.workers.domain.execution`); there is no
event loop, so that a step is a plain call that ends at the next wait.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue
from pydantic_core import PydanticSerializationError, from_json, to_json

from palier.program.errors import ProgramError
from palier.program.quiz import Quiz
from palier.schemas.events import Missing
from palier.schemas.forms import Form

if TYPE_CHECKING:
    from palier.program.live import Begun


class Abandoned(BaseException):
    """Everyone in a scope was excluded: its coroutine ends where it is.

    No `Exception`, so that an author's ``except Exception`` does not keep it from ending.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRequest:
    """Show a stage to everyone in a scope; resumes with the answers, by seat.

    ``deadline`` in seconds; ``missing`` says what happens then to who has not arrived, and
    ``defaults`` are their answers, by seat, where that is ``default``. ``screen`` is the name of
    the screen; None: that of the stage if there is such a one; empty: none. ``live`` is what can be
    done in it; what it shows at first is in ``public`` and ``private``.
    """

    scope: str
    name: str
    visit: int
    title: str
    text: str
    form: type[Form] | None
    public: Mapping[str, JsonValue]
    private: Mapping[str, Mapping[str, JsonValue]] = field(default_factory=dict)
    deadline: float | None = None
    missing: Missing = "wait"
    defaults: Mapping[str, Form | None] = field(default_factory=dict)
    screen: str | None = None
    live: Begun | None = None
    #: The period that the scope is in, 0 outside of any.
    period: int = 0
    #: What an answer is held against, where the stage is a quiz: it never leaves the worker.
    quiz: Quiz | None = None

    def __await__(self) -> Generator[StageRequest, dict[str, Form | None], dict[str, Form | None]]:
        answers = yield self
        return answers


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRequest:
    """Form a scope of some seats; resumes at once.

    One that is ``lasting`` gets a fanout of its own, the seats of another are told one by one.
    ``roles`` are those of its seats, where they have any; ``group`` is the group that it is, or is
    a part of, empty where it is none.
    """

    scope: str
    seats: tuple[str, ...]
    lasting: bool = True
    roles: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    #: The name of its treatment, empty without one.
    treatment: str = ""

    def __await__(self) -> Generator[ScopeRequest, None, None]:
        yield self


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceRequest:
    """Call something of the outside world; resumes with its result, the recorded one in a replay.

    ``name`` and ``visit`` find the result in the record of the scope.
    """

    scope: str
    name: str
    visit: int
    call: Callable[[], Any]

    def __await__(self) -> Generator[OnceRequest, JsonValue, JsonValue]:
        result = yield self
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """Run coroutines side by side; resumes with their results when the last has ended."""

    coroutines: tuple[Coroutine[Any, Any, Any], ...]

    def __await__(self) -> Generator[Gather, list[Any], list[Any]]:
        results = yield self
        return results


def as_recorded(value: Any) -> Any:
    """Return a value as a replay has it: there and back through JSON; raises `ProgramError`."""
    try:
        text = to_json(value)
    except PydanticSerializationError as error:
        raise ProgramError(str(error)) from None
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError:
        raise ProgramError("a number in it is infinite, or none at all (nan).") from None

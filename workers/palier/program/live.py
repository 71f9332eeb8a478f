"""Live stages: what participants do in one while it is open, one after the other.

An author writes a class: its attributes are the state of one stage, its methods marked with
`action` are what can be done, and `Live.shown` is what all see of it, at once.
"""

from __future__ import annotations

import copy
import inspect
import random as chance
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar, overload

from pydantic import JsonValue

from palier.program.errors import ProgramError
from palier.program.participant import Participant
from palier.program.requests import OnceRequest
from palier.program.stage import jsonable
from palier.program.transactions import called, transact
from palier.schemas.errors import InvalidName
from palier.schemas.forms import Form, describe
from palier.schemas.live import ActionSpec
from palier.schemas.names import check_name

if TYPE_CHECKING:
    from palier.program.scope import Scope

M = TypeVar("M", bound=Callable[..., None])

#: Gives the result of a side effect: calls it, or finds it in the record.
Perform: TypeAlias = Callable[[OnceRequest], JsonValue]

#: The state of a live stage, apart from it.
Kept: TypeAlias = tuple[dict[str, Any], Any, bool]

_MARK = "_palier_action"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
#: What a live stage has of its own, and no attribute of an author's may be called.
_OWN = frozenset({"_place"})


@overload
def action(method: M) -> M: ...


@overload
def action(*, title: str) -> Callable[[M], M]: ...


def action(method: M | None = None, *, title: str = "") -> M | Callable[[M], M]:
    """Mark a method of a `Live` as something that participants can do.

    It takes ``(self, who: Participant)``, or ``(self, who: Participant, body: SomeForm)``, and
    raises `palier.program.Refuse` where it is not allowed. ``title`` is what stands on the button
    that a desk makes for it, by default its name.
    """

    def marked(one: M) -> M:
        setattr(one, _MARK, title or one.__name__.replace("_", " ").capitalize())
        return one

    return marked if method is None else marked(method)


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a class: the form of its body, None if it takes none."""

    name: str
    title: str
    form: type[Form] | None

    @property
    def spec(self) -> ActionSpec:
        """How a client is told of it."""
        return ActionSpec(
            name=self.name, title=self.title, form=describe(self.form) if self.form else None
        )


@dataclass(slots=True)
class _Place:
    """Where a live stage is open, and what performs its side effects while something is done."""

    scope: Scope
    stage: str
    random: chance.Random
    over: bool = False
    perform: Perform | None = None


class Live:
    """The state of one live stage: a plain object that the program makes for each.

    Its actions are called one after the other, in the order in which they came to the worker. What
    one changes, or pays, is kept in the transaction that takes it; one that raises changes nothing.
    Use nothing but the attributes of this object, chance only from ``self.random``, the time only
    from `now`: then a worker that takes over comes to the same state by doing all of it again.
    """

    _actions: ClassVar[Mapping[str, str]] = {}
    _place: _Place

    def __init_subclass__(cls, **options: Any) -> None:
        """Check the actions of a class as soon as it is written."""
        super().__init_subclass__(**options)
        found: dict[str, str] = {}
        for name in dict.fromkeys(name for one in reversed(cls.__mro__) for name in vars(one)):
            method = getattr(cls, name)
            if (title := getattr(method, _MARK, None)) is not None:
                _check_method(cls, name, method)
                found[name] = title
        _check_attributes(cls)
        cls._actions = found

    # -- what an author gives ---------------------------------------------------------------------

    def shown(self) -> Mapping[str, Any]:
        """Return what all are shown, besides the data of the stage; called after each action."""
        return {}

    def shown_to(self, _who: Participant, /) -> Mapping[str, Any]:
        """Return what one participant alone is shown; called after each action, for each."""
        return {}

    # -- what an author uses ----------------------------------------------------------------------

    @property
    def scope(self) -> Scope:
        """The session or group in which the stage is open."""
        return _place(self).scope

    @property
    def parties(self) -> tuple[Participant, ...]:
        """Those who take part now."""
        return _place(self).scope.participants

    @property
    def random(self) -> chance.Random:
        """Chance of this stage alone: repeatable."""
        return _place(self).random

    def now(self) -> datetime:
        """Return when the action came that is being handled; UTC."""
        return _place(self).scope.now()

    def end(self) -> None:
        """End the stage for everyone, whoever has not arrived, once this action is done."""
        _place(self).over = True

    def once(self, name: str, call: Callable[[], Any]) -> Any:
        """Return what ``call`` returns, as JSON; a replay gets the recorded result again.

        As `palier.program.Session.once`, at once. Raises `ProgramError`, and what ``call`` raises.
        """
        place = _place(self)
        try:
            check_name(name)
        except InvalidName as error:
            raise ProgramError(f"A side effect: {error}") from None
        return self._performed(OnceRequest(scope=place.scope.name, name=name, visit=0, call=call))

    def transaction(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what ``function(*arguments)`` returns, as JSON; a replay gets the recorded result.

        As `palier.program.Session.transaction`, at once: what it changes in the program's entities
        is kept with the action, and undone if the action is refused or fails.
        """
        return self._performed(
            OnceRequest(
                scope=_place(self).scope.name,
                name=called(function),
                visit=0,
                call=lambda: transact(function, *arguments),
            )
        )

    def _performed(self, request: OnceRequest) -> JsonValue:
        """Return the result of a side effect; only while an action is handled."""
        place = _place(self)
        if place.perform is None:
            raise ProgramError(
                f"Live stage {place.stage!r} asks for the side effect {request.name!r} outside of "
                "an action: ask for it there, or in run()."
            )
        return place.perform(request)


def actions_of(live: Live) -> dict[str, Action]:
    """Return the actions of a live stage, by name; raises `ProgramError`."""
    kind = type(live)
    if not kind._actions:  # noqa: SLF001 - a part of this module
        raise ProgramError(
            f"{kind.__name__} has nothing that participants can do: mark its methods with @action."
        )
    return {
        name: Action(name, title, _form_of(kind, name))
        for name, title in kind._actions.items()  # noqa: SLF001
    }


@dataclass(frozen=True, slots=True)
class Begun:
    """A live stage that opens: what can be done, what is shown at first, its state then."""

    live: Live
    actions: Mapping[str, Action]
    public: Mapping[str, JsonValue]
    private: Mapping[str, Mapping[str, JsonValue]]
    kept: Kept


def begin(live: object, *, scope: Scope, stage: str, seed: str) -> Begun:
    """Open a live stage in a scope; raises `ProgramError` where it cannot be."""
    if not isinstance(live, Live):
        raise ProgramError(
            f"Stage {stage!r} has live={live!r}: give an object of a class that extends Live."
        )
    if "_place" in vars(live):
        raise ProgramError(
            f"Stage {stage!r} has a {type(live).__name__} that was in a stage before: make a new "
            "one for each stage."
        )
    actions = actions_of(live)
    for one in actions.values():
        if one.form is not None:
            describe(one.form)
    live._place = _Place(  # noqa: SLF001
        scope=scope,
        stage=stage,
        random=chance.Random(seed),  # noqa: S311 - repeatable is the point
    )
    public, private = seen(live, scope.participants)
    kept = keep(live)
    # from now on it shares nothing with run(): an action that is taken back could not restore that
    restore(live, kept)
    return Begun(live, actions, public, private, kept)


def seen(
    live: Live, parties: Sequence[Participant]
) -> tuple[dict[str, JsonValue], dict[str, dict[str, JsonValue]]]:
    """Return what all are shown of a live stage, and what each is alone; raises `ProgramError`."""
    stage = _place(live).stage
    public = jsonable(stage, live.shown())
    own = {one.seat: jsonable(stage, live.shown_to(one)) for one in parties}
    if both := sorted(key for data in own.values() for key in data if key in public):
        raise ProgramError(
            f"{type(live).__name__} gives {both[0]!r} in shown() and in shown_to(): call one of "
            f"them by another name, such as 'my_{both[0]}'."
        )
    return public, {seat: data for seat, data in own.items() if data}


def is_over(live: Live) -> bool:
    """Tell whether an action has ended the stage."""
    return _place(live).over


def do(
    live: Live,
    name: str,
    who: Participant,
    body: Form | None,
    *,
    at: datetime,
    perform: Perform,
) -> None:
    """Do an action; raises what the author's code raises."""
    place = _place(live)
    place.scope.begin(at)
    method = getattr(live, name)
    place.perform = perform
    try:
        returned = method(who) if body is None else method(who, body)
    finally:
        place.perform = None
    if returned is not None:
        raise ProgramError(
            f"{type(live).__name__}.{name} returned {returned!r}: what an action has to say is "
            "shown by shown(), or refused by raising Refuse(…)."
        )


def keep(live: Live) -> Kept:
    """Return a copy of a live stage's state; raises `ProgramError` where it cannot be copied."""
    place = _place(live)
    try:
        return _copied(live), place.random.getstate(), place.over
    except Exception as error:
        raise ProgramError(
            f"The state of live stage {place.stage!r} cannot be copied ({error}): keep numbers, "
            "texts, lists, mappings and participants in it."
        ) from error


def restore(live: Live, kept: Kept) -> None:
    """Bring a live stage back to a state that was kept; it can be brought there again."""
    place = _place(live)
    attributes, random, place.over = kept
    vars(live).clear()
    vars(live).update(copy.deepcopy(attributes))
    live._place = place  # noqa: SLF001
    place.random.setstate(random)


def _copied(live: Live) -> dict[str, Any]:
    # as one, so that what two attributes share is shared still
    return copy.deepcopy({key: one for key, one in vars(live).items() if key not in _OWN})


def _place(live: Live) -> _Place:
    place = vars(live).get("_place")
    if place is None:
        raise ProgramError(
            f"A {type(live).__name__} has no scope, chance or time before its stage is open: in "
            "__init__ take what it needs from the session."
        )
    assert isinstance(place, _Place)
    return place


def _check_attributes(cls: type[Live]) -> None:
    """Raise `ProgramError` where all sessions would share what one of them changes."""
    for name, value in vars(cls).items():
        constant = name.isupper() or name.startswith("__")
        if isinstance(value, list | dict | set) and not constant:
            raise ProgramError(
                f"{cls.__name__}.{name} is one {type(value).__name__} for all sessions: make it in "
                f"__init__, as self.{name} = …, or write it in capitals if nothing changes it."
            )


def _check_method(cls: type[Live], name: str, method: Any) -> None:
    """Raise `ProgramError` where a method cannot be called as an action."""
    where = f"{cls.__name__}.{name}"
    if not _NAME.fullmatch(name):
        raise ProgramError(f"{where} is an action: call it with 1 to 32 of a-z, 0-9 and _.")
    if inspect.iscoroutinefunction(method):
        raise ProgramError(f"{where} is an action: write 'def', not 'async def'; it has no waits.")
    parameters = [
        one
        for one in list(inspect.signature(method).parameters.values())[1:]
        if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}
        and one.default is inspect.Parameter.empty
    ]
    others = len(inspect.signature(method).parameters) - 1 - len(parameters)
    if others or len(parameters) not in {1, 2}:
        raise ProgramError(
            f"{where} is an action: it takes (self, who: Participant), or "
            "(self, who: Participant, body: SomeForm), and nothing else."
        )


def _form_of(cls: type[Live], name: str) -> type[Form] | None:
    """Return the form of an action's body; raises `ProgramError`."""
    method = getattr(cls, name)
    parameters = list(inspect.signature(method).parameters.values())[2:]
    if not parameters:
        return None
    written = parameters[0].annotation
    if isinstance(written, str):
        nested = {key: one for kind in reversed(cls.__mro__) for key, one in vars(kind).items()}
        try:
            written = eval(written, method.__globals__, nested)  # noqa: S307 - its author's own
        except Exception:  # noqa: BLE001 - whatever it is, the sentence below is what to do
            written = None
    if isinstance(written, type) and issubclass(written, Form):
        return written
    raise ProgramError(
        f"{cls.__name__}.{name} is an action: say of which form its {parameters[0].name!r} is, as "
        f"in '{parameters[0].name}: SomeForm', with a class SomeForm(Form) in this file."
    )

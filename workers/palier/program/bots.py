"""How bots of a program decide: what its author writes in ``bots.py``, beside ``program.py``.

Functions that are named as stages are one strategy, ``default``::

    def contribute(me, stage):
        return {"amount": stage.data["endowment"] // 2}

A class is another one, named after it (``FreeRider``: ``free-rider``); each seat has an object of
its own, which may remember things::

    class FreeRider(Bot):
        def contribute(self, stage):
            return {"amount": 0}

In a live stage it is asked again and again what to do: the name of an action, ``("bid", {"price":
3})`` with what it asks for, None to wait, or `GO_ON` when it has nothing more to do there.

``stage`` is what a desk is given: ``stage.data`` with the seat's own, ``stage.visit``,
``stage.form``. A hyphen in a stage's name is an underscore here, and what Python keeps for itself
has one at its end: ``return_``. What a strategy says nothing of is drawn by chance from the form,
so that a program without ``bots.py`` has bots too.
"""

from __future__ import annotations

import importlib.util
import inspect
import random as chance
import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from keyword import iskeyword
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from palier.program.errors import ProgramError
from palier.schemas.events import Stage
from palier.schemas.screens.suggestions import suggestion

#: The file beside ``program.py``.
FILE = "bots.py"

#: The strategy that a file's functions are, and the one that is chance alone.
DEFAULT, RANDOM = "default", "random"


class GoOn(Enum):
    """Going on from a live stage, in place of doing something there."""

    GO_ON = "go-on"


#: What a strategy returns in a live stage when it has nothing more to do there.
GO_ON: Final = GoOn.GO_ON


class Bot:
    """A participant without a person: a subclass is a strategy, its methods are its stages.

    ``seat`` is where it sits; ``random`` is chance of its own, repeatable by the seed.
    """

    def __init__(self, *, seat: str, seed: object = 0) -> None:
        self.seat = seat
        self.random = chance.Random(f"{seed}:{seat}")  # noqa: S311 - repeatable is the point

    def __init_subclass__(cls) -> None:
        for name in ("seat", "random"):
            if name in vars(cls):
                raise ProgramError(
                    f"{cls.__name__}.{name} is what each bot has: a stage of this name cannot be "
                    "answered by a strategy, call it otherwise."
                )


def method_of(bot: Bot, stage: Stage) -> Callable[[Stage], Any] | None:
    """Return what a strategy answers a stage with; None where that is left to chance."""
    found = getattr(type(bot), method_name(stage.name), None)
    return None if found is None else partial(found, bot)


def method_name(stage: str) -> str:
    """Return what a strategy calls its answer to the stage of this name."""
    name = stage.replace("-", "_")
    return f"{name}_" if iskeyword(name) else name


def strategies(folder: Path) -> dict[str, type[Bot]]:
    """Return the strategies of the program in a folder, by name; ``random`` is always there.

    Its ``bots.py`` is run. Raises `ProgramError` where it cannot be.
    """
    path = folder / FILE
    found: dict[str, type[Bot]] = {RANDOM: Bot}
    if not path.is_file():
        return found
    module = _loaded(path)
    functions: dict[str, Any] = {
        name: one
        for name, one in vars(module).items()
        if inspect.isfunction(one) and one.__module__ == module.__name__ and name[0] != "_"
    }
    if functions:
        found[DEFAULT] = type("Default", (Bot,), functions)
    for one in vars(module).values():
        if isinstance(one, type) and issubclass(one, Bot) and one.__module__ == module.__name__:
            found[named(one)] = one
    return found


def named(strategy: type[Bot]) -> str:
    """Return what a strategy is called at the command line: ``FreeRider`` is ``free-rider``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", strategy.__name__).lower()


def chosen(known: Mapping[str, type[Bot]], names: str | None) -> tuple[type[Bot], ...]:
    """Return the strategies with these names, ``tit-for-tat,random``; seats take them in turn.

    Without a name it is what ``bots.py`` has functions for, else chance. Raises `ProgramError`.
    """
    if names is None:
        return (known.get(DEFAULT, Bot),)
    wanted = [one.strip() for one in names.split(",")]
    for one in wanted:
        if one not in known:
            raise ProgramError(f"There is no strategy {one!r}. {suggestion(one, known)}")
    return tuple(known[one] for one in wanted)


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"palier_bots_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ProgramError(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
    return module

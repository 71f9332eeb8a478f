"""The controller of a screen: methods that its widgets name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from typing import Any, TypeVar

from pydantic import JsonValue

from palier.controller.surface import Surface

A = TypeVar("A", bound=Callable[..., Awaitable[None] | None])


def action(method: A) -> A:
    """Let a screen name this method; it takes nothing, or, for ``on-change``, the new value."""
    vars(method)["is_action"] = True
    return method


class _Places(MutableMapping[str, JsonValue]):
    """The values of one kind of place, as attributes and as items."""

    def __init__(self, surface: Surface, kind: str) -> None:
        object.__setattr__(self, "_surface", surface)
        object.__setattr__(self, "_kind", kind)

    def _values(self) -> Mapping[str, JsonValue]:
        found = self._surface.names.get(self._kind)
        return found if isinstance(found, dict) else {}

    def __getitem__(self, name: str) -> JsonValue:
        return self._values()[name]

    def __setitem__(self, name: str, value: JsonValue) -> None:
        self._surface.put(f"{self._kind}.{name}", value)

    def __delitem__(self, name: str) -> None:
        self._surface.put(f"{self._kind}.{name}", None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values())

    def __len__(self) -> int:
        return len(self._values())

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values()[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: JsonValue) -> None:
        self[name] = value


class Controller:
    """Subclass it, mark methods with `action`, name them in the screen.

    A new one is made for each opening of a stage. Methods may be plain or ``async``; what they wait
    for does not hold the window up. One that raises is told of in a toast and in the log, and the
    desk goes on.
    """

    def __init__(self, surface: Surface) -> None:
        self.surface = surface
        #: What the form holds: read and write.
        self.answer = _Places(surface, "answer")
        #: What the screen itself keeps: read and write.
        self.local = _Places(surface, "local")

    @property
    def data(self) -> Mapping[str, Any]:
        """All values by name, the data of the stage among them."""
        return self.surface.names

    async def act(self, action: str, /, **body: JsonValue) -> int:
        """Do something in the live stage: ``await self.act("bid", price=12)``.

        Returns its number in the session; raises `PalierError` with the author's sentence where it
        is refused.
        """
        return await self.surface.act(action, body or None)

    def opened(self) -> None:
        """Do what is to be done when the screen is shown; nothing, unless a subclass does."""

    @classmethod
    def actions(cls) -> dict[str, Callable[..., Any]]:
        """Return the methods that a screen may name."""
        found = {name: getattr(cls, name) for name in dir(cls) if not name.startswith("_")}
        return {name: one for name, one in found.items() if getattr(one, "is_action", False)}

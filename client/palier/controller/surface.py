"""What a controller acts on: the screen that is shown, whatever shows it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Protocol

from pydantic import JsonValue


class Surface(Protocol):
    """One open screen. All of it is for the thread of the window.

    Places are ``answer.<field>`` and ``local.<name>``. Whoever puts into a place that the screen
    does not have gets a `ControllerError` that says which there are.
    """

    @property
    def names(self) -> Mapping[str, JsonValue]:
        """All values by name, as expressions see them."""

    def put(self, place: str, value: JsonValue) -> None:
        """Put a value into a place; what is bound to it shows it."""

    def submit(self) -> bool:
        """Hand in the answer; False when it does not do, and then what is wrong is shown."""

    def reset(self) -> None:
        """Put form and local values back to what they were at first."""

    def call_for_help(self, text: str = "") -> None:
        """Ask the operator to come."""

    def toast(self, text: str) -> None:
        """Show a sentence for some seconds."""

    def focus(self, place: str) -> None:
        """Put the keyboard into the field that is bound to a place."""

    def post(self, stream: str, value: str | float) -> Awaitable[int]:
        """Post to a stream; returns its number once it is committed. Raises `PalierError`."""

    def act(self, action: str, body: Mapping[str, JsonValue] | None = None) -> Awaitable[int]:
        """Do something in a live stage; returns its number once it is committed.

        Raises `PalierError` with the author's sentence where it is refused.
        """

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Wait without holding the window up."""

    def ask(self) -> Awaitable[Mapping[str, JsonValue]]:
        """Ask the worker how things are; returns the stage's data anew. Raises `PalierError`."""

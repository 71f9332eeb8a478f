"""Which letters a command is for: those with these ids, or all there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from palier.broker.letters import Letter
from palier.cli.errors import CommandError
from palier.cli.showing import printable

#: Digits of an id that must be given at least.
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """Letters by the beginnings of their ids; without any, all, or all with a code."""

    ids: tuple[str, ...] = ()
    code: str | None = None

    @classmethod
    def of(cls, ids: Sequence[str] | None, *, every: bool, code: str | None) -> Self:
        """Return what was asked for; raises `CommandError` unless it is one or the other."""
        if bool(ids) == every:
            raise CommandError("Say which letters: their ids, or --all.")
        if ids and code is not None:
            raise CommandError("--code goes with --all.")
        for one in ids or ():
            if len(one) < _DIGITS:
                raise CommandError(f"{one!r}: give at least {_DIGITS} digits of an id.")
        return cls(tuple(ids or ()), code)

    def wants(self, letter: Letter) -> bool:
        """Tell whether a letter may be meant, before the others are known."""
        if self.ids:
            return any(letter.digest.startswith(one.lower()) for one in self.ids)
        return self.code in {None, letter.code}

    def among(self, letters: Sequence[Letter], *, queue: str) -> list[Letter]:
        """Return those that are meant; raises `CommandError` where one is not there."""
        chosen = [one for one in letters if self.wants(one)]
        for one in self.ids:
            self._check(
                one, [each for each in chosen if Choice((one,)).wants(each)], letters, queue
            )
        if letters and not chosen:
            raise CommandError(f"No letter there is {self.code}: there are {codes(letters)}.")
        return chosen

    @staticmethod
    def _check(one: str, found: Sequence[Letter], letters: Sequence[Letter], queue: str) -> None:
        if not letters:
            raise CommandError(f"There is no letter {one}: nothing lies in {queue}.")
        if not found:
            raise CommandError(
                f"There is no letter {one} in {queue}: see `palier dead-letters list`."
            )
        if len(found) > 1:
            raise CommandError(f"{one} stands for {len(found)} letters: give more digits of it.")


def codes(letters: Sequence[Letter]) -> str:
    """Return how many there are of each code."""
    counted = Counter(printable(one.code) for one in letters).most_common()
    return ", ".join(f"{number} {code}" for code, number in counted)

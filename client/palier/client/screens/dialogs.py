"""The dialogs of a desk: calling for help, unlocking."""

from __future__ import annotations

from collections.abc import Callable

from palier.client.errands import Errands
from palier.client.screens.lock import Lock
from palier.client.screens.modal import Dialog, Entry
from palier.client.screens.words import Words

_LONGEST = 1000  # of the words that come with a call


def call_for_help(words: Words, *, errands: Errands) -> Dialog:
    """Return the dialog that calls the operator, with some words or without."""

    def confirmed(typed: str) -> str:
        errands.call_for_help(typed)
        return ""

    return Dialog(
        title=words.help_title,
        text=words.help_text,
        confirm=words.help_confirm,
        confirmed=confirmed,
        entry=Entry(hint=words.help_hint, longest=_LONGEST),
    )


def unlock(words: Words, *, lock: Lock, opened: Callable[[], None]) -> Dialog:
    """Return the dialog that asks for the code of a locked window."""

    def confirmed(typed: str) -> str:
        if lock.opens(typed):
            opened()
            return ""
        if lock.waits:
            return words.unlock_wait.format(seconds=lock.waits)
        return words.unlock_wrong

    return Dialog(
        title=words.unlock_title,
        text=words.unlock_text,
        confirm=words.unlock_confirm,
        confirmed=confirmed,
        entry=Entry(hint=words.unlock_hint, secret=True),
    )

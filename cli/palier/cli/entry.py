"""Where the command `palier` is entered: what it is made of takes a second or more to import."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command; Ctrl-C ends it without a traceback also while it is being imported."""
    heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heard:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from palier.cli.__main__ import main as palier

    if heard:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    palier()

"""The command is entered quietly: whoever thinks better of it sees no traceback."""

from __future__ import annotations

import signal
import subprocess
import sys

#: Enters the command, and presses Ctrl-C when the first large library is imported.
INTERRUPTED = """\
import os, signal, sys

class Pressing:
    def find_spec(self, name, *rest):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Pressing())
from palier.cli.entry import main
main()
"""


def test_ctrl_c_while_the_command_is_imported_shows_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")

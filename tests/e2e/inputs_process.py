"""A window that draws only when it is told to, on stdin: `input` or `frame`, a line each.

It answers on stdout: whether input waits that no frame has taken, or that the frame is drawn.
"""

from __future__ import annotations

import sys

import dearpygui.dearpygui as dpg

from palier.client.screens.inputs import waiting_input
from palier.client.screens.look import Look
from palier.client.screens.window import show, window


def main() -> int:
    look = Look(palette="light", scale=1.0, language="en", place=(0, 0, 900, 560))
    with window(title="Palier test", look=look, size=(900, 560)):
        with dpg.window() as root:
            pass
        show(root)
        waiting = waiting_input()
        if waiting is None:
            sys.stderr.write("This build of Dear PyGui does not tell whether input waits.\n")
            return 1
        for line in sys.stdin:
            if line.strip() == "frame":
                dpg.render_dearpygui_frame()
            said = "drawn" if line.strip() == "frame" else "waits" if waiting() else "none"
            sys.stdout.write(f"{said}\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())

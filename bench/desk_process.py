"""One window to be measured, told on stdin what to do; what happens goes out on stdout.

``palier``: a desk. ``library``: a window of Dear PyGui alone, in its own loop, with the least that
does the same. ``rebuild``: measures itself and ends. It ends with its stdin.

    show N   a view in which N have arrived is put into the inbox: answered with the moment of it
    usage    answered with processor seconds and frames so far

Moments are of the monotonic clock, which all processes of a machine share.
"""

from __future__ import annotations

import sys
import threading
from time import monotonic

import dearpygui.dearpygui as dpg
from desk_talk import listen, tell

#: As a desk has it.
SIZE = (1280, 800)

#: The frame in which everything is where it belongs.
_PAINTED = 2


def library() -> None:
    """Show a bar in a window of Dear PyGui's own making; the thread changes it itself."""
    dpg.create_context()
    dpg.create_viewport(
        title="Dear PyGui bench", width=SIZE[0], height=SIZE[1], x_pos=100, y_pos=100
    )
    with dpg.window() as root:
        dpg.add_text("A bar")
        bar = dpg.add_progress_bar(width=-1)
    dpg.set_primary_window(root, value=True)
    dpg.setup_dearpygui()
    dpg.show_viewport()

    def shown(arrived: int) -> None:
        dpg.set_value(bar, arrived / 24)

    threading.Thread(target=listen, args=(shown,), daemon=True).start()
    # the loop of its manual: `set_frame_callback` within `start_dearpygui` crashed now and then
    while dpg.is_dearpygui_running():
        dpg.render_dearpygui_frame()
        if dpg.get_frame_count() == _PAINTED:
            tell(painted=monotonic(), stage="bar")


def main() -> None:
    """Be the window that is asked for."""
    match sys.argv[1:]:
        case ["library"]:
            library()
        case ["palier"]:
            import desk_palier  # only now: the library's window shall not pay for it

            desk_palier.palier()
        case ["rebuild", rounds]:
            import desk_palier

            desk_palier.rebuild(int(rounds))
        case _:
            sys.exit("palier, library, or rebuild ROUNDS")


if __name__ == "__main__":
    main()

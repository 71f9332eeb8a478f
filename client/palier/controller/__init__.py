"""What the author of a screen's controller imports.

A controller is a class whose `action` methods are named by the buttons and fields of a screen. It
runs on the participant's computer, in the thread of the window.
"""

from palier.controller.connecting import connect, unused
from palier.controller.controller import Controller, action
from palier.controller.errors import ControllerError
from palier.controller.surface import Surface

__all__ = ["Controller", "ControllerError", "Surface", "action", "connect", "unused"]

"""What the author of a program imports.

A program is a class with one coroutine, `Program.run`, that reads from top to bottom: each
``await`` of a stage shows a screen to everyone in a scope, collects their answers, and goes on
when the last one has arrived.
"""

from pydantic import Field

from palier.program.errors import ProgramError
from palier.program.participant import Participant
from palier.program.program import Program
from palier.program.session import Group, Session
from palier.schemas.forms import Form

__all__ = [
    "Field",
    "Form",
    "Group",
    "Participant",
    "Program",
    "ProgramError",
    "Session",
]

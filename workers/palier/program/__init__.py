"""What the author of a program imports.

A program is a class with one coroutine, `Program.run`, that reads from top to bottom: each
``await`` of a stage shows a screen to everyone in a scope, collects their answers, and goes on
when the last one has arrived.
"""

from typing import TYPE_CHECKING, Any

from pydantic import Field

from palier.program.bots import GO_ON, Bot
from palier.program.errors import ProgramError, Refuse
from palier.program.group import Group, Solo
from palier.program.live import Live, action
from palier.program.matching import Matching
from palier.program.participant import Participant
from palier.program.payment import Money, Payment
from palier.program.program import Program
from palier.program.questions import choice, likert
from palier.program.quiz import Question
from palier.program.session import Session
from palier.schemas.events import Stage
from palier.schemas.forms import Form

if TYPE_CHECKING:
    from palier.program.entities import (
        Entity,
        Indexed,
        ManyToMany,
        ManyToOne,
        OneToMany,
        OneToOne,
        Unique,
        db,
    )

__all__ = [
    "GO_ON",
    "Bot",
    "Entity",
    "Field",
    "Form",
    "Group",
    "Indexed",
    "Live",
    "ManyToMany",
    "ManyToOne",
    "Matching",
    "Money",
    "OneToMany",
    "OneToOne",
    "Participant",
    "Payment",
    "Program",
    "ProgramError",
    "Question",
    "Refuse",
    "Session",
    "Solo",
    "Stage",
    "Unique",
    "action",
    "choice",
    "db",
    "likert",
]

#: What brings SQLAlchemy along: only for a program that names it.
_ENTITIES = frozenset(
    {
        "Entity",
        "Indexed",
        "ManyToMany",
        "ManyToOne",
        "OneToMany",
        "OneToOne",
        "Unique",
        "db",
    }
)


def __getattr__(name: str) -> Any:
    if name in _ENTITIES:
        from palier.program import entities

        return getattr(entities, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

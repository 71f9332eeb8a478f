"""Entities: classes in a program's file that are tables of that program.

It alone in `palier.program` knows SQLAlchemy, and is imported when a program has entities.
"""

from palier.program.entities.columns import Indexed, Unique
from palier.program.entities.database import db
from palier.program.entities.entity import Entity
from palier.program.entities.relations import ManyToMany, ManyToOne, OneToMany, OneToOne

__all__ = [
    "Entity",
    "Indexed",
    "ManyToMany",
    "ManyToOne",
    "OneToMany",
    "OneToOne",
    "Unique",
    "db",
]

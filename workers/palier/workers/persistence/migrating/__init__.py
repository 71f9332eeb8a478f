"""Bringing a program's tables to its changed entities: planned, told, refused or done."""

from palier.workers.persistence.migrating.migration import Migration, Refused, migrate_program

__all__ = ["Migration", "Refused", "migrate_program"]

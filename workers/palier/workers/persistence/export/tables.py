"""The tables of an export, in the order in which they are written: parents first."""

from __future__ import annotations

from palier.workers.persistence.export.actions import ACTIONS
from palier.workers.persistence.export.answers import ANSWERS, LONG, WIDE
from palier.workers.persistence.export.paid import ATTEMPTS, PAYMENTS, TREATMENTS
from palier.workers.persistence.export.record import EVENTS, PAYOFFS, STAGES
from palier.workers.persistence.export.table import ExportTable
from palier.workers.persistence.export.times import ONSET, OWN_DATA, PAGE_TIMES, POSTS

TABLES: tuple[ExportTable, ...] = (
    PAYOFFS,
    STAGES,
    ANSWERS,
    LONG,
    WIDE,
    PAGE_TIMES,
    ONSET,
    OWN_DATA,
    POSTS,
    ACTIONS,
    PAYMENTS,
    ATTEMPTS,
    TREATMENTS,
    EVENTS,
)

"""Who sat where: a list to be filled in by hand, and kept apart from the data."""

from __future__ import annotations

import csv
import os
from pathlib import Path

from sqlalchemy import select

from palier.workers.errors import ExportRefused
from palier.workers.persistence import tables
from palier.workers.persistence.export.column import cell
from palier.workers.persistence.export.known import check_session
from palier.workers.persistence.export.picture import Picture

HEADS = ("session", "seat", "number", "amount", "currency", "person")


def check_apart(file: Path, *, export: Path) -> None:
    """Raise `ExportRefused` if a list would lie with the data, or over one that is there."""
    where = file.resolve()
    if export.resolve() in where.parents:
        raise ExportRefused(
            f"{file} is in the folder of the data, and says whose they are: keep it elsewhere."
        )
    if where.exists():
        raise ExportRefused(f"{file} is there already, maybe with names: choose another file.")


def write_identities(picture: Picture, file: Path) -> None:
    """Write the seats, what each is paid, and an empty column for the person.

    A new file that only this user can read. Raises `ExportRefused` and `OSError`.
    """
    check_session(picture)
    paid = tables.payment
    found = picture.db.execute(
        select(paid.c.seat, paid.c.amount, paid.c.currency).where(paid.c.session == picture.session)
    )
    amounts = {one.seat: (cell(one.amount), one.currency) for one in found}
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(HEADS)
        for seat, one in picture.seats.items():
            amount = amounts.get(seat, ("", ""))
            writer.writerow((picture.session, seat, one.number, *amount, ""))

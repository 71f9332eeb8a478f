"""Whether there is such a session, in tables that this version can read."""

from __future__ import annotations

from difflib import get_close_matches

from sqlalchemy import select

from palier.workers.errors import ExportRefused
from palier.workers.persistence import tables
from palier.workers.persistence.export.picture import Picture


def check_session(picture: Picture) -> None:
    """Raise `ExportRefused`, with the names that are nearest, if there is no such session."""
    if picture.opened is not None:
        return
    name = picture.session
    known = picture.db.execute(select(tables.session.c.name)).scalars().all()
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    raise ExportRefused(f"There is no session {name}: see `palier session list`.{meant}")

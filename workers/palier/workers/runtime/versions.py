"""The versions of what conducts a session: kept with it, for its manifest."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from pydantic import JsonValue
from sqlalchemy import Connection


def versions(db: Connection) -> dict[str, JsonValue]:
    """Return name and version of each part, the database included."""
    told = db.dialect.server_version_info or ()
    return {
        "palier": installed("palier-workers"),
        "python": platform.python_version(),
        "system": platform.system(),
        "database": f"{db.dialect.name} {'.'.join(map(str, told))}".strip(),
        "sqlalchemy": installed("sqlalchemy"),
        "pydantic": installed("pydantic"),
    }


def installed(name: str) -> str:
    """Return the version of a distribution; empty where it runs from its sources alone."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""

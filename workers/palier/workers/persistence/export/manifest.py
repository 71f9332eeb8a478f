"""The manifest: what an export is of, by which program and versions, and the hash of each file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from palier.workers.persistence.export.column import cell
from palier.workers.persistence.export.picture import Picture

MANIFEST = "manifest.json"

#: Rises when what a file has changes its meaning.
LAYOUT = 1


def describe(
    picture: Picture, *, tables: Mapping[str, int], files: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the manifest of an export with these tables, by their rows, and these files."""
    opened = picture.opened
    assert opened is not None
    over = opened["ended_at"] is not None
    return {
        "layout": LAYOUT,
        "session": opened["name"],
        "program": opened["program"],
        "status": opened["status"],
        "reason": opened["reason"],
        "mid_session": not over,
        "taken_at": cell(picture.taken_at),
        "opened_at": cell(opened["opened_at"]),
        "started_at": cell(opened["started_at"]) or None,
        "ended_at": cell(opened["ended_at"]) or None,
        "seed": opened["seed"],
        "settings": opened["settings"],
        "seats": list(picture.seats),
        "groups": sorted({one.group for one in picture.seats.values() if one.group}),
        "opened_with": opened["origin"] or None,
        "exported_with": {"palier": palier_version()},
        "tables": dict(tables),
        "files": dict(files),
    }


def write_manifest(folder: Path, described: Mapping[str, Any]) -> None:
    """Write the manifest into the folder of its export; raises `OSError`."""
    text = json.dumps(described, ensure_ascii=False, indent=2)
    (folder / MANIFEST).write_text(f"{text}\n", encoding="utf-8", newline="\n")


def palier_version() -> str:
    """Return this Palier's version; empty where it runs from its sources alone."""
    try:
        return version("palier-workers")
    except PackageNotFoundError:
        return ""

"""Alembic's entry: runs the migrations on the connection that the worker brings."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from palier.workers.persistence.tables import metadata
from palier.workers.persistence.types import Exact, Instant


def _rendered(kind: str, item: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    """Write our own column types by their short names."""
    if kind == "type" and isinstance(item, Instant | Exact):
        name = type(item).__name__
        autogenerate.imports.add(f"from palier.workers.persistence.types import {name}")
        return f"{name}()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    render_as_batch=True,
    render_item=_rendered,
)
with context.begin_transaction():
    context.run_migrations()

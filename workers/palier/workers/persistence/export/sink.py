"""What takes the rows of a table on their way into a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from palier.workers.persistence.export.table import Values

#: Takes some rows. Blocking; raises `OSError` when the disk has no place, among others.
Sink: TypeAlias = Callable[[Sequence[Values]], None]

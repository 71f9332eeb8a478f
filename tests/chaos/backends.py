"""Which brokers and databases there are, and how a campaign runs on each pair of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.contained import ContainedPostgresql, ContainedRabbit
from tests.chaos.local import Cluster, File, Node
from tests.chaos.services import Rabbit, Store
from tests.chaos.shape import Shape

#: Words of the command line; the first broker is the private node.
BROKERS = ("3.10", "4")
DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A broker with a database, by the words of the command line."""

    broker: str
    database: str

    @property
    def shape(self) -> Shape:
        """One worker on SQLite, as `palier up` has it; a standby beside it on PostgreSQL."""
        return Shape(workers=2, partitions=2) if self.database == "postgresql" else Shape()

    @contextmanager
    def services(self, folder: Path) -> Iterator[tuple[Rabbit, Store]]:
        """Run them: of each the older one on this machine, the newer one in a container."""
        contained = self.broker != BROKERS[0]
        broker = ContainedRabbit() if contained else Node(folder / "node")
        store: Store = File(folder / "palier.db")
        if self.database == "postgresql":
            store = ContainedPostgresql() if contained else Cluster()
        with ExitStack() as stack:
            yield stack.enter_context(broker), stack.enter_context(store)

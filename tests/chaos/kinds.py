"""The kinds of faults: the table."""

from __future__ import annotations

from dataclasses import dataclass

from tests.chaos import deeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of fault.

    ``weight`` is its share of a campaign. ``server`` says that it needs a database that is a
    process, ``standby`` a second worker. What ``outlasts`` its strike goes on while others come.
    """

    sentence: str
    do: deeds.Do
    weight: float
    server: bool = False
    standby: bool = False
    outlasts: bool = False


#: Every kind, in the order of the table.
KINDS: dict[str, Kind] = {
    "worker-killed": Kind(sentence="worker killed", do=deeds.worker_killed, weight=16),
    "worker-dies-before-commit": Kind(
        sentence="worker killed before it commits", do=deeds.worker_dies("before-commit"), weight=5
    ),
    "worker-dies-after-commit": Kind(
        sentence="worker killed between commit and telling",
        do=deeds.worker_dies("after-commit"),
        weight=3,
    ),
    "worker-dies-after-release": Kind(
        sentence="worker killed between a release and telling of it",
        do=deeds.worker_dies("after-release"),
        weight=4,
    ),
    "worker-dies-before-ack": Kind(
        sentence="worker killed between telling and acknowledging",
        do=deeds.worker_dies("before-ack"),
        weight=6,
    ),
    "worker-restarted": Kind(sentence="worker asked to end", do=deeds.worker_restarted, weight=2),
    "workers-killed": Kind(sentence="all workers killed", do=deeds.workers_killed, weight=2),
    "worker-stopped": Kind(
        sentence="worker stopped for 0.3 to 3 s", do=deeds.worker_stopped(0.3, 3.0), weight=3
    ),
    "worker-stopped-long": Kind(
        sentence="worker stopped for 20 to 45 s",
        do=deeds.worker_stopped(20.0, 45.0),
        weight=0.5,
        standby=True,
        outlasts=True,
    ),
    "worker-cut": Kind(sentence="worker's connections cut", do=deeds.worker_cut, weight=5),
    "worker-half-open": Kind(
        sentence="worker's connections half open", do=deeds.worker_half_open, weight=0.5
    ),
    "broker-killed": Kind(sentence="RabbitMQ killed", do=deeds.killed(deeds.broker), weight=3),
    "broker-restarted": Kind(
        sentence="RabbitMQ restarted", do=deeds.restarted(deeds.broker), weight=1
    ),
    "broker-stopped": Kind(
        sentence="RabbitMQ stopped for 0.3 to 3 s", do=deeds.frozen(deeds.broker), weight=3
    ),
    "database-killed": Kind(
        sentence="PostgreSQL killed", do=deeds.killed(deeds.store), weight=6, server=True
    ),
    "database-restarted": Kind(
        sentence="PostgreSQL restarted", do=deeds.restarted(deeds.store), weight=3, server=True
    ),
    "database-stopped": Kind(
        sentence="database stopped or locked for 0.3 to 3 s", do=deeds.frozen(deeds.store), weight=3
    ),
    "database-cut": Kind(
        sentence="connections to PostgreSQL cut", do=deeds.database_cut, weight=4, server=True
    ),
    "database-half-open": Kind(
        sentence="connections to PostgreSQL half open",
        do=deeds.database_half_open,
        weight=0.5,
        server=True,
    ),
    "client-killed": Kind(sentence="client killed", do=deeds.client(deeds.kill), weight=12),
    "client-stopped": Kind(
        sentence="client stopped for 0.3 to 3 s", do=deeds.client(deeds.stop), weight=4
    ),
    "client-cut": Kind(sentence="client's connections cut", do=deeds.client(deeds.cut), weight=10),
    "client-half-open": Kind(
        sentence="client's connections half open",
        do=deeds.client(deeds.half_open),
        weight=2,
        outlasts=True,
    ),
    "client-muted-and-killed": Kind(
        sentence="client killed while what it sends is lost",
        do=deeds.muted_and_killed,
        weight=3,
        outlasts=True,
    ),
    "client-delayed": Kind(
        sentence="client's messages 0.3 s late", do=deeds.client(deeds.delay), weight=3
    ),
    "client-jammed": Kind(
        sentence="client's connections stop reading", do=deeds.client(deeds.jam), weight=3
    ),
    "client-bad": Kind(
        sentence="messages twice, out of order, old ones again",
        do=deeds.client(deeds.be_bad),
        weight=6,
    ),
    "everybody-cut": Kind(sentence="everybody's connections cut", do=deeds.everybody_cut, weight=2),
    "worker-and-broker-killed": Kind(
        sentence="worker and RabbitMQ killed", do=deeds.with_worker(deeds.broker), weight=1.5
    ),
    "worker-and-database-killed": Kind(
        sentence="worker and PostgreSQL killed",
        do=deeds.with_worker(deeds.store),
        weight=3,
        server=True,
    ),
    "worker-and-client-killed": Kind(
        sentence="worker and client killed", do=deeds.worker_and_client, weight=4
    ),
    "broker-and-client-killed": Kind(
        sentence="RabbitMQ and client killed", do=deeds.broker_and_client, weight=1
    ),
}


def weights(*, server: bool, standby: bool) -> dict[str, float]:
    """Return the share of each kind that the servers allow."""
    return {
        name: one.weight
        for name, one in KINDS.items()
        if (server or not one.server) and (standby or not one.standby)
    }

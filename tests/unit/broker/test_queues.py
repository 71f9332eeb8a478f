"""Which queues are taken for lost, by what the management API tells of them."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from palier.broker.errors import ManagementFailed
from palier.broker.queues import ManagementQueues
from tests.unit.broker.management import Management

QUEUE = "/api/queues/palier/commands.0"

#: What RabbitMQ 3.10 and 4 say of a queue of which no leader has ever told anything.
LOST = {"name": "commands.0", "leader": "rabbit@one", "members": ["rabbit@one"]}


def is_lost(management: Management, found: Mapping[str, object]) -> bool:
    """Tell whether a queue of which this is told is taken for lost."""
    management.found[QUEUE] = json.dumps(found).encode()
    return ManagementQueues(management.url, "u", "p").is_lost("commands.0")


def test_a_queue_of_one_member_that_no_leader_tells_of_is_lost(management: Management) -> None:
    assert is_lost(management, LOST)


def test_a_queue_that_has_a_leader_is_not(management: Management) -> None:
    assert not is_lost(management, {**LOST, "messages": 0})


def test_a_queue_that_may_wait_for_another_member_is_not(management: Management) -> None:
    assert not is_lost(
        management, {**LOST, "members": ["rabbit@one", "rabbit@two", "rabbit@three"]}
    )


def test_a_classic_queue_is_not(management: Management) -> None:
    assert not is_lost(management, {"name": "commands.0", "type": "classic"})


def test_a_queue_that_is_not_there_is_not(management: Management) -> None:
    management.answers["GET", QUEUE] = 404
    assert not ManagementQueues(management.url, "u", "p").is_lost("commands.0")


def test_what_is_dropped_may_be_gone_already(management: Management) -> None:
    management.answers["DELETE", QUEUE] = 404
    ManagementQueues(management.url, "u", "p").drop("commands.0")
    assert management.asked == [("DELETE", QUEUE, None)]


def test_a_refusal_is_told(management: Management) -> None:
    management.answers["GET", QUEUE] = 500
    with pytest.raises(ManagementFailed, match="500"):
        ManagementQueues(management.url, "u", "p").is_lost("commands.0")

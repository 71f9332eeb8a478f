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


def drop(management: Management, found: Mapping[str, object]) -> bool:
    """Have a queue looked at; tell whether it was deleted, and is said to be."""
    management.found[QUEUE] = json.dumps(found).encode()
    dropped = ManagementQueues(management.url, "u", "p").drop_leaderless("commands.0")
    assert (("DELETE", QUEUE, None) in management.asked) is dropped
    return dropped


def test_a_queue_of_one_member_that_no_leader_tells_of_is_dropped(management: Management) -> None:
    assert drop(management, LOST)


def test_a_queue_that_has_a_leader_stays(management: Management) -> None:
    assert not drop(management, {**LOST, "messages": 0})


def test_a_queue_that_may_wait_for_another_member_stays(management: Management) -> None:
    assert not drop(management, {**LOST, "members": ["rabbit@one", "rabbit@two", "rabbit@three"]})


def test_a_classic_queue_stays(management: Management) -> None:
    assert not drop(management, {"name": "commands.0", "type": "classic"})


def test_a_queue_that_is_not_there_needs_no_dropping(management: Management) -> None:
    management.answers["GET", QUEUE] = 404
    assert not ManagementQueues(management.url, "u", "p").drop_leaderless("commands.0")


def test_a_refusal_is_told(management: Management) -> None:
    management.answers["GET", QUEUE] = 500
    with pytest.raises(ManagementFailed, match="500"):
        ManagementQueues(management.url, "u", "p").drop_leaderless("commands.0")

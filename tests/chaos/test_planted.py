"""The checker catches what it is there to catch: faults planted in Palier itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.brokers import unique
from tests.chaos.campaign import campaign
from tests.chaos.checker import PROBLEMS, Findings
from tests.chaos.local import File, Node
from tests.chaos.schedule import drawn
from tests.chaos.shape import NOTHING, Patience, Planted, Shape
from tests.conftest import need_rabbitmq

pytestmark = [pytest.mark.slow, pytest.mark.rabbitmq, pytest.mark.timeout(240)]

#: One schedule for all of them: what brings each of the faults to light is in it.
WEIGHTS = {
    "worker-dies-before-commit": 1,
    "worker-dies-after-release": 1,
    "client-bad": 2,
    "client-muted-and-killed": 1,
}
SEED = 7

#: What is stuck stays stuck: there is nothing to wait for.
IMPATIENT = Patience(play=15.0, go_on=5.0, end=10.0, tell=3.0)

Run = Callable[[Planted, Patience], Findings]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A RabbitMQ that nobody restarts: each campaign's sessions have names of their own."""
    need_rabbitmq()
    with Node(tmp_path_factory.mktemp("node")) as node:
        yield node


@pytest.fixture
def findings(broker: Node, tmp_path: Path) -> Run:
    """Return what runs the schedule with a fault planted, on a file of its own."""

    def run(planted: Planted, patience: Patience) -> Findings:
        store = File(tmp_path / "palier.db")
        outcome = asyncio.run(
            campaign(
                broker,
                store,
                drawn(SEED, faults=5, weights=WEIGHTS),
                folder=tmp_path,
                shape=Shape(sessions=2, rounds=6, prefix=unique("s")[:10]),
                seed=SEED,
                planted=planted,
                patience=patience,
            )
        )
        return outcome.findings

    return run


def test_without_a_planted_fault_the_same_campaign_finds_nothing(findings: Run) -> None:
    found = findings(NOTHING, Patience(play=60.0, end=60.0))
    assert found.problems == []
    assert found.acknowledged > 100


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        ("ack-before-commit", {"lost"}),
        ("no-outbox", {"untold"}),
        ("no-inbox", {"duplicated", "wrong"}),
        ("stores-twice", {"duplicated"}),
        ("counter", {"early"}),
        ("one-too-early", {"early"}),
        ("altered", {"lost"}),
        ("private-swapped", {"wrong"}),
    ],
)
def test_a_fault_planted_in_the_worker_is_caught(
    findings: Run, fault: str, kinds: set[str]
) -> None:
    found = findings(Planted(worker=(fault,)), IMPATIENT)
    assert kinds <= {one for one in PROBLEMS if getattr(found, one)}, found.problems[:20]


def test_a_journal_that_forgets_is_caught(findings: Run) -> None:
    found = findings(Planted(client="forgetful-journal"), IMPATIENT)
    assert found.forgotten
    assert not found.lost

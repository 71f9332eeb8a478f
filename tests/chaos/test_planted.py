"""The checker catches what it is there to catch: faults planted in Palier itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

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
    "worker-dies-after-commit": 1,
    "client-bad": 1,
    "client-muted-and-killed": 1,
}
SEED = 7

#: What is stuck stays stuck: there is nothing to wait for.
IMPATIENT = Patience(play=15.0, go_on=5.0, end=10.0, tell=3.0)

SHAPE = Shape(sessions=2, rounds=6)


def findings(folder: Path, planted: Planted, patience: Patience) -> Findings:
    """Run the schedule with a fault planted, on a RabbitMQ and a file of its own."""
    need_rabbitmq()
    with Node(folder / "node") as broker, File(folder / "palier.db") as store:
        outcome = asyncio.run(
            campaign(
                broker,
                store,
                drawn(SEED, faults=8, weights=WEIGHTS),
                folder=folder,
                shape=SHAPE,
                seed=SEED,
                planted=planted,
                patience=patience,
            )
        )
    return outcome.findings


def test_without_a_planted_fault_the_same_campaign_finds_nothing(tmp_path: Path) -> None:
    found = findings(tmp_path, NOTHING, Patience(play=60.0, end=60.0))
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
    tmp_path: Path, fault: str, kinds: set[str]
) -> None:
    found = findings(tmp_path, Planted(worker=(fault,)), IMPATIENT)
    assert kinds <= {one for one in PROBLEMS if getattr(found, one)}, found.problems[:20]


def test_a_journal_that_forgets_is_caught(tmp_path: Path) -> None:
    found = findings(tmp_path, Planted(client="forgetful-journal"), IMPATIENT)
    assert found.forgotten
    assert not found.lost

"""Short campaigns: a fault every few seconds, and nothing lost. `./run chaos` runs long ones."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.chaos.backends import Backend
from tests.chaos.campaign import campaign
from tests.chaos.kinds import weights
from tests.chaos.schedule import drawn
from tests.conftest import need_rabbitmq

pytestmark = [pytest.mark.slow, pytest.mark.rabbitmq, pytest.mark.timeout(420)]

FAULTS = 20


def check(backend: Backend, folder: Path, *, seed: int) -> None:
    """Run a short campaign; it stops after two minutes of faults."""
    with backend.services(folder) as (broker, store):
        chosen = weights(server=store.target is not None, standby=backend.shape.workers > 1)
        outcome = asyncio.run(
            campaign(
                broker,
                store,
                drawn(seed, faults=FAULTS, weights=chosen),
                folder=folder,
                shape=backend.shape,
                seed=seed,
                minutes=2.0,
            )
        )
    assert outcome.findings.problems == []
    # on a busy computer fewer fit into the time: enough for the answer to mean something
    assert outcome.findings.acknowledged > 30
    assert len(outcome.strikes) >= FAULTS // 4
    assert outcome.sessions


def test_nothing_is_lost_on_the_private_node_with_sqlite(tmp_path: Path) -> None:
    need_rabbitmq()
    check(Backend(broker="3.10", database="sqlite"), tmp_path, seed=11)


@pytest.mark.containers
def test_nothing_is_lost_on_rabbitmq_4_with_postgresql_and_a_standby(tmp_path: Path) -> None:
    if shutil.which("docker") is None:
        pytest.skip("there is no docker on this computer")
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        pytest.skip("docker info does not answer")
    check(Backend(broker="4", database="postgresql"), tmp_path, seed=12)

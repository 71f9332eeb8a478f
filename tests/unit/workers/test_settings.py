"""A worker's settings, from the environment."""

from __future__ import annotations

import pytest

from palier.workers.__main__ import InvalidSettings, Settings, surroundings
from palier.workers.persistence.patience import Patience

GIVEN = {
    "PALIER_AMQP": "amqp://palier.worker:secret@rabbit.example/palier",
    "PALIER_MANAGEMENT": "http://rabbit.example:15672",
    "PALIER_DATABASE": "postgresql://palier:secret@db.example/palier?connect_timeout=3",
    "PALIER_OPERATOR_PASSWORD": "of-the-operator",
    "PALIER_ROOM_PASSWORD": "of-the-room",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)


def test_a_worker_that_is_silent_is_noticed_sooner_than_a_desk() -> None:
    assert Settings.from_environment().heartbeat == 3


@pytest.mark.parametrize("heartbeat", ["0", "61", "soon"])
def test_a_heartbeat_that_would_not_do_is_refused(
    heartbeat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PALIER_HEARTBEAT", heartbeat)
    with pytest.raises(InvalidSettings, match="PALIER_HEARTBEAT: "):
        Settings.from_environment()


def test_neither_broker_nor_database_is_connected_to_by_wiring() -> None:
    given = surroundings(Settings.from_environment())
    assert "rabbit.example" in repr(given.transport)
    given.engine.dispose()


def test_a_lock_is_waited_for_less_long_than_an_answer_and_that_less_than_for_ever() -> None:
    """Otherwise the clocks of the server would never ring before ours."""
    patience = Patience()
    assert patience.lock < patience.answer
    assert patience.stillness < patience.answer

"""When a stage counts as painted: once nothing in it moves any more."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from palier.client.screens.onset import Extent, Onset
from palier.schemas.events import Stage

STAGE = Stage(
    scope="all",
    generation=1,
    name="decide",
    visit=1,
    title="Decide",
    parties=2,
    opened_at=datetime(2026, 5, 12, tzinfo=UTC),
)


def waits(onset: Onset, stage: Stage | None, *extents: Extent) -> list[bool]:
    """Return after each frame of such extents whether more frames are waited for."""
    return [onset.after("s", stage, extent=partial(tuple, one)) for one in extents]


def test_a_stage_is_painted_with_the_first_frame_in_which_nothing_moves() -> None:
    painted: list[str] = []
    onset = Onset(painted=lambda stage: painted.append(stage.name))
    assert waits(onset, STAGE, (1,), (2,)) == [True, True]
    assert painted == []
    assert waits(onset, STAGE, (2,), (2,), (3,)) == [False, False, False]
    assert painted == ["decide"]


def test_a_stage_that_never_settles_counts_as_painted_in_the_end() -> None:
    painted: list[str] = []
    onset = Onset(painted=lambda stage: painted.append(stage.name))
    assert waits(onset, STAGE, *((one,) for one in range(30))).count(True) == 20
    assert painted == ["decide"]


def test_what_is_no_open_stage_is_not_waited_for() -> None:
    assert waits(Onset(painted=lambda _: None), None, (1,)) == [False]

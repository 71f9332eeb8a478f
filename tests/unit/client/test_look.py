"""Windows beside each other."""

from __future__ import annotations

import pytest

from palier.client.screens.look import tiles


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (2, 1), (4, 2), (5, 2), (10, 3)])
def test_windows_fill_the_screen_without_covering_each_other(count: int, rows: int) -> None:
    places = tiles(count, (1920, 1080))

    assert len(places) == count
    assert len({top for _, top, _, _ in places}) == rows
    for left, top, width, height in places:
        assert 0 <= left <= left + width <= 1920
        assert 0 < top <= top + height <= 1080
    corners = {(left, top) for left, top, _, _ in places}
    assert len(corners) == count

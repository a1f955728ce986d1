"""The mark `sampled`: which cases run by default."""

from __future__ import annotations

import pytest


@pytest.mark.sampled(3)
@pytest.mark.parametrize("first", range(3))
@pytest.mark.parametrize(("second", "other"), [(0, "a"), (1, "a"), pytest.param(2, "a", id="two")])
@pytest.mark.parametrize("third", {0: "", 1: ""})
def test_one_in_three_is_not_slow(
    request: pytest.FixtureRequest, first: int, second: int, other: str, third: int
) -> None:
    slow = request.node.get_closest_marker("slow") is not None
    assert slow is ((first + second + third) % 3 != 0)

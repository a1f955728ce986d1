"""Where boxes lie: none over another, none under an edge, all below what they depend on."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

import pytest
from ovxai_tools.plots.diagram import Box, Diagram, Kind, columns, shortened
from ovxai_tools.plots.layout import LETTER, Layout, laid_out


def drawn_at_random(seed: int) -> Diagram:
    rng = random.Random(seed)
    diagram = Diagram("any", ("network", "one", "other"))
    for number in range(rng.randint(2, 30)):
        lines = tuple("x" * rng.randint(1, 40) for _ in range(rng.randint(1, 5)))
        diagram.add(Box(lines, Kind.NETWORK, rng.randint(0, 2)))
        for above in rng.sample(range(number), min(number, rng.randint(0, 3))):
            diagram.connect(above, number)
    return diagram


def overlaps(layout: Layout) -> list[tuple[int, int]]:
    return [
        (first, second)
        for (first, one), (second, other) in combinations(enumerate(layout.boxes), 2)
        if one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    ]


@pytest.mark.parametrize("seed", range(25))
def test_any_diagram(seed: int) -> None:
    diagram = drawn_at_random(seed)
    layout = laid_out(diagram)
    assert laid_out(diagram) == layout
    assert not overlaps(layout)
    for box in layout.boxes:
        assert box.x >= -1e-6
        assert box.x + box.width <= layout.width + 1e-6
        assert box.y + box.height <= layout.height + 1e-6
        assert box.width >= max(map(columns, box.box.lines)) * LETTER
    assert len(layout.edges) == len(diagram.edges)
    for (above, below), edge in zip(sorted(diagram.edges), layout.edges, strict=True):
        upper, lower = layout.boxes[above], layout.boxes[below]
        assert edge.points[0][1] == upper.y + upper.height < lower.y == edge.points[-1][1]
        assert upper.x < edge.points[0][0] < upper.x + upper.width
        assert lower.x < edge.points[-1][0] < lower.x + lower.width
        for (x, y), (other, end) in pairwise(edge.points):
            crossed = [
                box
                for box in layout.boxes
                if box.y < end - 1e-6
                and y + 1e-6 < box.y + box.height
                and min(x, other) < box.x + box.width
                and box.x < max(x, other)
            ]
            assert x == other or not crossed, "an edge turns between rows only"
            assert not [box for box in crossed if box.x < x < box.x + box.width]


def test_long_names_keep_both_ends() -> None:
    text = f"start{'-' * 100}end"
    assert shortened(text).startswith("start---")
    assert shortened(text).endswith("---end")
    assert "…" in shortened(text)
    assert shortened("short") == "short"
    assert columns("層") == 2

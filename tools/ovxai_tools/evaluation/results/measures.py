"""The figures of an evaluation: their names, what they are called in tables, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A figure. `ranked`: whether it counts for the order of settings; what only costs or describes does not."""

    name: str
    title: str
    larger_is_better: bool = True
    ranked: bool = True

    @property
    def heading(self) -> str:
        """For a column: with an arrow to what is better, where it ranks."""
        return f"{self.title} {'↑' if self.larger_is_better else '↓'}" if self.ranked else self.title


MEASURES = (
    Measure("gridpg2", "GridPG 2x2"),
    Measure("gridpointing2", "points 2x2"),
    Measure("gridpg3", "GridPG 3x3"),
    Measure("gridpointing3", "points 3x3"),
    Measure("energy", "energy"),
    Measure("pointing", "pointing"),
    Measure("insertion", "insertion"),
    Measure("deletion", "deletion", larger_is_better=False),
    Measure("adcc", "ADCC"),
    Measure("morf", "MoRF", larger_is_better=False),
    Measure("lerf", "LeRF"),
    Measure("sparseness", "sparseness", ranked=False),
    Measure("sensitivity", "sensitivity", larger_is_better=False, ranked=False),
    Measure("mprt", "MPRT", ranked=False),
    Measure("emprt", "eMPRT", ranked=False),
    Measure("inferences", "inferences", larger_is_better=False, ranked=False),
    Measure("seconds", "seconds", larger_is_better=False, ranked=False),
)
"""In the order of tables. The first of them that was measured is the one that a verdict is about."""

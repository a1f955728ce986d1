"""Measured values, and the file that keeps them while a run goes on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from ovxai_tools.common.resumable import JOURNAL, Line, add_line, kept_lines


@dataclass(frozen=True)
class Row:
    """The figures of one map. `key`: the picture or grid, drawn again as one; `target`: the class.

    `curves`: scores while the picture is changed as the map says, by measure; `sketch`: the map, see `sketches`.
    """

    contestant: str
    key: str
    target: int
    values: dict[str, float]
    curves: dict[str, list[float]] = field(default_factory=dict)
    sketch: str = ""

    @property
    def place(self) -> tuple[str, str, int]:
        """What it is a row of."""
        return self.contestant, self.key, self.target


@dataclass
class RowJournal:
    """The rows that are measured, in a folder; `about`: of what."""

    folder: Path
    about: Line
    rows: dict[tuple[str, str, int], Row] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Where they are kept."""
        return self.folder / JOURNAL

    def begin(self) -> None:
        """Read what is there if it is of the same run, else begin anew."""
        for _, values in kept_lines(self.path, self.about):
            self._note(Row(**values))

    def add(self, row: Row) -> None:
        """Keep a row."""
        add_line(self.path, asdict(row))
        self._note(row)

    def remove(self) -> None:
        """Remove the file: all is done."""
        self.path.unlink(missing_ok=True)

    def _note(self, row: Row) -> None:
        self.rows[row.place] = row


def values_of(rows: Sequence[Row], contestant: str, measure: str) -> dict[str, list[float]]:
    """A figure of one contestant, by picture or grid."""
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.contestant == contestant and measure in row.values:
            found[row.key].append(row.values[measure])
    return dict(found)


def curves_of(rows: Sequence[Row], contestant: str) -> dict[str, list[float]]:
    """The mean curves of one contestant, by measure."""
    some = [row.curves for row in rows if row.contestant == contestant and row.curves]
    names = dict.fromkeys(name for one in some for name in one)
    return {name: [float(score) for score in np.mean([one[name] for one in some], axis=0)] for name in names}

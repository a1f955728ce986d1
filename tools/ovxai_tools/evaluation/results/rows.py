"""Measured values, and the file that keeps them while a run goes on."""

from __future__ import annotations

import contextlib
import json
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ovxai_tools.pictures.resume_journal import NAME


@dataclass(frozen=True)
class Row:
    """The figures of one map. `key`: the picture or grid, drawn again as one; `target`: the class."""

    contestant: str
    key: str
    target: int
    values: dict[str, float]

    @property
    def place(self) -> tuple[str, str, int]:
        """What it is a row of."""
        return self.contestant, self.key, self.target


@dataclass
class RowJournal:
    """The rows that are measured, in a folder; `about`: of what. A line that was cut off counts for nothing."""

    folder: Path
    about: dict[str, Any]
    rows: dict[tuple[str, str, int], Row] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Where they are kept."""
        return self.folder / NAME

    def begin(self) -> None:
        """Read what is there if it is of the same run, else begin anew."""
        end, first = 0, True
        with contextlib.suppress(FileNotFoundError), self.path.open("rb") as file:
            for line in file:
                values = _parsed(line)
                if values is None or (first and values != self.about):
                    break
                if not first:
                    self._note(Row(**values))
                end, first = end + len(line), False
        if end:
            os.truncate(self.path, end)
        else:
            self.path.write_text(json.dumps(self.about) + "\n", encoding="ascii")

    def add(self, row: Row) -> None:
        """Keep a row."""
        with self.path.open("ab") as file:
            file.write(json.dumps(asdict(row)).encode("ascii") + b"\n")
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


def _parsed(line: bytes) -> dict[str, Any] | None:
    if line.endswith(b"\n"):
        with contextlib.suppress(ValueError):
            values = json.loads(line)
            return values if isinstance(values, dict) else None
    return None

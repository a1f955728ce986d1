"""What an evaluation leaves in its folder: values.csv, the figures of each map; evaluation.json, what they come to."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ovxai_tools.evaluation.results.measures import MEASURES
from ovxai_tools.evaluation.results.rows import Row, curves_of
from ovxai_tools.evaluation.results.table import Standing
from ovxai_tools.evaluation.results.verdict import Verdict, flags_of

VALUES, SUMMARY = "values.csv", "evaluation.json"


@dataclass(frozen=True)
class Outcome:
    """All that an evaluation has found. `notices`: what could not be measured, and why."""

    model: str
    rows: Sequence[Row]
    standings: Sequence[Standing]
    verdict: Verdict
    notices: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: what is not a number there (nan) is null."""
        verdict = self.verdict
        return {
            "model": self.model,
            "settings": [
                {
                    "setting": one.name,
                    "rank": _number(one.rank),
                    "figures": {
                        name: {key: _number(value) for key, value in asdict(figure).items()}
                        for name, figure in one.figures.items()
                    },
                    "curves": curves_of(self.rows, one.name),
                }
                for one in self.standings
            ],
            "verdict": {
                "setting": verdict.best.name,
                "options": flags_of(verdict.best),
                "measure": verdict.measure.name,
                "better_by": {key: _number(value) for key, value in asdict(verdict.better_by).items()},
                "beyond_interval": verdict.is_beyond,
                "sentence": str(verdict),
            },
            "notices": list(self.notices),
        }


def write_outcome(outcome: Outcome, folder: Path) -> list[str]:
    """Write all files into a folder; their names."""
    names = [one.name for one in MEASURES if any(one.name in row.values for row in outcome.rows)]
    with (folder / VALUES).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["setting", "picture", "class", *names])
        for row in outcome.rows:
            writer.writerow([row.contestant, row.key, row.target, *(row.values.get(name, "") for name in names)])
    (folder / SUMMARY).write_text(json.dumps(outcome.as_dict(), indent=1) + "\n", encoding="utf-8")
    return [VALUES, SUMMARY]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None

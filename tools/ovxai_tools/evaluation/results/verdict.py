"""The sentence that an evaluation ends with: which setting, and is it really better than the default?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ovxai_tools.evaluation.compared.settings import Setting
from ovxai_tools.evaluation.results.bootstrap import Interval, difference
from ovxai_tools.evaluation.results.measures import MEASURES, Measure
from ovxai_tools.evaluation.results.rows import Row, values_of
from ovxai_tools.evaluation.results.table import Standing


@dataclass(frozen=True)
class Verdict:
    """The setting of the best rank, and by how much it is better than the first one by one measure."""

    best: Setting
    default: Setting
    measure: Measure
    better_by: Interval

    @property
    def is_beyond(self) -> bool:
        """Whether the interval of the difference is on one side of 0, the better one."""
        return self.better_by.low > 0

    def __str__(self) -> str:
        if self.best == self.default:
            return f"for this model: {self.default.name}; no other setting ranks before it"
        flags, said = flags_of(self.best), self.better_by
        return (
            f"for this model: {flags}; better than the default by {said.mean:.3f} {self.measure.title} "
            f"({said.low:.3f} to {said.high:.3f}), beyond the interval: {'yes' if self.is_beyond else 'no'}"
        )


def verdict_of(rows: Sequence[Row], found: Sequence[Standing], settings: Sequence[Setting], seed: int) -> Verdict:
    """`settings`: the default first."""
    by_name = {one.name: one for one in settings}
    best = next(by_name[one.name] for one in found if one.name in by_name)
    default = settings[0]
    has = _common(found, best, default)
    measure = next(one for one in MEASURES if one.name in has)
    first, second = (values_of(rows, one.name, measure.name) for one in (best, default))
    if not measure.larger_is_better:
        first, second = second, first
    return Verdict(best, default, measure, difference(first, second, seed))


def _common(found: Sequence[Standing], best: Setting, default: Setting) -> set[str]:
    figures = [set(one.figures) for one in found if one.name in (best.name, default.name)]
    return set.intersection(*figures)


def flags_of(setting: Setting) -> str:
    """The options of a setting as flags of ovxai transform, none for the default."""
    asked = setting.options.asked()
    return " ".join(_flag(name, value) for name, value in asked.items())


def _flag(name: str, value: Any) -> str:
    known = {"saliency_map_size": "--map-size", "embed_scaling": "--no-embed-scaling"}
    flag = known.get(name, f"--{name.replace('_', '-')}")
    if isinstance(value, bool):
        return flag
    return f"{flag} {'x'.join(map(str, value)) if isinstance(value, (list, tuple)) else value}"

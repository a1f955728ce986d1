"""The sentence that an evaluation ends with: which setting, and is it really better than the default?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ovxai_passes.vocabulary import Defaults
from ovxai_tools.evaluation.compared.settings import Setting
from ovxai_tools.evaluation.results.bootstrap import Interval, difference
from ovxai_tools.evaluation.results.measures import MEASURES, Measure
from ovxai_tools.evaluation.results.rows import Row, values_of
from ovxai_tools.evaluation.results.table import Standing


@dataclass(frozen=True)
class Verdict:
    """The setting to take, and by how much it is better than the first one by one measure.

    It is the setting of the best rank among those that are not worse than the default by that measure.
    """

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
            return f"for this model: {self.default.name}; no other setting is better"
        flags, said = flags_of(self.best), self.better_by
        return (
            f"for this model: {flags}; better than the default by {said.mean:.3f} {self.measure.title} "
            f"({said.low:.3f} to {said.high:.3f}), beyond the interval: {'yes' if self.is_beyond else 'no'}"
        )


def verdict_of(rows: Sequence[Row], found: Sequence[Standing], settings: Sequence[Setting], seed: int) -> Verdict:
    """`settings`: the default first. The measure is the first one that all of them have."""
    default, by_name = settings[0], {one.name: one for one in settings}
    ranked = [by_name[one.name] for one in found if one.name in by_name]
    common = set.intersection(*(set(one.figures) for one in found if one.name in by_name))
    measure = next(one for one in MEASURES if one.name in common)
    of_default = values_of(rows, default.name, measure.name)

    def better_by(setting: Setting) -> Interval:
        values = values_of(rows, setting.name, measure.name)
        if measure.larger_is_better:
            return difference(values, of_default, seed)
        return difference(of_default, values, seed)

    compared = ((one, better_by(one)) for one in ranked)
    best, said = next((one, said) for one, said in compared if one == default or said.mean >= 0)
    return Verdict(best, default, measure, said)


def flags_of(setting: Setting) -> str:
    """The options of a setting as flags of ovxai transform, none for the default."""
    asked = setting.options.asked()
    defaults = asked.pop("defaults", Defaults.DROP_IN.value)
    said = {} if defaults == Defaults.MEASURED.value else {"defaults": defaults}
    return " ".join(_flag(name, value) for name, value in (said | asked).items())


def _flag(name: str, value: Any) -> str:
    if name == "objectness" and value is False:
        return "--no-objectness"
    known = {"saliency_map_size": "--map-size", "embed_scaling": "--no-embed-scaling"}
    flag = known.get(name, f"--{name.replace('_', '-')}")
    if isinstance(value, bool):
        return flag
    return f"{flag} {'x'.join(map(str, value)) if isinstance(value, (list, tuple)) else value}"

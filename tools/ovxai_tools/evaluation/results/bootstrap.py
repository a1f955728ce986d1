"""Intervals of means by the bootstrap: pictures (or grids) are drawn again, with all their values.

Efron, Tibshirani: An Introduction to the Bootstrap, chapter 13 (percentiles).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

_DRAWS = 2000
_LOW, _HIGH = 2.5, 97.5

Values = Mapping[str, Sequence[float]]
"""The values of each picture or grid."""


@dataclass(frozen=True)
class Interval:
    """A mean over all values, and the interval that holds 95 % of the means of pictures drawn again."""

    mean: float
    low: float
    high: float


def interval(values: Values, seed: int) -> Interval:
    """The mean of the values of all pictures."""
    return difference(values, {key: [0.0] * len(some) for key, some in values.items()}, seed)


def difference(values: Values, others: Values, seed: int) -> Interval:
    """The mean of one setting less that of another over the pictures that both have, drawn together."""
    keys = sorted(key for key in values.keys() & others.keys() if values[key] and others[key])
    if not keys:
        return Interval(np.nan, np.nan, np.nan)
    parts = np.array(
        [[sum(values[key]), len(values[key]), sum(others[key]), len(others[key])] for key in keys], np.float64
    )
    drawn = np.random.default_rng(seed).multinomial(len(keys), np.full(len(keys), 1 / len(keys)), _DRAWS) @ parts
    means = drawn[:, 0] / drawn[:, 1] - drawn[:, 2] / drawn[:, 3]
    whole = parts.sum(0)
    low, high = np.percentile(means, (_LOW, _HIGH))
    return Interval(float(whole[0] / whole[1] - whole[2] / whole[3]), float(low), float(high))

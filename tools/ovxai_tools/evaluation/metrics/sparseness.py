"""Sparseness: the Gini index of a map, 0 for a constant map, close to 1 where few pixels have all of it.

    G = sum over i of (2 i - n - 1) v_i / (n sum v),  v: the values in ascending order, i from 1 to n

Chalasani et al., Concise Explanations of Neural Networks using Adversarial Training, arXiv 1810.06583.
"""

from __future__ import annotations

import numpy as np

from ovxai_tools.evaluation.compared.shown import Floats


def sparseness(saliency: Floats) -> float:
    """The Gini index of a map from 0 up; 0 of a map of zeros."""
    values = np.sort(saliency.astype(np.float64).reshape(-1))
    whole = values.sum()
    if whole <= 0:
        return 0.0
    count = len(values)
    return float(((2 * np.arange(1, count + 1) - count - 1) * values).sum() / (count * whole))

"""Where a map is: at the object, or in the cell of its class.

    energy   = sum of the map inside / sum of the map          Wang et al., Score-CAM, arXiv 1910.01279, section 4.3
    pointing = 1 where the map's largest value is inside       Zhang et al., arXiv 1608.00507, section 4.2

The map is a map from 0 up, as large as the input; what is no picture there does not count.
"""

from __future__ import annotations

import numpy as np

from ovxai_tools.evaluation.compared.shown import Flags, Floats


def energy(saliency: Floats, inside: Flags) -> float:
    """The share of a map [H,W] that is inside; of a map of zeros the share of the pixels."""
    whole = float(saliency.sum(dtype=np.float64))
    if whole <= 0:
        return float(inside.mean())
    return float(saliency[inside].sum(dtype=np.float64)) / whole


def pointing(saliency: Floats, inside: Flags) -> float:
    """1.0 where the largest value of a map [H,W] is inside, else 0.0.

    Of equal ones the middle counts: towards the border an upsampled map is constant.
    """
    largest = saliency >= saliency.max()
    y, x = (np.flatnonzero(largest.any(axis)) for axis in (1, 0))
    return float(inside[int(y.mean()), int(x.mean())])

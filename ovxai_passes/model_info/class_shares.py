"""How sure a model is of each class, by what its output holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_BYTE = 1


def shares_of(values: npt.NDArray[Any], classes: int) -> npt.NDArray[np.float32]:
    """The scores [K] of the first picture, of a tensor [N,K] or [N,K,1,..] of class scores.

    Quantised scores of 8 bits become 0..1, from the least to the largest value of their type; others stay.
    """
    first = np.asarray(values).reshape(-1)[:classes]
    if np.issubdtype(first.dtype, np.integer) and first.dtype.itemsize == _BYTE:
        span = np.iinfo(first.dtype)
        return (first.astype(np.float32) - span.min) / np.float32(span.max - span.min)
    return first.astype(np.float32)

"""What weights of feature maps are, in definitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Weights: TypeAlias = Callable[[npt.NDArray[np.float64], npt.NDArray[np.float64]], npt.NDArray[np.float64]]
"""(feature map [N,1,P,C], gradients [N,k,P,C]) → what each value counts for."""

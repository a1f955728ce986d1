"""What a stage asks of the one before it."""

from __future__ import annotations

from typing import Protocol

from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.positions import Positions

from ovxai_passes.ops.branch import Branch


class HasBranch(Protocol):
    """A pass that leaves a branch."""

    result: Branch


class HasPooled(Protocol):
    """A pass that leaves the tensor that a feature vector is made of, and its positions."""

    @property
    def pooled(self) -> tuple[TensorId, Positions]:
        """Tensor and positions."""
        ...

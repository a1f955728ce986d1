"""RISE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from ovxai_passes.compat.methods.black_box.base import BlackBoxXAIMethod, Preset
from ovxai_passes.explainer.black_box import rise
from ovxai_passes.value_checks import member

Array = npt.NDArray[Any]


class RISE(BlackBoxXAIMethod, rise.RISE):
    """RISE for classifiers. `num_masks` and `num_cells` are those of the last picture."""

    num_masks: int | None = None
    num_cells: int | None = None

    def generate_saliency_map(
        self,
        data: Array,
        target_indices: Sequence[int] | None = None,
        preset: Preset | str = Preset.BALANCE,
        num_masks: int | None = None,
        num_cells: int | None = None,
        prob: float = 0.5,
        seed: int = 0,
        scale_output: bool = True,
    ) -> Array | dict[int, Array]:
        """Maps [1,K,H,W], or [H,W] by target."""
        masks, cells = rise.PRESETS[member("preset", Preset, preset)]
        self.num_masks = masks if num_masks is None else num_masks
        self.num_cells = cells if num_cells is None else num_cells
        return super().generate_saliency_map(
            data, target_indices, preset, num_masks, num_cells, prob, seed, scale_output
        )

"""AISE for classifiers: the score of a class inside a window, less the score outside of it (see `kernels.py`)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.explainer.black_box.base import BlackBox
from ovxai_passes.explainer.black_box.kernels import Floats, Search
from ovxai_passes.explainer.black_box.running import Masking, Preset, class_scores, input_size, progress
from ovxai_passes.explainer.checked import checked_flag, checked_numbers
from ovxai_passes.explainer.lettering import Prediction
from ovxai_passes.explainer.visualizer import scaling
from ovxai_passes.value_checks import member

_log = logging.getLogger(__name__)

Array = npt.NDArray[Any]

PRESETS = {
    Preset.SPEED: (20, np.linspace(0.1, 0.25, 3)),
    Preset.BALANCE: (50, np.linspace(0.1, 0.25, 3)),
    Preset.QUALITY: (50, np.linspace(0.075, 0.25, 5)),
}
"""Windows tried for each width, and widths as fractions of the picture."""

_MANY = 10


class AISEClassification(BlackBox):
    """AISE for classifiers, target by target. `postprocess_fn` returns scores [1,K]. Needs scipy (extra `blackbox`)."""

    def generate_saliency_map(  # noqa: PLR0913, PLR0917  # the interface of openvino_xai
        self,
        data: Array,
        target_indices: Sequence[int] | None = None,
        preset: Preset | str = Preset.BALANCE,
        num_iterations_per_kernel: int | None = None,
        kernel_widths: Sequence[float] | Array | None = None,
        solver_epsilon: float = 0.1,
        locally_biased: bool = False,
        scale_output: bool = True,
    ) -> dict[int, Array]:
        """Maps [H,W] of the size of the model's input, by target: u8, or f32 0..1 without `scale_output`."""
        picture = self.prepared(data)
        said = class_scores(self.run_one(picture))
        targets = list(range(len(said))) if target_indices is None else self.checked(target_indices, len(said))
        if len(targets) > _MANY:
            _log.info("%s targets are explained one after the other, which takes a while", len(targets))
        iterations, widths = PRESETS[member("preset", Preset, preset)]
        search = Search(
            input_size(picture),
            ((0.0, 1.0), (0.0, 1.0)),
            checked_numbers("kernel_widths", widths if kernel_widths is None else kernel_widths),
            iterations if num_iterations_per_kernel is None else num_iterations_per_kernel,
            solver_epsilon,
            locally_biased,
        )
        are_shares = bool(said.min() >= 0 and said.max() <= 1)  # told once: masked pictures may score otherwise
        maps: dict[int, Array] = {}
        with progress(len(targets), "AISE") as done:
            for target in targets:
                found = search.run(self._loss(picture, target, are_shares))
                maps[target] = scaling(found) if checked_flag("scale_output", scale_output) else found
                done(1)
        self.predictions = {target: Prediction(target, float(said[target])) for target in targets}
        return maps

    def _loss(self, picture: Array, target: int, are_shares: bool) -> Any:
        mask_out = Masking(picture)

        def loss(window: Floats) -> float:
            kept, left = self.run_many(map(mask_out, (window, 1 - window)))
            return _share(kept, target, are_shares) - _share(left, target, are_shares)

        return loss


def _share(output: Any, target: int, is_share: bool) -> float:
    """A score as a share: through the sigmoid, where scores are none."""
    value = float(class_scores(output)[target])
    return value if is_share else 1 / (1 + float(np.exp(-value)))

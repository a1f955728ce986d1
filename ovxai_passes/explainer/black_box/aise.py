"""AISE for classifiers: the score of a class inside a window, less the score outside of it (see `kernels.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.explainer.black_box.base import BlackBox, say_how_many
from ovxai_passes.explainer.black_box.kernels import Floats, Loss, SearchSpace, WindowSearch
from ovxai_passes.explainer.black_box.running import Masking, Preset, class_scores, input_size
from ovxai_passes.explainer.checked import checked_numbers
from ovxai_passes.explainer.lettering import Prediction
from ovxai_passes.value_checks import member

Array = npt.NDArray[Any]

PRESETS = {
    Preset.SPEED: (20, np.linspace(0.1, 0.25, 3)),
    Preset.BALANCE: (50, np.linspace(0.1, 0.25, 3)),
    Preset.QUALITY: (50, np.linspace(0.075, 0.25, 5)),
}
"""Windows tried for each width, and widths as fractions of the picture."""


class AISEClassification(BlackBox):
    """AISE for classifiers, target by target. `postprocess_fn` returns scores [1,K]. Needs scipy (extra `blackbox`)."""

    at_once = 2  # what a window keeps, and what it leaves

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
        targets = self.chosen(target_indices, len(said))
        say_how_many(targets, "targets")
        iterations, standard = PRESETS[member("preset", Preset, preset)]
        widths = checked_numbers("kernel_widths", standard if kernel_widths is None else kernel_widths)
        count = iterations if num_iterations_per_kernel is None else num_iterations_per_kernel
        search = WindowSearch(input_size(picture), count, solver_epsilon, locally_biased)
        are_shares = bool(said.min() >= 0 and said.max() <= 1)  # told once: masked pictures may score otherwise
        everywhere = ((0.0, 1.0), (0.0, 1.0))
        spaces = {one: SearchSpace(everywhere, widths, self._loss(picture, one, are_shares)) for one in targets}
        maps = search.maps(spaces, scale_output)
        self.predictions = {target: Prediction(target, float(said[target])) for target in targets}
        return maps

    def _loss(self, picture: Array, target: int, are_shares: bool) -> Loss:
        mask_out = Masking(picture)

        def loss(window: Floats) -> float:
            kept, left = self.run_many(map(mask_out, (window, 1 - window)))
            return _share(kept, target, are_shares) - _share(left, target, are_shares)

        return loss


def _share(output: Any, target: int, is_share: bool) -> float:
    """A score as a share: through the sigmoid, where scores are none."""
    value = float(class_scores(output)[target])
    return value if is_share else 1 / (1 + float(np.exp(min(-value, 700.0))))  # beyond, exp has no value

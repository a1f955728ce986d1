"""RISE: the mean of random masks, weighed by the class scores of what they leave.

    S[k] = sum over masks m of  score_k(x ⊙ m) m

Petsiuk, Das, Saenko: RISE, arXiv 1806.07421, equation 6, up to a factor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.black_box.base import BlackBox
from ovxai_passes.explainer.black_box.masks import RandomMasks
from ovxai_passes.explainer.black_box.product import TransposedProduct
from ovxai_passes.explainer.black_box.running import Masking, Preset, class_scores, input_size, progress
from ovxai_passes.explainer.checked import checked_flag
from ovxai_passes.explainer.lettering import Prediction
from ovxai_passes.pictures.levels import scaling
from ovxai_passes.value_checks import member, number, whole_number

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]

PRESETS = {Preset.SPEED: (1000, 4), Preset.BALANCE: (5000, 8), Preset.QUALITY: (10000, 12)}
"""Number of masks, and of cells along each side."""

_MOST_MASKS = 1_000_000
_MOST_AT_ONCE, _BYTES_AT_ONCE = 500, 1 << 27


def _at_once(size: tuple[int, int]) -> int:
    """How many masks of a size are summed in one piece, whatever the machine: other pieces would round otherwise."""
    return max(1, min(_MOST_AT_ONCE, _BYTES_AT_ONCE // (4 * size[0] * size[1])))


def masks_of(  # noqa: PLR0913, PLR0917  # what a user may say of them
    size: tuple[int, int], preset: Preset | str, num_masks: int | None, num_cells: int | None, prob: float, seed: int
) -> RandomMasks:
    """Masks as a preset says, unless said otherwise. Raises OptionError."""
    masks, cells = PRESETS[member("preset", Preset, preset)]
    masks, cells = masks if num_masks is None else num_masks, cells if num_cells is None else num_cells
    masks, cells = whole_number("num_masks", masks, 1), whole_number("num_cells", cells, 1)
    if masks > _MOST_MASKS or cells > max(size):
        raise OptionError(f"num_masks is at most {_MOST_MASKS}, num_cells at most the picture's side, {max(size)}")
    return RandomMasks(size, masks, cells, number("prob", prob, 0, 1), whole_number("seed", seed, 0))


def weighed(  # noqa: PLR0913, PLR0917  # a sum, and what it is made of
    box: BlackBox,
    picture: Array,
    masks: RandomMasks,
    scores: Callable[[Any], Floats],
    count: int,
    label: str,
) -> Floats:
    """Masks, summed with the `count` scores [count] of what the model says of what each leaves: [count,H,W]."""
    sums = np.zeros((count, masks.size[0] * masks.size[1]), np.float32)
    mask_out, product = Masking(picture), TransposedProduct()
    with progress(masks.count, label) as done:
        for block in masks.blocks(_at_once(masks.size)):
            found = np.stack([scores(output) for output in box.run_many(map(mask_out, block))])
            sums += product(found, block.reshape(len(block), -1))
            done(len(block))
    return sums.reshape(count, *masks.size)


class RISE(BlackBox):
    """RISE for classifiers. `postprocess_fn` returns scores [1,K]."""

    def generate_saliency_map(  # noqa: PLR0913, PLR0917  # the interface of openvino_xai
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
        """Maps of the size of the model's input: [1,K,H,W], or by target; u8, or f32 sums without `scale_output`.

        `preset`: 1000, 5000 or 10000 masks of 4, 8 or 12 cells; `num_masks`, `num_cells` instead. `prob`: of a cell to
        be kept. The same `seed` gives the same map.
        """
        picture = self.prepared(data)
        masks = masks_of(input_size(picture), preset, num_masks, num_cells, prob, seed)
        said = class_scores(self.run_one(picture))
        targets = self.chosen(target_indices, len(said))
        maps = weighed(self, picture, masks, lambda output: class_scores(output)[targets], len(targets), "RISE")
        maps = scaling(maps) if checked_flag("scale_output", scale_output) else maps
        self.predictions = {target: Prediction(target, float(said[target])) for target in targets}
        return maps[None] if target_indices is None else dict(zip(targets, maps, strict=True))

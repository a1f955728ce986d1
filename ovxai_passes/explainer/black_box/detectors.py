"""AISE and D-RISE for detectors: one map for each box that was found.

    similarity of a box b to what is found in a masked picture = max over d of the same label  IoU(b, d) * score_d

D-RISE: Petsiuk et al., Black-box Explanation of Object Detectors via Saliency Maps, arXiv 2006.03204, section 3.2, with
labels for class vectors. AISE as in openvino_xai 1.1.0: windows in and around the box, kept alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.explainer.black_box.base import BlackBox, say_how_many
from ovxai_passes.explainer.black_box.kernels import Bounds, Floats, SearchSpace, WindowSearch
from ovxai_passes.explainer.black_box.rise import masks_of, weighed
from ovxai_passes.explainer.black_box.running import Masking, Preset, found_boxes, input_size
from ovxai_passes.explainer.boxes import overlaps
from ovxai_passes.explainer.checked import checked_flag, checked_numbers
from ovxai_passes.explainer.lettering import Prediction
from ovxai_passes.pictures.arrays import size_of
from ovxai_passes.pictures.levels import scaling
from ovxai_passes.value_checks import member

Array = npt.NDArray[Any]

PRESETS = {
    Preset.SPEED: (20, np.linspace(7, 1, 3)),
    Preset.BALANCE: (50, np.linspace(7, 1, 3)),
    Preset.QUALITY: (50, np.linspace(8, 1, 5)),
}
"""Windows tried for each width, and what the shorter side of a box is divided by to give widths."""

_AROUND = 0.5  # of a box's side: how far windows reach beyond it


@dataclass(frozen=True)
class _Target:
    """A box to explain: `box` x1, y1, x2, y2 in pixels of the input."""

    number: int
    box: Floats
    label: int
    score: float

    def similarity(self, output: Any) -> float:
        """How well a box is found again."""
        boxes, scores, labels = found_boxes(output)
        alike = labels == self.label
        return float((overlaps(self.box, boxes[alike]) * scores[alike]).max(initial=0))


class _BoxByBox(BlackBox):
    def _found(self, data: Array, target_indices: Sequence[int] | None) -> tuple[Array, list[_Target]]:
        """The model's input, and the boxes to explain; `predictions` are set, in pixels of `data`."""
        picture = self.prepared(data)
        boxes, scores, labels = found_boxes(self.run_one(picture))
        numbers = self.chosen(target_indices, len(boxes))
        say_how_many(numbers, "boxes")
        (rows, columns), (height, width) = size_of(np.asarray(data)), input_size(picture)
        scale = np.array([columns / width, rows / height] * 2, np.float32)
        self.predictions = {
            number: Prediction(int(labels[number]), float(scores[number]), (boxes[number] * scale).tolist())
            for number in numbers
        }
        return picture, [
            _Target(number, boxes[number], int(labels[number]), float(scores[number]))
            for number in numbers
            if boxes[number][0] < boxes[number][2] and boxes[number][1] < boxes[number][3]
        ]


class AISEDetection(_BoxByBox):
    """AISE for detectors, box by box. Needs scipy (extra `blackbox`).

    `postprocess_fn` returns boxes [1,D,4] (x1, y1, x2, y2 in pixels of the input), scores [1,D] and labels [1,D].
    """

    at_once = 1

    def generate_saliency_map(  # noqa: PLR0913, PLR0917  # the interface of openvino_xai
        self,
        data: Array,
        target_indices: Sequence[int] | None = None,
        preset: Preset | str = Preset.BALANCE,
        num_iterations_per_kernel: int | None = None,
        divisors: Sequence[float] | Array | None = None,
        solver_epsilon: float = 0.05,
        locally_biased: bool = False,
        scale_output: bool = True,
    ) -> dict[int, Array]:
        """Maps [H,W] of the size of the model's input, by number of the box; those without an area have none.

        `divisors`: windows are as wide as the shorter side of the box, divided by these.
        """
        picture, targets = self._found(data, target_indices)
        iterations, standard = PRESETS[member("preset", Preset, preset)]
        parts = checked_numbers("divisors", standard if divisors is None else divisors)
        count = iterations if num_iterations_per_kernel is None else num_iterations_per_kernel
        search = WindowSearch(input_size(picture), count, solver_epsilon, locally_biased)
        return search.maps({target.number: self._space(picture, target, parts) for target in targets}, scale_output)

    def _space(self, picture: Array, target: _Target, divisors: Sequence[float]) -> SearchSpace:
        bounds, side = _surroundings(target.box, input_size(picture))
        mask_out = Masking(picture)
        return SearchSpace(
            bounds,
            [side / divisor for divisor in divisors],
            lambda window: target.similarity(self.run_one(mask_out(window))),
        )


class DRISE(_BoxByBox):
    """D-RISE: random masks, weighed by how well a box is found again; all boxes from the same masks."""

    def generate_saliency_map(  # noqa: PLR0913, PLR0917  # that of RISE
        self,
        data: Array,
        target_indices: Sequence[int] | None = None,
        preset: Preset | str = Preset.BALANCE,
        num_masks: int | None = None,
        num_cells: int | None = None,
        prob: float = 0.5,
        seed: int = 0,
        scale_output: bool = True,
    ) -> dict[int, Array]:
        """Maps [H,W] of the size of the model's input, by number of the box; those without an area have none."""
        picture, targets = self._found(data, target_indices)
        masks = masks_of(input_size(picture), preset, num_masks, num_cells, prob, seed)
        if not targets:
            return {}

        def similarities(output: Any) -> Floats:
            return np.array([target.similarity(output) for target in targets], np.float32)

        maps = weighed(self, picture, masks, similarities, len(targets), "D-RISE")
        maps = scaling(maps) if checked_flag("scale_output", scale_output) else maps
        return {target.number: saliency for target, saliency in zip(targets, maps, strict=True)}


def _surroundings(box: Floats, size: tuple[int, int]) -> tuple[Bounds, float]:
    """Where middles of windows may lie, and the shorter side of a box, as fractions of the picture."""
    x1, y1, x2, y2 = (float(edge) for edge in box / np.array([size[1], size[0]] * 2, np.float32))
    width, height = x2 - x1, y2 - y1
    across = (max(x1 - width * _AROUND, 0.0), min(x2 + width * _AROUND, 1.0))
    down = (max(y1 - height * _AROUND, 0.0), min(y2 + height * _AROUND, 1.0))
    return (across, down), min(width, height)

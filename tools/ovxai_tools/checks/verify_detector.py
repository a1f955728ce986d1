"""Is a detector's map what it is defined to be?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.layout import picture_axes

from ovxai_passes.errors import VerificationError
from ovxai_passes.insert import DetectorInsertion
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.reference.classifiers import worst_difference
from ovxai_passes.reference.detectors import defined_detector_map, sources_of


def check_detector_map(
    model: ov.Model,
    raw: DetectorInsertion,
    name: str,
    inputs: Sequence[npt.NDArray[np.generic]],
    saliency: npt.NDArray[np.float32],
) -> str:
    """Compare a raw map with the definition; returns what was compared. Raises VerificationError.

    `name`: of the case, for messages.
    """
    sources = sources_of(raw.locate.result)
    values = dict(zip(sources, tensors_at(model, sources, inputs), strict=True))
    wanted = defined_detector_map(raw.locate.result, raw.locate.options.objectness, values, picture_size(model, inputs))
    difference = worst_difference(saliency, wanted)
    if not difference <= 1:
        raise VerificationError(
            f"{name}: the map differs from its definition by {difference:.3g} times what is allowed "
            "(1e-3 of the map's range plus 1e-5 of the largest score)"
        )
    return "all positions"


def picture_size(model: ov.Model, inputs: Sequence[npt.NDArray[np.generic]]) -> tuple[int, int]:
    """(H, W) of the picture among a model's inputs."""
    for port, value in zip(model.inputs, inputs, strict=True):
        axes = picture_axes(port.get_node())
        if axes is not None:
            return value.shape[axes[0]], value.shape[axes[1]]
    raise VerificationError("the model has no picture input")

"""A feature vector held to its definition."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.errors import VerificationError
from ovxai_passes.insert import Insertion
from ovxai_passes.methods.spec import required
from ovxai_passes.model_info.outputs import FEATURES_NAME
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.reference.feature_vector import pooled_features
from ovxai_tools.checks.verification.outputs import Case

Array = npt.NDArray[np.generic]


def has_features(written: ov.Model) -> bool:
    """Whether a model gives a feature vector."""
    return any(FEATURES_NAME in port.get_names() for port in written.outputs)


def check_features(
    model: ov.Model, raw: Insertion, case: Case, results: dict[str, Array], before: Sequence[list[Array]]
) -> str:
    """The feature vector has to be the class token of its tensor, or the mean over positions."""
    tensor, positions = required(raw.target.pooled)
    (feature,) = tensors_at(model, [tensor], case.inputs, list(before))
    wanted = pooled_features(positions, feature)
    found = np.asarray(results[FEATURES_NAME], np.float64)
    if not np.abs(found - wanted).max() <= 1e-3 * np.abs(wanted).max():
        raise VerificationError(f"{case.name}: {FEATURES_NAME} is not the class token or mean of its layer")
    return f"{case.name}: {FEATURES_NAME} equal to its definition"

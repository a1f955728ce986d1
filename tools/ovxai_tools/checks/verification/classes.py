"""Which classes have maps, and whether they are the best ones where the graph has found them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import VerificationError
from ovxai_passes.insert import Insertion
from ovxai_passes.model_info.outputs import CLASSES_NAME
from ovxai_passes.reference.given import Given
from ovxai_passes.reference.gradient.best_boxes import best_classes

_ROUNDING = 1e-5
"""Of the scores of boxes, which the graph makes anew of those of the class heads."""


def classes_of_maps(
    raw: Insertion, given: Given, name: str, results: Mapping[str, npt.NDArray[Any]]
) -> npt.NDArray[np.int64] | None:
    """The classes [N,k] of the maps, None for all; those found in the graph must be the best of the model's output.

    Of a detector, those with the best boxes. `name`: of the case. Raises VerificationError.
    """
    report = raw.report
    if report.chosen is not None:
        return np.array([report.chosen])
    if report.top_k is None:
        return None
    found: npt.NDArray[np.int64] = np.array(results[CLASSES_NAME])
    allowed: float | npt.NDArray[np.float64] = 0.0
    if raw.target.features:
        scores = best_classes(given)[1]
        allowed = _ROUNDING * np.maximum(1, np.abs(np.take_along_axis(scores, found, 1)))
    else:
        (shown,) = given.read([raw.site.scores.shown])
        scores = np.asarray(shown, np.float64).reshape(len(found), -1)
    taken = np.take_along_axis(scores, found, 1)
    best = np.sort(scores, 1)[:, ::-1][:, : report.top_k]
    if (np.abs(taken - best) > allowed).any() or any(len(set(row)) < len(row) for row in found.tolist()):
        raise VerificationError(f"{name}: {CLASSES_NAME} are not the best {report.top_k} classes")
    return found

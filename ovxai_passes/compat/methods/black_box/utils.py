"""Looking at what a postprocess_fn returns; the texts of errors are those that callers know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

_BATCH = "with batch size of 1."


def check_classification_output(x: object) -> None:
    """Raises RuntimeError for what is no array [1,K]."""
    if not isinstance(x, np.ndarray):
        raise RuntimeError("Postprocess function should return numpy array.")
    if x.ndim != 2 or len(x) != 1:
        raise RuntimeError(f"Postprocess function should return two dimentional numpy array {_BATCH}")


def check_detection_output(x: Any) -> None:
    """Raises RuntimeError for what are no three arrays: boxes [1,D,4], scores [1,D], labels [1,D]."""
    if not hasattr(x, "__len__"):
        raise RuntimeError("Postprocess function should return sized object.")
    if len(x) != 3:
        raise RuntimeError(
            "Postprocess function should return three containers: boxes (format: [x1, y1, x2, y2]), scores, labels."
        )
    for part in x:
        if not isinstance(part, np.ndarray):
            raise RuntimeError("Postprocess function should return numpy arrays.")
        if len(part) != 1:
            raise RuntimeError(f"Postprocess function should return numpy arrays {_BATCH}")
    texts = (
        "Boxes should be three-dimentional [Batch, NumBoxes, BoxCoords].",
        "Scores should be two-dimentional [Batch, Scores].",
        "Labels should be two-dimentional  [Batch, Labels].",
    )
    for part, axes, text in zip(x, (3, 2, 2), texts, strict=True):
        if part.ndim != axes:
            raise RuntimeError(text)


def checking(postprocess_fn: Callable[[Mapping[Any, Any]], Any], check: Callable[[Any], None]) -> Callable[[Any], Any]:
    """A postprocess_fn whose results are looked at."""

    def checked(outputs: Mapping[Any, Any]) -> Any:
        found = postprocess_fn(outputs)
        check(found)
        return found

    return checked

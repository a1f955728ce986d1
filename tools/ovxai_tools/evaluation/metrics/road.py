"""ROAD: how the score falls when pixels are removed in the map's order, and filled in from around them.

    MoRF: the most relevant pixels first, smaller is better;  LeRF: the least relevant first, larger is better

A removed pixel is the weighted mean of its eight neighbours, 1/6 each beside it and 1/12 each at its corners (the
weights of those outside of the picture are shared among the others), which is a linear system over all removed pixels,
and some noise. So the hole itself tells little. Rong et al., A Consistent and Efficient Evaluation Strategy for
Attribution Methods, arXiv 2202.00449, section 5.

The system is symmetric and positive, so conjugate gradients solve it on the picture as it is, a product being a 3x3
filter. They start from the solution for the picture at half its size, and so on down: no matrix is factorised.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.pictures.extras import opencv
from ovxai_passes.pictures.resizing import resize_picture
from ovxai_tools.evaluation.compared.evaluated_model import EvaluatedModel
from ovxai_tools.evaluation.compared.shown import Flags, Floats, Levels, Shown

FRACTIONS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""How much is removed."""

_NOISE = 0.01 * 255
_AROUND = np.array([[1 / 12, 1 / 6, 1 / 12], [1 / 6, 0, 1 / 6], [1 / 12, 1 / 6, 1 / 12]], np.float32)
_CLOSE = 0.01
"""By so many levels of 0..255 a pixel may differ from what its neighbours say."""

_SMALL = 8
"""The shorter side of pictures that are not halved any more."""


def imputed(picture: npt.NDArray[Any], removed: Flags) -> Floats:
    """A picture [H,W,C] of 0..255 with the pixels `removed` [H,W] filled in, without noise.

    Where all are removed there is nothing to fill them from but the picture's mean.
    """
    values: Floats = picture.astype(np.float32)
    if removed.all():
        return np.broadcast_to(values.mean((0, 1)), values.shape).astype(np.float32)
    known: Floats = (~removed[..., None]).astype(np.float32)
    return _filled(np.where(removed[..., None], np.float32(0), values), known)


def _filled(values: Floats, known: Floats) -> Floats:
    """`values` [H,W,C] with what is not `known` [H,W,1] (1 or 0) filled in."""
    height, width = known.shape[:2]
    if min(height, width) > _SMALL:
        half = ((height + 1) // 2, (width + 1) // 2)
        share = resize_picture(known, half)
        means = (resize_picture(values, half) / np.maximum(share, 1e-9)).astype(np.float32)
        start = resize_picture(_filled(means, (share > 0).astype(np.float32)), (height, width), "linear")
    else:
        start = np.broadcast_to(values.sum((0, 1)) / known.sum(), values.shape)
    return values + _solution((1 - known) * start, values, 1 - known)


def _neighbours(values: Floats) -> Floats:
    """The weighted sum of the eight neighbours of each pixel [H,W,C]; outside of the picture there is nothing."""
    cv2 = opencv("pictures with pixels filled in")
    found: Floats = cv2.filter2D(values, -1, _AROUND, borderType=cv2.BORDER_CONSTANT)
    return found.reshape(values.shape)  # OpenCV drops an axis of one channel


def _solution(filled: Floats, values: Floats, gone: Floats) -> Floats:
    """Conjugate gradients from `filled` on, with the diagonal as preconditioner."""
    diagonal = _neighbours(np.ones(gone.shape, np.float32))

    def applied(tried: Floats) -> Floats:
        return gone * (diagonal * tried - _neighbours(tried))

    residual = gone * _neighbours(values) - applied(filled)
    scaled = residual / diagonal
    direction, size = scaled, float((residual * scaled).sum())
    for _ in range(gone.size):
        if np.abs(residual).max() <= _CLOSE:
            break
        product = applied(direction)
        step = np.float32(size / float((direction * product).sum()))
        filled = filled + step * direction
        residual = residual - step * product
        scaled = residual / diagonal
        before, size = size, float((residual * scaled).sum())
        direction = scaled + np.float32(size / before) * direction
    return filled


def road(one: Shown, saliency: Floats, of: EvaluatedModel, seed: int) -> dict[str, list[float]]:
    """The score of the class at each of FRACTIONS, both ways, of a map [H,W]."""
    rng = one.rng(seed)
    order = np.argsort(-saliency.reshape(-1), kind="stable")
    pictures = [_without(one.pixels, part, share, rng) for part in (order, order[::-1]) for share in FRACTIONS]
    scores = of.scores(pictures)[:, one.target]
    count = len(FRACTIONS)
    return {"morf": [float(one) for one in scores[:count]], "lerf": [float(one) for one in scores[count:]]}


def _without(pixels: Levels, order: npt.NDArray[Any], share: float, rng: np.random.Generator) -> Levels:
    removed: Flags = np.zeros(pixels.shape[:2], np.bool_)
    removed.reshape(-1)[order[: round(share * order.size)]] = True
    values = imputed(pixels, removed)
    values[removed] += rng.normal(0, _NOISE, (int(removed.sum()), pixels.shape[2]))
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)

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

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.pictures.extras import opencv
from ovxai_passes.pictures.resizing import resize_picture
from ovxai_tools.evaluation.compared.evaluated_model import EvaluatedModel
from ovxai_tools.evaluation.compared.shown import Flags, Floats, Levels, Shown
from ovxai_tools.evaluation.metrics.last_result import LastResult

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


def _neighbours(values: Floats, found: Floats | None = None) -> Floats:
    """The weighted sum of the eight neighbours of each pixel [H,W,C]; outside of the picture there is nothing."""
    cv2 = opencv("pictures with pixels filled in")
    made: Floats = cv2.filter2D(values, -1, _AROUND, found, borderType=cv2.BORDER_CONSTANT)
    return made.reshape(values.shape)  # OpenCV drops an axis of one channel


def _solution(filled: Floats, values: Floats, gone: Floats) -> Floats:
    """Conjugate gradients from `filled` on, with the diagonal as preconditioner, in place: arrays take their time."""
    everywhere: Floats = np.ascontiguousarray(np.broadcast_to(gone, values.shape))
    diagonal = _neighbours(np.ones(values.shape, np.float32))
    filled, product, scaled = filled.astype(np.float32), np.empty_like(values), np.empty_like(values)

    def apply_to(tried: Floats) -> None:
        """`product` = gone (diagonal tried - neighbours of tried)."""
        np.multiply(diagonal, tried, out=scaled)
        np.subtract(scaled, _neighbours(tried, product), out=product)
        np.multiply(everywhere, product, out=product)

    apply_to(filled)
    residual = everywhere * _neighbours(values) - product
    direction = residual / diagonal
    size = _dot(residual, direction)
    for _ in range(gone.size):
        if max(residual.max(), -residual.min()) <= _CLOSE:
            break
        apply_to(direction)
        step = np.float32(size / _dot(direction, product))
        filled += np.multiply(direction, step, out=scaled)
        residual -= np.multiply(product, step, out=product)
        np.divide(residual, diagonal, out=scaled)
        before, size = size, _dot(residual, scaled)
        direction *= np.float32(size / before)
        direction += scaled
    return filled


def _dot(one: Floats, other: Floats) -> float:
    return float(np.vdot(one, other))


class Road:
    """Asks a model about pictures with pixels filled in. `seed`: of the noise."""

    def __init__(self, of: EvaluatedModel, seed: int) -> None:
        self._of, self._seed = of, seed
        self._filled = LastResult[list[tuple[Flags, Floats]]]()

    def curves(self, one: Shown, saliency: Floats) -> dict[str, list[float]]:
        """The score of the class at each of FRACTIONS, both ways, of a map [H,W]."""
        rng = one.rng(self._seed)
        filled = self._filled.of(one.pixels, saliency, lambda: _filled_in(one.pixels, saliency))
        scores = self._of.scores([_noisy(values, gone, rng) for gone, values in filled])[:, one.target]
        count = len(FRACTIONS)
        return {"morf": [float(one) for one in scores[:count]], "lerf": [float(one) for one in scores[count:]]}


def _filled_in(pixels: Levels, saliency: Floats) -> list[tuple[Flags, Floats]]:
    """What is removed at each of FRACTIONS, both ways, and the picture with it filled in."""
    order = np.argsort(-saliency.reshape(-1), kind="stable")
    removed = [_removed(saliency.shape, part, share) for part in (order, order[::-1]) for share in FRACTIONS]
    with ThreadPoolExecutor(os.cpu_count()) as several:
        return list(zip(removed, several.map(lambda gone: imputed(pixels, gone), removed), strict=True))


def _removed(size: tuple[int, ...], order: npt.NDArray[Any], share: float) -> Flags:
    removed: Flags = np.zeros(size, np.bool_)
    removed.reshape(-1)[order[: round(share * order.size)]] = True
    return removed


def _noisy(values: Floats, removed: Flags, rng: np.random.Generator) -> Levels:
    noisy = values.copy()
    noisy[removed] += rng.normal(0, _NOISE, (int(removed.sum()), values.shape[2]))
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)

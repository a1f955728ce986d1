"""The definition of the maps, computed the slow way: what branches are compared with.

Nothing here builds or reads a branch: the head is compiled alone and run once for every mask.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.positions import NOWHERE, Positions
from ovxai_patterns.classifier.site import Site

from ovxai_passes.head.cut import Head
from ovxai_passes.head.masks import one_target_mask
from ovxai_passes.model_info.tensor_values import F32
from ovxai_passes.vocabulary import Mask

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float32]

RANGE_TOLERANCE = 1e-3
SCORE_TOLERANCE = 1e-5


def masked_scores(
    head: Head, mask: Mask, positions: Positions, inputs: Sequence[Array], chosen: Sequence[int] | None = None
) -> Floats:
    """Class scores [P,N,K] f32 of the head under each mask (or those of the `chosen` positions, in raster order).

    `inputs`: the target and the head's sides, as `tensors_at` gives them.
    """
    compiled = ov.compile_model(head.model, "CPU", F32)
    total = positions.grid[0] * positions.grid[1]
    request = compiled.create_infer_request()
    rows = []
    for place in range(total) if chosen is None else chosen:
        weights = one_target_mask(mask, positions, place).astype(inputs[0].dtype)
        request.infer([inputs[0], weights, *inputs[1:]])
        rows.append(np.array(request.get_output_tensor(0).data, np.float32))
    return np.stack(rows)


def defined_map(site: Site, head: Head, mask: Mask, inputs: Sequence[Array]) -> Floats:
    """The raw map [N,K,h,w] f32, by definition."""
    scores = masked_scores(head, mask, site.positions, inputs)
    return scores.transpose(1, 2, 0).reshape(*scores.shape[1:], *site.positions.grid)


def mean_map(positions: Positions, feature: Array) -> Floats:
    """ActivationMap [N,h,w] f32 of a target, by definition: summed cell by cell."""
    height, width = positions.grid
    ids = np.broadcast_to(positions.ids, (1, *feature.shape[1:]))
    flat = feature.astype(np.float64).reshape(len(feature), -1)
    result = np.zeros((len(feature), height * width))
    for cell in range(height * width):
        result[:, cell] = flat[:, (ids == cell).reshape(-1)].mean(1)
    return result.reshape(-1, height, width).astype(np.float32)


def pooled_features(positions: Positions, feature: Array) -> npt.NDArray[np.float64]:
    """The feature vector [N,C] of a tensor: its first kept token, or the mean over positions."""
    places = tuple(axis for axis, size in enumerate(positions.ids.shape) if size > 1)
    values = np.moveaxis(np.asarray(feature, np.float64), places, range(1, len(places) + 1))
    rows = values.reshape(len(values), positions.ids.size, -1)
    kept = np.flatnonzero(positions.ids.reshape(-1) == NOWHERE)
    return np.asarray(rows[:, kept[0]] if kept.size else rows.mean(1))


def scaled_map(raw: Floats, joint: bool = False) -> npt.NDArray[np.uint8]:
    """Raw maps [...,h,w] scaled to 0..255, one by one or (`joint`) image by image; a constant map gives 0."""
    axes = (1, 2, 3) if joint and raw.ndim == 4 else (-2, -1)
    low, high = raw.min(axes, keepdims=True), raw.max(axes, keepdims=True)
    span = np.where(high > low, high - low, 1)
    return ((raw - low) / span * 255).astype(np.uint8)


def worst_difference(
    found: Floats, wanted: Floats, positions_axis: int | tuple[int, ...] = (-2, -1), span: Floats | None = None
) -> float:
    """Largest |found - wanted| as a share of what is allowed: above 1 they are not equal.

    Infinite where a value is not finite. Allowed, map by map: 1e-3 of the range of `wanted` plus 1e-5 of the largest
    |score|. `span`: these ranges, where `wanted` holds a part of the positions only.
    """
    if span is None:
        span = np.ptp(wanted, axis=positions_axis, keepdims=True)
    allowed = RANGE_TOLERANCE * span + SCORE_TOLERANCE * np.abs(wanted).max()
    if not (np.isfinite(found).all() and np.isfinite(wanted).all()):
        return float("inf")
    difference = np.abs(found - wanted)
    worst = np.where(difference > 0, np.inf, 0.0)
    np.divide(difference, allowed, out=worst, where=np.broadcast_to(allowed > 0, worst.shape))
    return float(worst.max())

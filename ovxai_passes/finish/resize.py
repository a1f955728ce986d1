"""Another size of the map: bilinear, between the middles of cells, as OpenCV's INTER_LINEAR.

    U[n,k,p] = sum over the four cells q about p of  w(p,q) S[n,k,q]        S: scaled, 0..1 in f32, or raw scores

    S ─▶ Unsqueeze? ─▶ Interpolate to (h, w) ─▶ Squeeze? ─▶ U
    picture ─▶ ShapeOf ─▶ Gather height and width ─▶ (h, w), where the map is as large as the model's picture

The map is resized after it is scaled and before it is rounded, so its largest level may lie below 255: the largest
cell's middle need not be that of a pixel.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.finish.image import picture_parameter
from ovxai_passes.ops.branch import Branch, copied, map_of, with_input, with_map
from ovxai_passes.ops.sizes import Picture, bilinear, sizes_of

_PER_CLASS = 4  # axes


def resized(branch: Branch, size: tuple[int, int]) -> Branch:
    """A branch with the map of `branch` [...,h,w], of a float type, of another size; `branch` is left as it is."""
    made = copied(branch)
    return with_map(made, resized_map(map_of(made), ops.constant(np.array(size, np.int64))))


def resized_like(branch: Branch, picture: Picture, output: ov.Output) -> Branch:
    """As `resized`, to the size of a picture, whatever that is at inference. `output`: the picture in the model."""
    made, parameter = with_input(branch, picture.tensor, picture_parameter(picture, output))
    return with_map(made, resized_map(map_of(made), sizes_of(parameter, picture.axes)))


def resized_map(saliency: ov.Output, size: ov.Node) -> ov.Node:
    """A map [N,K,h,w] or [N,h,w] of floats at a size [2] i64."""
    per_class = len(saliency.get_partial_shape()) == _PER_CLASS
    laid = saliency if per_class else ops.unsqueeze(saliency, ops.constant([1])).output(0)
    found = bilinear(laid, size)
    return found if per_class else ops.squeeze(found, ops.constant([1]))

"""The map in colours, laid over the model's own picture.

    O[n,k,p] = round(w table[V[n,k,p]] + (1 - w) I[n,p])        V: the map's levels at the picture's size

    U ─▶ levels ─▶ Interpolate to (H, W) ─▶ Round ─▶ Gather from the table ─▶ Multiply w ─▶ Add ─▶ Round ─▶ O u8
    input ─▶ picture I [N,H,W,3] (`image.py`) ─▶ Unsqueeze? ─▶ Multiply 1 - w ───────────────┘

The same as what a client makes of `saliency_map` and the picture with OpenCV: the levels resized, in colours, added.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.finish.colour import colours_of
from ovxai_passes.finish.image import InputImage, image_levels, picture_parameter
from ovxai_passes.finish.resize import resized_map
from ovxai_passes.finish.scale import levels_of
from ovxai_passes.ops.branch import Branch, map_of, with_input, with_picture
from ovxai_passes.ops.sizes import sizes_of
from ovxai_passes.vocabulary import Colormap

_PER_CLASS = 4  # axes


def overlaid(  # noqa: PLR0913, PLR0917  # the map, the picture, and how they are put together
    branch: Branch, image: InputImage, output: ov.Output, weight: float, kind: Colormap, name: str, fits: bool
) -> Branch:
    """A branch with one more result, the scaled map over the picture; `branch` is left as it is.

    `output`: the picture in the model. `fits`: the map is as large as the picture already.
    """
    made, parameter = with_input(branch, image.picture.tensor, picture_parameter(image.picture, output))
    saliency = map_of(made)
    levels = levels_of(saliency)
    if not fits:
        size = sizes_of(parameter, image.picture.axes)
        large = resized_map(ops.convert(levels, "f32").output(0), size)
        levels = ops.round(large, "half_away_from_zero")  # as OpenCV resizes levels: halves are frequent among them
    colours = ops.convert(colours_of(levels, kind), "f32")
    behind = image_levels(image, parameter)
    if len(saliency.get_partial_shape()) == _PER_CLASS:
        behind = ops.unsqueeze(behind, ops.constant([1]))
    above, below = (ops.constant(np.float32(share)) for share in (weight, 1 - weight))
    mixed = ops.round(ops.add(ops.multiply(colours, above), ops.multiply(behind, below)), "half_to_even")
    return with_picture(made, ops.convert(ops.clamp(mixed, 0.0, 255.0), "u8"), name)

"""Maps as short texts, kept with their figures for the page: levels of 0..255, at most 64 x 64 of them."""

from __future__ import annotations

import base64

import numpy as np

from ovxai_passes.pictures.resizing import resize_picture
from ovxai_tools.evaluation.compared.shown import Floats, Levels

_LONGEST = 64


def sketch_of(saliency: Floats) -> str:
    """A map [h,w] from 0 up as HxW:BASE64."""
    levels = np.rint(saliency * (255 / max(float(saliency.max()), 1e-30))).astype(np.uint8)
    height, width = (min(side, _LONGEST) for side in levels.shape)
    small = resize_picture(levels[..., None], (height, width)).reshape(height, width)
    return f"{height}x{width}:{base64.b64encode(small.tobytes()).decode()}"


def levels_of(sketch: str) -> Levels:
    """The levels u8 [h,w] again."""
    size, _, data = sketch.partition(":")
    height, width = map(int, size.split("x"))
    return np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width)

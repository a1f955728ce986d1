"""Is what a model shows of a map what it should be: its scale, size, type and pictures?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import VerificationError
from ovxai_passes.finish.colour_tables import colour_table
from ovxai_passes.finish.image import InputImage
from ovxai_passes.model_info.outputs import COLORS_NAME, OUTPUT_NAME, OVERLAY_NAME
from ovxai_passes.options import Options
from ovxai_passes.pictures.levels import as_levels
from ovxai_passes.reference.finishing.scaling import signed_levels, unit_map
from ovxai_passes.reference.finishing.shown import laid_over, picture_of, resized
from ovxai_passes.vocabulary import Colormap, Scaling

Array = npt.NDArray[Any]
_LEVEL = 1 / 255
_HALF_FLOAT = 2**-11
_NEAR_HALF = 0.02  # of a level: rounded either way


@dataclass(frozen=True)
class Shown:
    """How a map was asked to be shown.

    `size`: it is resized to, None where it stays as large as it is; `image`: how the picture behind an overlay is had
    back; `wanted`: the map 0..1 (signed: -1..1) where zero is kept, None where the raw map alone decides; `rounding`:
    how far that may be off.
    """

    options: Options
    size: tuple[int, int] | None = None
    image: InputImage | None = None
    wanted: npt.NDArray[np.float32] | None = None
    rounding: npt.NDArray[np.float32] | float = 0.0


def check_shown(
    name: str, raw: npt.NDArray[np.float32], results: Mapping[str, Array], asked: Shown, output: str = OUTPUT_NAME
) -> list[str]:
    """Compare outputs with what is made of a raw map. Returns what held, a line each. Raises VerificationError.

    `output`: that of the map.
    """
    options, found = asked.options, results[output]
    scaled = found.dtype == np.uint8 or options.output_dtype is not None
    joint = options.effective_scaling is Scaling.JOINT
    unit = unit_map(raw, joint) if asked.wanted is None else asked.wanted
    wanted = np.asarray(unit if scaled else raw, np.float64)
    if asked.size is not None:
        wanted = resized(wanted, asked.size)
    values = found / 255 if found.dtype == np.uint8 else np.asarray(found, np.float64)
    if options.effective_scaling is Scaling.SIGNED:
        wanted = signed_levels(np.asarray(wanted, np.float32)) / 255
    allowed = _LEVEL + 1e-6 if found.dtype == np.uint8 else _HALF_FLOAT if scaled else 1e-5 * np.abs(wanted).max()
    off = np.abs(values - wanted)
    if options.threshold is not None:  # what is as near to it as rounding may lie on either side
        off = np.where(wanted < options.threshold, values, off)
        off = np.where(np.abs(wanted - options.threshold) <= _HALF_FLOAT, 0, off)
    if values.shape != wanted.shape or not (off <= allowed + asked.rounding).all():
        raise VerificationError(f"{name}: the map is not the raw map, scaled and sized as asked for")
    held = []
    levels = found if found.dtype == np.uint8 else as_levels(values)
    if options.colormap is not None and output == OUTPUT_NAME:
        _check_colours(name, levels, results[COLORS_NAME], options.colormap)
        held.append(f"{name}: {COLORS_NAME} are the map's levels in colours")
    return held


def check_overlay(name: str, levels: npt.NDArray[np.uint8], fed: Array, found: Array, asked: Shown) -> str:
    """Compare an overlay with levels of the map laid over the picture that was `fed`. Raises VerificationError.

    Levels are those of the model itself; of a map of floats they are made of what is left of it, and may be one off.
    """
    image, weight = asked.image, asked.options.overlay
    assert image is not None, "the insertion has said how the picture is had back"
    assert weight is not None, "there is an overlay where it is asked for"
    bgr = image.order == (2, 1, 0)
    picture = picture_of(fed, image.picture.axes, image.mean, image.scale, bgr)
    exact = resized(levels, picture.shape[1:3])
    table = colour_table(asked.options.colormap or Colormap.JET)
    least = np.full(found.shape, np.inf)
    by_one = (-1.0, 1.0) if asked.options.output_dtype is not None else ()
    for shift in (-_NEAR_HALF, _NEAR_HALF, *by_one):
        colours = table[np.clip(np.rint(exact + shift), 0, 255).astype(np.uint8)]
        least = np.minimum(least, np.abs(np.clip(laid_over(colours, picture, weight), 0, 255) - found))
    if not least.max() <= 1:
        raise VerificationError(f"{name}: {OVERLAY_NAME} is not the map laid over the picture")
    return f"{name}: {OVERLAY_NAME} is the map laid over the model's picture"


def _check_colours(name: str, levels: npt.NDArray[np.uint8], found: Array, kind: Colormap) -> None:
    """Of a map of floats the levels are those before it was rounded to its type: one off, at most."""
    table = colour_table(kind)
    near = [table[np.clip(levels.astype(int) + step, 0, 255)] == found for step in (-1, 0, 1)]
    if found.shape != (*levels.shape, 3) or not np.logical_or.reduce([one.all(-1) for one in near]).all():
        raise VerificationError(f"{name}: {COLORS_NAME} are not the colours of the map")

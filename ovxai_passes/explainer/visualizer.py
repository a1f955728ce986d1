"""From a map on a grid to a picture: resize, scale, colours, overlay. Plain numpy, all classes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.colormaps import JET, colormap_of
from ovxai_passes.explainer.lettering import letter_classes, letter_detections
from ovxai_passes.explainer.pictures import as_bhwc, in_levels, size_of
from ovxai_passes.value_checks import number
from ovxai_passes.vocabulary import Task

if TYPE_CHECKING:
    from ovxai_passes.explainer.explanation import Explanation

Array = npt.NDArray[Any]
Levels = npt.NDArray[np.uint8]

_CHANNELS = (1, 3, 4)
_LARGEST = 65535
_ROWS_AT_ONCE = 4096
_AT_ONCE = 16  # classes, so that what is computed in between stays small


def resize(saliency_map: Array, output_size: tuple[int, int]) -> Array:
    """Maps [h,w] or [K,h,w] of any type, resized bilinearly to (H, W): [H,W] or [K,H,W] of that type.

    Between the middles of cells, constant beyond the outer ones, as OpenCV's INTER_LINEAR.
    """
    maps = saliency_map[None] if saliency_map.ndim == 2 else saliency_map
    rows, columns = (_weights(cells, size) for cells, size in zip(maps.shape[1:], output_size, strict=True))
    result = np.empty((len(maps), *output_size), saliency_map.dtype)
    for start in range(0, len(maps), _AT_ONCE):
        part = maps[start : start + _AT_ONCE].astype(np.float32)
        large = np.matmul(rows, part @ columns.T)
        if np.issubdtype(saliency_map.dtype, np.integer):
            large += np.float32(0.5)
        result[start : start + len(part)] = large
    return result[0] if saliency_map.ndim == 2 else result


def _weights(cells: int, size: int) -> npt.NDArray[np.float32]:
    places = np.clip((np.arange(size) + 0.5) * cells / size - 0.5, 0, cells - 1)
    return np.maximum(0, 1 - np.abs(places[:, None] - np.arange(cells))).astype(np.float32)


def scaling(saliency_map: Array, cast_to_uint8: bool = True, max_value: int = 255) -> Array:
    """Maps [h,w] or [K,h,w], each scaled to 0..`max_value` by its least and largest value; a constant map gives 0.

    u8, truncated, or f32 without `cast_to_uint8`.
    """
    maps = saliency_map[None] if saliency_map.ndim == 2 else saliency_map
    result = np.empty(maps.shape, np.uint8 if cast_to_uint8 else np.float32)
    for start in range(0, len(maps), _AT_ONCE):
        part = maps[start : start + _AT_ONCE].astype(np.float32, copy=False)
        low = part.min((1, 2), keepdims=True)
        span = part.max((1, 2), keepdims=True) - low
        unit = part - low
        unit *= max_value / np.where(span > 0, span, np.float32(1))
        if cast_to_uint8:
            unit += np.float32(2**-12)  # a largest value just below 255 would be cut off to 254
        result[start : start + len(part)] = unit
    return result[0] if saliency_map.ndim == 2 else result


scale = scaling
"""The same function, where `scaling` is the name of an argument."""


def colormap(saliency_map: Levels, colormap_type: int | str = JET) -> Levels:
    """Levels [h,w] or [K,h,w] u8 in colours, RGB: [h,w,3] or [K,h,w,3]. Raises OptionError for types that are not u8.

    `colormap_type`: a name in `colormaps.COLORMAPS`, or OpenCV's number of one.
    """
    chosen = colormap_of(colormap_type)
    if saliency_map.dtype != np.uint8:
        raise OptionError(
            f"colours are given to maps of u8, not of {saliency_map.dtype}: scale them first (scaling=True)"
        )
    table = np.zeros((256, 4), np.uint8)
    table[:, :3] = chosen.table()
    words = table.view(np.uint32).ravel()  # one lookup a pixel
    maps = saliency_map.reshape(-1, saliency_map.shape[-1])
    result = np.empty((*maps.shape, 3), np.uint8)
    for start in range(0, len(maps), _ROWS_AT_ONCE):
        part = words[maps[start : start + _ROWS_AT_ONCE]]
        result[start : start + len(part)] = part.view(np.uint8).reshape(*part.shape, 4)[..., :3]
    return result.reshape(*saliency_map.shape, 3)


def overlay(saliency_map: Array, input_image: Array, overlay_weight: float = 0.5, cast_to_uint8: bool = True) -> Array:
    """Coloured maps [H,W,3] or [K,H,W,3] laid over a picture [H,W,C] (or a batch of one) of values 0..255, or of u16.

    `overlay_weight`: of the maps, 0 to 1.
    """
    maps = saliency_map[None] if saliency_map.ndim == 3 else saliency_map
    image = as_bhwc(input_image)[0]
    if image.shape[-1] not in _CHANNELS:
        raise OptionError(
            f"maps are laid over pictures of 1, 3 or 4 channels, not of {image.shape[-1]}: give original_input_image"
        )
    behind = in_levels(image[..., :3]).astype(np.float32) * np.float32(1 - overlay_weight)
    table = np.arange(256, dtype=np.float32) * np.float32(overlay_weight)
    result = np.empty(maps.shape, np.uint8 if cast_to_uint8 else np.float32)
    for start in range(0, len(maps), _AT_ONCE):
        part = maps[start : start + _AT_ONCE]
        above = table[part] if part.dtype == np.uint8 else part.astype(np.float32) * np.float32(overlay_weight)
        above += behind
        np.clip(above, 0, 255, out=above)
        result[start : start + len(part)] = above
    return result[0] if saliency_map.ndim == 3 else result


class Visualizer:
    """Processes the maps of an explanation, in place."""

    def __call__(self, explanation: Explanation, *args: Any, **kwargs: Any) -> Explanation:
        """The same as `visualize`."""
        return self.visualize(explanation, *args, **kwargs)

    def visualize(  # noqa: PLR0913, PLR0917  # the interface of openvino_xai
        self,
        explanation: Explanation,
        original_input_image: Array | None = None,
        output_size: tuple[int, int] | None = None,
        scaling: bool = False,
        resize: bool = True,
        colormap: bool = True,
        overlay: bool = False,
        overlay_weight: float = 0.5,
        overlay_prediction: bool = True,
    ) -> Explanation:
        """Resize to the picture (or `output_size`), scale to 0..255, colour and lay over the picture, as asked for.

        What is resized is scaled after it; `overlay` resizes and colours. Raises OptionError where there is no picture.
        """
        if not explanation.saliency_map:  # a detector that found nothing
            return explanation
        number("overlay_weight", overlay_weight, 0, 1, including=True)
        output_size = None if output_size is None else checked_size(output_size)
        keys = list(explanation.saliency_map)
        maps = np.array(list(explanation.saliency_map.values()))
        image = None if original_input_image is None else as_bhwc(original_input_image)
        if (resize or overlay) and explanation.is_gray:
            if output_size is None and image is None:
                raise OptionError(
                    "a picture or output_size says how large maps become: give one of them, or resize=False"
                )
            maps = _scaling(_resize(maps, output_size or size_of(np.asarray(image))))
        elif scaling and explanation.is_gray:
            maps = _scaling(maps)
        if (colormap or overlay) and explanation.is_gray:
            maps = _colormap(maps)
            explanation.colour()
        if overlay:
            if image is None:
                raise OptionError("maps are laid over a picture: give original_input_image")
            maps = _overlay(maps, _fitted(image[0], maps.shape[1:3]), overlay_weight)
            if overlay_prediction and explanation.task is Task.CLASSIFICATION:
                letter_classes(maps, keys, explanation.label_names, explanation.predictions or {})
            elif overlay_prediction:
                on = explanation.predicted_on or maps.shape[1:3]
                scale = (maps.shape[1] / on[0], maps.shape[2] / on[1])
                letter_detections(maps, keys, explanation.label_names, explanation.predictions or {}, scale)
        explanation.saliency_map = dict(zip(keys, maps, strict=True))
        return explanation


_resize, _scaling, _colormap, _overlay = resize, scale, colormap, overlay
"""The functions, where a parameter has their name."""


def checked_size(size: Any) -> tuple[int, int]:
    """Height and width in pixels. Raises OptionError."""
    try:
        sizes = np.atleast_1d(np.asarray(size))
    except ValueError:
        sizes = np.zeros(0)
    whole = sizes.shape == (2,) and np.issubdtype(sizes.dtype, np.integer)
    if not whole or sizes.min() < 1 or sizes.max() > _LARGEST:
        raise OptionError(f"output_size is (height, width) in pixels, 1 to {_LARGEST} each, not {size!r}")
    return int(sizes[0]), int(sizes[1])


def _fitted(image: Array, size: tuple[int, ...]) -> Array:
    """A picture [H,W,C] of the size of maps."""
    if image.shape[:2] == size:
        return image
    return _resize(np.moveaxis(image, 2, 0), (size[0], size[1])).transpose(1, 2, 0)

"""From maps on a grid to pictures: resize, scale, colours, overlay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.lettering import letter_classes, letter_detections
from ovxai_passes.pictures.arrays import as_bhwc, size_of
from ovxai_passes.pictures.blending import background, blended
from ovxai_passes.pictures.colormaps import COLORMAPS, coloured
from ovxai_passes.pictures.levels import scale
from ovxai_passes.pictures.resizing import checked_size, resize, resize_picture
from ovxai_passes.value_checks import number
from ovxai_passes.vocabulary import Task

if TYPE_CHECKING:
    from ovxai_passes.explainer.explanation import Explanation

Array = npt.NDArray[Any]
Levels = npt.NDArray[np.uint8]

_resize = resize
"""The function, where a parameter has its name."""


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

        What is resized is scaled after it, but for maps of one range for all classes. `overlay` resizes and colours.
        Raises OptionError where there is no picture.
        """
        if not explanation.saliency_map:  # a detector that found nothing
            return explanation
        number("overlay_weight", overlay_weight, 0, 1, including=True)
        size = None if output_size is None else checked_size(output_size)
        if overlay and original_input_image is None:
            raise OptionError("maps are laid over a picture: give original_input_image")
        image = None if original_input_image is None else as_bhwc(original_input_image)
        maps = list(explanation.saliency_map.values())
        if explanation.is_gray:
            if not (resize or overlay):
                size = None
            elif size is None and image is None:
                raise OptionError(
                    "a picture or output_size says how large maps become: give one of them, or resize=False"
                )
            else:
                size = size or size_of(np.asarray(image))
            scaled = scaling or (size is not None and not explanation.scaled_together)
            maps = _drawn(maps, size, scaled, colormap or overlay)
            if colormap or overlay:
                explanation.colour()
        if overlay:
            maps = _laid_over(maps, np.asarray(image)[0], overlay_weight)
            if overlay_prediction:
                _letter(explanation, maps)
        explanation.saliency_map = dict(zip(explanation.saliency_map, maps, strict=True))
        return explanation


def _drawn(maps: list[Array], size: tuple[int, int] | None, scaled: bool, in_colours: bool) -> list[Array]:
    """Grey maps [h,w], resized to `size`, scaled, and in colours, one by one: what is in between stays small."""
    table = COLORMAPS[0].table() if in_colours else None
    found = []
    for one in maps:
        large = one if size is None else _resize(one, size)
        levels = scale(large) if scaled else large
        found.append(levels if table is None else coloured(levels, table))
    return found


def _laid_over(maps: list[Array], image: Array, weight: float) -> list[Array]:
    """Maps in colours [H,W,3] u8 over a picture [H,W,C], which is resized to them."""
    behind = background(resize_picture(image, maps[0].shape[:2], "linear"))
    return [blended(one, behind, weight, np.empty_like(one)) for one in maps]


def _letter(explanation: Explanation, maps: list[Array]) -> None:
    keys, names, predictions = explanation.targets, explanation.label_names, explanation.predictions or {}
    if explanation.task is Task.CLASSIFICATION:
        letter_classes(maps, keys, names, predictions)
        return
    height, width = maps[0].shape[:2]
    on = explanation.predicted_on or (height, width)
    letter_detections(maps, keys, names, predictions, (height / on[0], width / on[1]))

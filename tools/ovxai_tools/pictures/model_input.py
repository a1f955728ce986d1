"""From a picture to a model's input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.assumed import ShapesError
from ovxai_patterns.analysis.layout import assumed_inputs, picture_axes

from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.vocabulary import ResizeType
from ovxai_tools.pictures.fitting import Fit

Picture = npt.NDArray[np.uint8]
Array = npt.NDArray[np.generic]


UNSAID = "pixels fed as 0..255 RGB; nothing says how it takes them"
"""Said of a model that is `is_unsaid`."""


def is_unsaid(model: ov.Model, preparation: Preparation) -> bool:
    """Whether nobody says how a model of real numbers takes pixels."""
    return preparation == Preparation() and model.inputs[0].get_element_type().is_real()


def preparation_notices(
    model: ov.Model, preparation: Preparation, called: str, finds_objects: bool = False
) -> tuple[str, ...]:
    """What is to be said where nobody says how a model takes pixels. `called`: the model; `finds_objects`: it does."""
    if not is_unsaid(model, preparation):
        return ()
    fitting = "; and --resize-type and --pad-value, if it does not take squashed pictures" if finds_objects else ""
    return (
        f"nothing says how {called} takes pictures, so pixels are fed as 0..255 RGB: give --preprocess, or --mean, "
        f"--scale and --bgr, if it was trained otherwise{fitting}",
    )


def as_inputs(picture: Picture, model: ov.Model, preparation: Preparation) -> list[Array]:
    """The inputs of a model for a picture: it goes to the first input that is a picture, zeros to the others."""
    takes = [picture_axes(parameter) is not None for parameter in model.get_parameters()]
    place = takes.index(True) if True in takes else 0
    return [
        as_input(picture, model, preparation, place)
        if number == place
        else np.zeros(shape, port.get_element_type().to_dtype())
        for number, (port, shape) in enumerate(zip(model.inputs, _shapes(model), strict=True))
    ]


def _with_channels(picture: Picture, channels: int) -> Picture:
    """Of RGB, grey (luma of ITU-R 601) or RGBA, opaque."""
    if channels == 1:
        weights = np.array([0.299, 0.587, 0.114], np.float32)
        return np.rint(picture @ weights).astype(np.uint8)[..., None]
    return picture if channels == 3 else np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])


def _shapes(model: ov.Model) -> list[list[int]]:
    try:
        return assumed_inputs(model)
    except ShapesError as error:
        raise OptionError(error.reason) from error


def fit_of(picture: Picture, model: ov.Model, preparation: Preparation) -> Fit:
    """How a picture lies in the first input that is one. Raises OptionError, as `PictureInput.of`."""
    takes = [picture_axes(parameter) is not None for parameter in model.get_parameters()]
    return PictureInput.of(model, preparation, takes.index(True) if True in takes else 0).fit_of(picture)


def as_input(picture: Picture, model: ov.Model, preparation: Preparation, place: int = 0) -> Array:
    """A picture RGB u8 [H,W,3] as an input of a model. Raises OptionError, as `PictureInput.of`."""
    return PictureInput.of(model, preparation, place)(picture)


@dataclass(frozen=True)
class PictureInput:
    """How an input of a model takes pictures: batch of 1 or the model's static one.

    `size`: (H, W); a dynamic height or width is what the analysis assumes, 224 where the model allows it. `mean`,
    `scale`: of each channel of the input, and `order`: which channels of the picture these are.
    """

    size: tuple[int, int]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    order: tuple[int, ...]
    resize: ResizeType
    channels_first: bool
    batch: int
    dtype: Any
    pad: int = 0

    @classmethod
    def of(cls, model: ov.Model, preparation: Preparation, place: int = 0) -> PictureInput:
        """Raises OptionError for inputs that are no picture."""
        port, parameter = model.inputs[place], model.get_parameters()[place]
        axes, shape = picture_axes(parameter), port.get_partial_shape()
        if axes is None:
            raise OptionError(f"the model's input {shape} is no picture, so no picture file can be fed to it")
        channel_axis = ({1, 2, 3} - set(axes)).pop()
        taken = _shapes(model)[place]
        channels = taken[channel_axis]
        if channels not in (1, 3, 4):
            raise OptionError(
                f"the model takes pictures of {channels} channels, and files have 1, 3 or 4: is its layout another one?"
            )
        if any(len(part) not in (1, channels) for part in (preparation.mean, preparation.scale)):
            raise OptionError(f"mean and scale take 1 or {channels} numbers each for this model")
        mean, scale = (part * (channels // len(part)) for part in (preparation.mean, preparation.scale))
        order = tuple(range(channels)[::-1] if preparation.bgr and channels == 3 else range(channels))
        dtype = port.get_element_type().to_dtype()
        size = (taken[axes[0]], taken[axes[1]])
        return cls(size, mean, scale, order, preparation.resize, channel_axis == 1, taken[0], dtype, preparation.pad)

    def fit_of(self, picture: Picture) -> Fit:
        """How a picture lies in the input."""
        return Fit.of(picture.shape[:2], self.size, self.resize, self.pad)

    def __call__(self, picture: Picture) -> Array:
        """A picture RGB u8 [H,W,3], resized and laid out."""
        pixels = _with_channels(self.fit_of(picture).onto_input(picture), len(self.order))
        planes = np.empty((len(self.order), *self.size) if self.channels_first else pixels.shape, self.dtype)
        for place, channel in enumerate(self.order):
            plane = planes[place] if self.channels_first else planes[..., place]
            plane[:] = self._as_values(pixels[..., channel], self.mean[place], self.scale[place])
        return np.repeat(planes[None], self.batch, axis=0) if self.batch > 1 else planes[None]

    def _as_values(self, levels: Picture, mean: float, scale: float) -> Array:
        if mean == 0 and scale == 1:
            return np.minimum(levels, 127) if self.dtype == np.int8 else levels
        values: Array = np.divide(levels - np.float64(mean), scale, dtype=np.float32, casting="same_kind")
        if not np.issubdtype(self.dtype, np.integer):
            return values
        return np.clip(np.rint(values), np.iinfo(self.dtype).min, np.iinfo(self.dtype).max)

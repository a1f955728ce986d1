"""From a picture to a model's input."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.assumed import ShapesError
from ovxai_patterns.analysis.layout import assumed_inputs, picture_axes

from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.rt_info import said_in

if TYPE_CHECKING:
    from PIL import Image

_NUMBER = re.compile(r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True)
class Preparation:
    """How pixels become input: `(pixels - mean) / scale`, RGB unless `bgr`; one value for all channels or one each."""

    mean: tuple[float, ...] = (0.0,)
    scale: tuple[float, ...] = (1.0,)
    bgr: bool = False

    @classmethod
    def stated(cls, mean: tuple[float, ...] | None, scale: tuple[float, ...] | None, bgr: bool) -> Preparation | None:
        """What a command line says; None where it says nothing."""
        if mean is None and scale is None and not bgr:
            return None
        return cls(mean or (0.0,), scale or (1.0,), bgr)

    @classmethod
    def from_model(cls, model: ov.Model) -> Preparation:
        """What rt_info `model_info` says (mean_values, scale_values, ...), else pixels as they are.

        Signed bytes begin 128 below pixels, so that is their mean.
        """

        def said(key: str) -> str:
            return said_in(model, "model_info", key)

        mean = tuple(float(part) for part in _NUMBER.findall(said("mean_values")))
        scale = tuple(float(part) for part in _NUMBER.findall(said("scale_values")))
        signed = any(
            picture_axes(node) is not None and node.get_element_type() == ov.Type.i8 for node in model.get_parameters()
        )
        bgr = said("reverse_input_channels").lower() in ("true", "yes", "1")
        return cls(mean or (128.0 if signed else 0.0,), scale or (1.0,), bgr)


def as_inputs(picture: Image.Image, model: ov.Model, preparation: Preparation) -> list[npt.NDArray[np.generic]]:
    """The inputs of a model for a picture: it goes to the first input that is a picture, zeros to the others."""
    takes = [picture_axes(parameter) is not None for parameter in model.get_parameters()]
    place = takes.index(True) if True in takes else 0
    return [
        as_input(picture, model, preparation, place)
        if number == place
        else np.zeros(shape, port.get_element_type().to_dtype())
        for number, (port, shape) in enumerate(zip(model.inputs, _shapes(model), strict=True))
    ]


def _shapes(model: ov.Model) -> list[list[int]]:
    try:
        return assumed_inputs(model)
    except ShapesError as error:
        raise OptionError(str(error)) from error


def as_input(
    picture: Image.Image, model: ov.Model, preparation: Preparation, place: int = 0
) -> npt.NDArray[np.generic]:
    """A picture resized (bicubic) and laid out as an input of the model asks, batch of 1 or the model's static one.

    A dynamic height or width becomes what the analysis assumes, 224 where the model allows it.

    Raises OptionError for inputs that are no picture.
    """
    port, parameter = model.inputs[place], model.get_parameters()[place]
    axes, shape = picture_axes(parameter), port.get_partial_shape()
    if axes is None:
        raise OptionError(f"the model's input {shape} is no picture: leave out --image, --preview")
    channel_axis = ({1, 2, 3} - set(axes)).pop()
    taken = _shapes(model)[place]
    height, width, channels = (taken[axis] for axis in (*axes, channel_axis))
    if channels not in (1, 3, 4):
        raise OptionError(f"the model takes pictures of {channels} channels: leave out --image, --preview")
    if any(len(part) not in (1, channels) for part in (preparation.mean, preparation.scale)):
        raise OptionError(f"mean and scale take 1 or {channels} numbers each for this model")
    sized = picture.convert("L" if channels == 1 else "RGBA" if channels == 4 else "RGB").resize((width, height))
    pixels: npt.NDArray[np.float32] = np.asarray(sized, np.float32).reshape(height, width, channels)
    if preparation.bgr and channels == 3:
        pixels = pixels[..., ::-1]
    pixels = np.divide(pixels - np.array(preparation.mean), np.array(preparation.scale), dtype=np.float32)
    laid = pixels.transpose(2, 0, 1) if channel_axis == 1 else pixels
    dtype = port.get_element_type().to_dtype()
    if np.issubdtype(dtype, np.integer):
        laid = np.clip(np.rint(laid), np.iinfo(dtype).min, np.iinfo(dtype).max)
    return np.repeat(laid[None].astype(dtype), taken[0], axis=0)

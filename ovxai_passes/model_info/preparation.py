"""How pixels become a model's input, as rt_info `model_info` says."""

from __future__ import annotations

import re
from dataclasses import dataclass

import openvino as ov
from ovxai_patterns.analysis.layout import picture_axes

from ovxai_passes.model_info.rt_info import said_in
from ovxai_passes.vocabulary import ResizeType

INFO = "model_info"
MEAN, SCALE, REVERSED = "mean_values", "scale_values", "reverse_input_channels"
RESIZE, PAD = "resize_type", "pad_value"
"""Its entries, by the names of openvino-model-api."""

_INSIDE = "embedded_processing"
_TRUE = ("true", "yes", "1")
_NUMBER = re.compile(r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True)
class Preparation:
    """How pixels become input: `(pixels - mean) / scale`, RGB unless `bgr`; one value for all channels or one each.

    Values are in the order of the model's channels. `resize`: how pictures of another size are fitted, with
    the grey level `pad` around them.
    """

    mean: tuple[float, ...] = (0.0,)
    scale: tuple[float, ...] = (1.0,)
    bgr: bool = False
    resize: ResizeType = ResizeType.STANDARD
    pad: int = 0

    @classmethod
    def from_model(cls, model: ov.Model) -> Preparation:
        """What a model says, else pixels as they are. Signed bytes begin 128 below pixels, so that is their mean."""
        mean, scale = _numbers(model, MEAN), _numbers(model, SCALE)
        signed = any(
            picture_axes(node) is not None and node.get_element_type() == ov.Type.i8 for node in model.get_parameters()
        )
        if _is_inside(model):
            return cls((128.0 if signed else 0.0,))
        bgr = said_in(model, INFO, REVERSED).lower() in _TRUE
        resize, pad = _resize(said_in(model, INFO, RESIZE)), _level(said_in(model, INFO, PAD))
        return cls(mean or (128.0 if signed else 0.0,), scale or (1.0,), bgr, resize, pad)


def is_said(model: ov.Model) -> bool:
    """Whether a model says how pixels become its input."""
    return bool(_numbers(model, MEAN) or _numbers(model, SCALE)) and not _is_inside(model)


def _is_inside(model: ov.Model) -> bool:
    """Whether what the model says of pixels is done by the network itself."""
    return said_in(model, INFO, _INSIDE).lower() in _TRUE


def _numbers(model: ov.Model, key: str) -> tuple[float, ...]:
    return tuple(float(part) for part in _NUMBER.findall(said_in(model, INFO, key)))


def _level(said: str) -> int:
    return min(int(said), 255) if said.isdecimal() else 0


def _resize(said: str) -> ResizeType:
    return ResizeType(said) if said in [one.value for one in ResizeType] else ResizeType.STANDARD

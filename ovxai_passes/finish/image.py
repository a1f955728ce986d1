"""The picture that a model sees, had back from its input.

    I[n,p,c] = clip(round(scale_c x[n,c,p] + mean_c), 0, 255)        x: the input, of which 0..255 were made

    x ─▶ Convert f32 ─▶ Multiply scale ─▶ Add mean ─▶ Clamp ─▶ Round ─▶ Transpose to channels last ─▶ Gather R, G, B

The mean and the scale are those that the model says, or is told. Without them, an input of u8 is the picture, one of i8
begins 128 below it, and of a float input the network's own first operations tell: where they subtract or divide as one
does with 0..255, it is that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.folding import Folding
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.layout import picture_axes
from ovxai_patterns.analysis.op_traits import AFFINE_TYPES
from ovxai_patterns.wording import worded

from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.ops.sizes import Picture, any_size

_CHANNELS = (1, 3, 4)
_BYTES = (ov.Type.u8, ov.Type.i8)
_LARGEST_RANGE = 16.0  # of values that a network was trained on; 0..255 are divided by more than that
_LEAST_MEAN = 2.0  # of 0..255; of 0..1 and of what is normalised already, no more than 1 is subtracted
_PASSED = ("Convert", "Interpolate")


@dataclass(frozen=True)
class InputImage:
    """How a picture is had back: `scale` and `mean` of each channel of the input, whose axis is `channel_axis`.

    `order`: the channels of the input that are red, green and blue. `as_it_is`: the input is that picture in u8.
    `reason`: how that was found.
    """

    picture: Picture
    channel_axis: int
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    order: tuple[int, ...]
    as_it_is: bool
    reason: str


@dataclass(frozen=True)
class NoImage:
    """Why the picture cannot be had back."""

    reason: str


def picture_input(graph: ModelGraph) -> Picture | None:
    """The first input that is a picture."""
    for parameter in graph.model.get_parameters():
        axes = picture_axes(parameter)
        if axes is not None:
            return Picture(graph.id_of(parameter.output(0)), axes)
    return None


def picture_parameter(picture: Picture, output: ov.Output) -> ov.Node:
    """An input of a branch for the picture, of any size and batch."""
    return any_size(output, {0, *picture.axes}, "picture")


def input_image(graph: ModelGraph, said: Preparation, is_said: bool) -> InputImage | NoImage:
    """The picture of a model. `said`: how pixels become its input; `is_said`: whether anybody says so."""
    picture = picture_input(graph)
    if picture is None:
        return NoImage("none of the model's inputs is a picture")
    output = graph.output(picture.tensor)
    axis = ({1, 2, 3} - set(picture.axes)).pop()
    dim, kind = output.get_partial_shape()[axis], output.get_element_type()
    channels = dim.get_length() if dim.is_static else 0
    if channels not in _CHANNELS:
        return NoImage(f"the input {output.get_partial_shape()} has no 1, 3 or 4 channels")
    mean, scale = (values * (channels // len(values)) for values in (said.mean, said.scale))
    order = (0,) * 3 if channels == 1 else (2, 1, 0) if said.bgr else (0, 1, 2)
    plain = not any(mean) and all(value == 1 for value in scale)
    if is_said or kind in _BYTES:
        how = "by the mean and scale that the model says" if is_said else f"in {kind.get_type_name()}"
        return InputImage(picture, axis, mean, scale, order, plain and kind == ov.Type.u8, f"the model's input {how}")
    found = _normalised_inside(graph, picture.tensor, axis)
    if found is None:
        return NoImage(
            worded(
                "nothing tells how pixels became the model's input: say how ({mean}, {scale}), or have it take them as "
                "u8 (PrePostProcessor)"
            )
        )
    return InputImage(picture, axis, mean, scale, order, False, f"the model's input of 0..255: {found}")


def image_levels(image: InputImage, value: ov.Node) -> ov.Node:
    """The picture [N,H,W,3] of an input, RGB, 0..255: whole levels in f32."""
    levels = value if value.get_output_element_type(0) == ov.Type.f32 else ops.convert(value, "f32")
    if not image.as_it_is:
        shape = [-1 if axis == image.channel_axis else 1 for axis in range(4)]
        scale, mean = (np.array(one, np.float32).reshape(shape) for one in (image.scale, image.mean))
        levels = ops.multiply(levels, ops.constant(scale)) if (scale != 1).any() else levels
        levels = ops.add(levels, ops.constant(mean)) if mean.any() else levels
        levels = ops.round(ops.clamp(levels, 0.0, 255.0), "half_to_even")
    rows, columns = image.picture.axes
    if (rows, columns) != (1, 2):
        levels = ops.transpose(levels, ops.constant([0, rows, columns, image.channel_axis]))
    if image.order == tuple(range(len(image.mean))):
        return levels
    return ops.gather(levels, ops.constant(list(image.order)), ops.constant(3))


def _normalised_inside(graph: ModelGraph, tensor: TensorId, axis: int) -> str | None:
    """What the network does first, where one does that with 0..255 only; else None.

    Along the chain of its first operations, a value is `slope * x + shift`, channel by channel.
    """
    folding = Folding(graph)
    slope, shift, names = np.ones(1), np.zeros(1), list[str]()
    while (step := _only_reader(graph, tensor)) is not None:
        place, port = step
        node, kind = graph.ops[place], graph.ops[place].get_type_name()
        others = [folding.value(source) for number, source in enumerate(graph.inputs_of(place)) if number != port]
        if kind in AFFINE_TYPES:
            by = None if others[0] is None else _by_channel(others[0], axis)
            if by is None or (port and kind in ("Subtract", "Divide")):
                break
            slope, shift = _after(kind, slope, shift, by)
        elif kind == "Transpose" and port == 0 and others[0] is not None:
            axis = [int(one) for one in others[0]].index(axis)
        elif kind == "Gather" and port == 0 and _turns_channels(node, others, axis):
            slope, shift = slope[::-1], shift[::-1]
        elif kind not in _PASSED or port:
            break
        names.append(kind)
        tensor = (place, 0)
    divided = float(255 * np.abs(slope).max()) <= _LARGEST_RANGE
    centred = bool(np.abs(shift).max() >= _LEAST_MEAN * np.abs(slope).max()) and bool(np.all(slope))
    return f"the network begins with {', '.join(names)}" if divided or centred else None


def _only_reader(graph: ModelGraph, tensor: TensorId) -> tuple[int, int] | None:
    """The operation that reads the values of a tensor, and its port; None where there are several."""
    readers = [
        entry for entry in graph.output(tensor).get_target_inputs() if entry.get_node().get_type_name() != "ShapeOf"
    ]
    return (graph.place_of(readers[0].get_node()), readers[0].get_index()) if len(readers) == 1 else None


def _by_channel(value: np.ndarray, axis: int) -> np.ndarray | None:
    """A constant as one number, or one a channel; None where it varies otherwise."""
    if value.size == 1:
        return np.asarray(value.reshape(1), np.float64)
    place = axis - 4 + value.ndim  # shapes are aligned at their ends
    if place < 0 or value.shape[place] != value.size:
        return None
    return np.asarray(value.reshape(-1), np.float64)


def _after(kind: str, slope: np.ndarray, shift: np.ndarray, by: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if kind in ("Add", "Subtract"):
        return slope, shift + (by if kind == "Add" else -by)
    factor = by if kind == "Multiply" else 1 / np.where(by == 0, np.inf, by)
    return slope * factor, shift * factor


def _turns_channels(node: ov.Node, others: Sequence[np.ndarray | None], axis: int) -> bool:
    """Whether a Gather turns the order of channels round."""
    indices, along = others[0], others[1]
    if indices is None or along is None or indices.ndim != 1:
        return False
    rank = len(node.get_input_partial_shape(0))
    return int(along) % rank == axis and indices.tolist() == list(range(indices.size))[::-1]

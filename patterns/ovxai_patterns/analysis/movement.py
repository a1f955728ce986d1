"""Operations that move elements without computing with them, run on labels instead of values."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_patterns.analysis.folding import Folding, as_tensor, keeps_size
from ovxai_patterns.analysis.graph import ModelGraph

Labels = npt.NDArray[np.int32]

_log = logging.getLogger(__name__)

_LARGEST = 1 << 25  # elements

DATA_INPUTS: dict[str, tuple[int, ...] | None] = {
    "BatchToSpace": (0,),
    "Broadcast": (0,),
    "Concat": None,
    "DepthToSpace": (0,),
    "Gather": (0,),
    "GatherElements": (0,),
    "Pad": (0, 3),
    "Reshape": (0,),
    "Reverse": (0,),
    "Roll": (0,),
    "ScatterElementsUpdate": (0, 2),
    "ScatterNDUpdate": (0, 2),
    "ScatterUpdate": (0, 2),
    "ShuffleChannels": (0,),
    "Slice": (0,),
    "SpaceToBatch": (0,),
    "SpaceToDepth": (0,),
    "Split": (0,),
    "Squeeze": (0,),
    "StridedSlice": (0,),
    "Tile": (0,),
    "Transpose": (0,),
    "Unsqueeze": (0,),
    "VariadicSplit": (0,),
}
"""Type of each movement operation → the inputs whose elements it moves (None: all); the others say where to."""


def fits(*shapes: Sequence[int]) -> bool:
    """Whether an array of the shape that these broadcast to can hold labels: up to 128 MiB of them."""
    longest = max(len(shape) for shape in shapes)
    aligned = [(*([1] * (longest - len(shape))), *shape) for shape in shapes]
    return math.prod(max(sizes) for sizes in zip(*aligned, strict=True)) <= _LARGEST


def is_movement(node: ov.Node) -> bool:
    """Whether a node only moves elements."""
    return node.get_type_name() in DATA_INPUTS


def collapse(labels: Labels) -> Labels:
    """The same labels with size 1 along each axis on which they do not vary."""
    for axis, size in enumerate(labels.shape):
        if size > 1:
            first = labels.take([0], axis)
            if (labels == first).all():
                labels = first
    return labels


def move(
    graph: ModelGraph, folding: Folding, place: int, labels: list[Labels | None], fill: int
) -> list[Labels] | None:
    """The labels of a movement operation's outputs, collapsed, or None where they cannot be told.

    `labels` are those of the operation's inputs (None: all elements carry `fill`; padding carries it as well), each of
    the input's rank, with size 1 where they do not vary. The operation itself is run on them, so no operation needs
    code of its own here.
    """
    node = graph.ops[place]
    if node.get_type_name() == "SpaceToBatch" and _pads(node, graph, folding):
        return None  # it would pad labels by 0, which is a position
    moved = DATA_INPUTS[node.get_type_name()]
    tensors = []
    for port, source in enumerate(graph.inputs_of(place)):
        if moved is None or port in moved:
            shape = node.input(port).get_partial_shape()
            if shape.is_dynamic or not fits(shape.to_shape()):
                return None
            known = labels[port]
            full = np.broadcast_to(np.int32(fill) if known is None else known, tuple(shape.to_shape()))
            tensors.append(as_tensor(full))
        else:
            value = folding.value(source)
            if value is None:
                return None
            tensors.append(as_tensor(value))
    made = [output.get_partial_shape() for output in node.outputs()]
    if any(shape.is_dynamic or not fits(shape.to_shape()) for shape in made) or not keeps_size(node):
        return None
    if node.get_type_name() == "Roll":  # the one movement operation without a reference implementation
        data, shift, axes = (tensor.data for tensor in tensors)
        return [collapse(np.roll(data, np.broadcast_to(shift, axes.shape).tolist(), axes.tolist()))]
    results = [ov.Tensor(ov.Type.i32, output.get_shape()) for output in node.outputs()]
    try:
        done = node.evaluate(results, tensors)
    except RuntimeError as error:
        _log.debug("%s cannot be run on labels: %s", node.get_type_name(), error)
        return None
    return [np.array(collapse(result.data)) for result in results] if done else None


def _pads(node: ov.Node, graph: ModelGraph, folding: Folding) -> bool:
    """Whether a SpaceToBatch adds elements, or may."""
    added = [folding.value(source) for source in graph.inputs_of(graph.place_of(node))[2:]]
    return any(value is None or value.any() for value in added)

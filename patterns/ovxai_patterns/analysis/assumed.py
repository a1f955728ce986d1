"""Shapes that a model leaves open: what is assumed for them, and what the first convolution says of them.

Positions are told on static shapes. A dynamic batch becomes 1 and a dynamic height or width 224, or the nearest size
that the dimension's bounds allow; where the network takes no picture of that size (a matrix over all positions, a table
of position embeddings), the usual other sizes are tried. Dynamic channels are those of the kernel that reads them
first.
"""

from __future__ import annotations

import math

import openvino as ov

from ovxai_patterns.analysis.folding import keeps_size
from ovxai_patterns.analysis.op_traits import CHANNEL_KEEPING_TYPES, LEARNED_CONVOLUTION_TYPES
from ovxai_patterns.wording import Named, worded

ASSUMED_SIZE = 224
"""Pixels of a dynamic height or width, where bounds and network allow."""

_OTHER_SIZES = (32, 64, 96, 128, 160, 192, 256, 288, 299, 320, 384, 416, 448, 512, 640, 28, 16, 8)
_LARGEST_TENSOR = 1 << 36  # elements: 256 GiB of f32

HOW_TO_STATE = Named("shape", "1,3,224,224", called="model.reshape")
"""How shapes are stated, for messages."""


class ShapesError(RuntimeError):
    """The shapes of a model do not go together, or no machine holds its tensors. `reason`: a whole sentence."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def within(dimension: ov.Dimension, wanted: int) -> int:
    """The size of a dimension: its own where it is static, else the one nearest to `wanted` that its bounds allow."""
    if dimension.is_static:
        return int(dimension.get_length())
    highest = dimension.get_max_length()
    at_most = wanted if highest < 0 else min(wanted, highest)
    return int(max(at_most, dimension.get_min_length()))


def first_convolution(parameter: ov.Node) -> tuple[int, int] | None:
    """(axis, size) of the channels of an input of rank 4, as the first convolution reads them; None where none does.

    Followed through transposes and operations that leave channels alone.
    """
    open_ends: list[tuple[ov.Node, tuple[int, ...]]] = [(parameter, (0, 1, 2, 3))]
    seen = {parameter.get_name()}
    while open_ends:
        node, axes = open_ends.pop(0)
        for reader in node.output(0).get_target_inputs():
            after, kind = reader.get_node(), reader.get_node().get_type_name()
            if kind in LEARNED_CONVOLUTION_TYPES and reader.get_index() == 0:
                kernel = after.input(1).get_partial_shape()
                if kernel.is_static and len(kernel) == (4 if kind == "Convolution" else 5):
                    sizes = kernel.to_shape()
                    return axes[1], sizes[1] if kind == "Convolution" else sizes[0] * sizes[2]
            if kind == "Transpose" and reader.get_index() == 0:
                order = after.input_value(1).get_node()
                if order.get_type_name() != "Constant" or sorted(order.get_data().tolist()) != [0, 1, 2, 3]:
                    continue
                following = tuple(axes[int(axis)] for axis in order.get_data())
            elif kind in CHANNEL_KEEPING_TYPES and _has_rank(after, 4):
                following = axes
            else:
                continue
            if after.get_name() not in seen:
                seen.add(after.get_name())
                open_ends.append((after, following))
    return None


def _has_rank(node: ov.Node, rank: int) -> bool:
    shape = node.get_output_partial_shape(0)
    return bool(shape.rank.is_static and len(shape) == rank)


def assumed_shape(parameter: ov.Node, spatial: tuple[int, ...], size: int = ASSUMED_SIZE, batch: int = 1) -> list[int]:
    """A static shape for an input of static rank.

    `spatial`: its height and width, where it is a picture. `batch`: of whatever else is dynamic, but for channels.
    """
    shape = list(parameter.get_partial_shape())
    wanted = [size if axis in spatial else batch for axis in range(len(shape))]
    if spatial:
        (channels,) = {1, 2, 3} - set(spatial)
        convolution = first_convolution(parameter) if shape[channels].is_dynamic else None
        wanted[channels] = convolution[1] if convolution is not None and convolution[0] == channels else 3
    return [within(dim, one) for dim, one in zip(shape, wanted, strict=True)]


def make_static(model: ov.Model, spatial: list[tuple[int, ...]], other_sizes: bool = True) -> None:
    """Give a model static shapes, in place; operations keep their places. Raises ShapesError where none go together.

    `spatial`: for each input, the axes of height and width, or none where it is no picture. `other_sizes`: whether
    others than the assumed size are tried. An input of dynamic rank is left as it is.
    """
    inputs = [
        (parameter, axes)
        for parameter, axes in zip(model.get_parameters(), spatial, strict=True)
        if parameter.get_partial_shape().rank.is_static
    ]
    sizes = (ASSUMED_SIZE, *(_OTHER_SIZES if other_sizes else ()))
    tried = [[assumed_shape(*one, size) for one in inputs] for size in sizes]
    different = [shapes for number, shapes in enumerate(tried) if shapes not in tried[:number]]
    parameters = [parameter for parameter, _ in inputs]
    refused, taken = list[RuntimeError](), list[list[list[int]]]()
    for shapes in different:
        try:
            _give(model, parameters, shapes)
        except RuntimeError as error:
            refused.append(error)
            continue
        if _keeps_batch(model, shapes):
            taken = [shapes]
            break
        taken.append(shapes)
    if not taken:
        reason = str(refused[0]).strip().splitlines()[-1]
        said = "the model has no consistent shapes yet; give it static ones first ({how}): {reason}"
        raise ShapesError(worded(said, how=HOW_TO_STATE, reason=reason))
    _give(model, parameters, taken[0])
    _check_sizes(model)


def _give(model: ov.Model, parameters: list[ov.Node], shapes: list[list[int]]) -> None:
    for parameter, shape in zip(parameters, shapes, strict=True):
        parameter.set_partial_shape(ov.PartialShape(shape))
    # Not `model.reshape`: it rewrites Reshapes on the way and so shifts the places of operations.
    model.validate_nodes_and_infer_types()
    _check_reshapes(model)


def _keeps_batch(model: ov.Model, shapes: list[list[int]]) -> bool:
    """Whether some output has as many rows as some input: a Reshape [-1,C*h*w] takes other sizes for a larger batch."""
    outputs = [port.get_partial_shape() for port in model.outputs]
    rows = {shape[0].get_length() for shape in outputs if len(shape) and shape[0].is_static}
    return bool(rows & {shape[0] for shape in shapes if shape})


def _check_reshapes(model: ov.Model) -> None:
    for node in model.get_ops():
        if not keeps_size(node):
            shapes = node.get_input_partial_shape(0), node.get_output_partial_shape(0)
            raise RuntimeError(f"{node.get_friendly_name()} would reshape {shapes[0]} to {shapes[1]}")


def _check_sizes(model: ov.Model) -> None:
    for node in model.get_ordered_ops():
        for output in node.outputs():
            shape = output.get_partial_shape()
            if shape.is_static and math.prod(shape.to_shape()) > _LARGEST_TENSOR:
                raise ShapesError(
                    f"the model cannot be run: {node.get_friendly_name()} ({node.get_type_name()}) makes a tensor of "
                    f"shape {shape}; check its padding and sizes"
                )

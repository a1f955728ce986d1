"""Concat and Split: the gradient of the one is the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.gradients.context import Context, Tensor, ints, output_of, rank_of, size_of


def concat(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """A piece of g for each input."""
    (gradient,) = cotangents
    axis = int(node.get_attributes()["axis"]) % rank_of(node)
    sizes = [size_of(value, axis) for value in node.input_values()]
    if sizes.count(None) <= 1:
        lengths = ints([-1 if size is None else size for size in sizes])
    else:
        lengths = context.concat([context.sizes(value, [axis]) for value in node.input_values()])
    pieces = ops.variadic_split(gradient, ops.constant(np.int64(axis + context.lead)), lengths)
    return [piece if context.needs(node, port) else None for port, piece in enumerate(pieces.outputs())]


def split(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """The pieces' gradients one behind the other, zeros for those that have none."""
    axis = int(context.known(node, 1, "its axis").item()) % rank_of(node.input_value(0))
    some = next(cotangent for cotangent in cotangents if cotangent is not None)
    element = output_of(some).get_element_type()
    pieces = [
        context.zeros(output, element) if cotangent is None else cotangent
        for output, cotangent in zip(node.outputs(), cotangents, strict=True)
    ]
    return [ops.concat(pieces, axis + context.lead)]


RULES = {"Concat": concat, "Split": split, "VariadicSplit": split}

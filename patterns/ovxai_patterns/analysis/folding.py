"""Values that are known before any inference: constants, shapes, and what is computed from them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.op_traits import VARYING_TYPES

Known = npt.NDArray[np.generic]
"""A small value that is known before any inference."""

_LARGEST = 1 << 16  # elements: axes, shapes and indices, never weights


class Folding:
    """Looks up the value of small tensors of a model, computing shape chains (ShapeOf, Range, Gather, ...) on the way.

    Such chains stand where other formats have plain axes: ONNX pooling reduces over `Range(2, rank)`.
    """

    def __init__(self, graph: ModelGraph, known: Mapping[TensorId, Known] | None = None) -> None:
        """`known`: values of inputs that are told from elsewhere."""
        self._graph = graph
        self._known: dict[TensorId, Known | None] = dict(known or {})

    def value(self, tensor: TensorId) -> npt.NDArray[np.generic] | None:
        """The value, or None where it depends on the input or is not small."""
        if tensor not in self._known:
            self._known[tensor] = self._compute(tensor)
        return self._known[tensor]

    def _compute(self, tensor: TensorId) -> npt.NDArray[np.generic] | None:
        output = self._graph.output(tensor)
        node, shape = output.get_node(), output.get_partial_shape()
        if shape.is_dynamic or np.prod(shape.to_shape(), dtype=np.int64) > _LARGEST:
            return None
        kind = node.get_type_name()
        if kind == "Constant":
            return np.array(node.get_data())
        if kind == "ShapeOf":
            source = node.input(0).get_partial_shape()
            return None if source.is_dynamic else np.array(source.to_shape(), output.get_element_type().to_dtype())
        if kind in VARYING_TYPES:
            return None
        inputs = [self.value(source) for source in self._graph.inputs_of(tensor[0])]
        known = [value for value in inputs if value is not None]
        if len(known) < len(inputs):
            return None
        if not keeps_size(node):
            return None
        results = [ov.Tensor(entry.get_element_type(), entry.get_shape()) for entry in node.outputs()]
        try:
            done = node.evaluate(results, [as_tensor(value) for value in known])
        except RuntimeError:  # an operation without a reference implementation
            return None
        return np.array(results[tensor[1]].data) if done else None


def keeps_size(node: ov.Node) -> bool:
    """Whether a Reshape's result holds as many elements as its input, as far as that is known; others are all right.

    Shape inference takes a Reshape that copies axes for consistent whatever the others hold; running it then would
    write past the end of its result.
    """
    if node.get_type_name() != "Reshape":
        return True
    sizes = [output.get_partial_shape() for output in (node.input_value(0), node.output(0))]
    return any(size.is_dynamic for size in sizes) or len({int(np.prod(size.to_shape())) for size in sizes}) == 1


def as_tensor(value: npt.NDArray[np.generic]) -> ov.Tensor:
    """A copy of an array as a tensor; keeps rank 0, which `np.ascontiguousarray` would turn into rank 1."""
    return ov.Tensor(np.array(value, order="C"))

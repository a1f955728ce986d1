"""Which dynamic sizes are never 1, told by shape inference with sizes put in.

Whether two dynamic sizes are equal or one of them is broadcast is not in their partial shapes. A size that grows with
the batch or the picture is one that is not broadcast: shapes are inferred for a batch of 3, and pictures as large as
the network takes.
"""

from __future__ import annotations

from functools import cached_property

import openvino as ov
from ovxai_patterns.analysis.assumed import within
from ovxai_patterns.analysis.graph import ModelGraph

_BATCH = 3
_SIDES = (224, 64, 512, 32, 8)


class Probe:
    """Shapes of the tensors of a model with dynamic sizes, for one choice of them."""

    def __init__(self, graph: ModelGraph) -> None:
        self._graph = graph

    def is_never_one(self, output: ov.Output, axis: int) -> bool:
        """Whether a dynamic size is larger than 1 for the sizes put in; False where that is not known."""
        graph = self._sized
        if graph is None:
            return False
        dim = graph.output(self._graph.id_of(output)).get_partial_shape()[axis]
        return bool(dim.is_static and dim.get_length() > 1)

    @cached_property
    def _sized(self) -> ModelGraph | None:
        for side in _SIDES:
            clone = self._graph.model.clone()
            for parameter in clone.get_parameters():
                shape = parameter.get_partial_shape()
                if shape.rank.is_static:
                    sizes = [within(dim, side if axis else _BATCH) for axis, dim in enumerate(shape)]
                    parameter.set_partial_shape(ov.PartialShape(sizes))
            try:
                clone.validate_nodes_and_infer_types()
            except RuntimeError:
                continue
            return ModelGraph(clone)
        return None

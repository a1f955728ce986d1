"""The head with only those rows after the mixing of positions that the class scores read.

Finds the tensors in which positions are mixed already and of which only a few rows are read (class, distillation
tokens), slices these rows there and lets the Slices sink to where positions are not mixed yet.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from ovxai_patterns.folding import Folding
from ovxai_patterns.graph import ModelGraph, TensorId
from ovxai_patterns.influence import Influence
from ovxai_patterns.site import Site

from ovxai_passes.head import Head
from ovxai_passes.mapping.context import still
from ovxai_passes.rewrites.reading import put_slices
from ovxai_passes.rewrites.sink_rows import sink_rows


def narrowed(site: Site, head: Head) -> Head:
    """A head of the same values that computes fewer rows; `head` is left as it is."""
    clone = head.clone()
    graph = ModelGraph(clone.model)
    mixed = mixed_tensors(site, head)
    names = {graph.ops[place].get_name() for place, _ in mixed}
    slices = put_slices(graph, mixed)
    known = {node.get_name() for node in graph.ops}
    sink_rows(clone.model, slices, lambda output: _stays(output, names, known))
    clone.model.validate_nodes_and_infer_types()
    return clone


def _stays(output: ov.Output, mixed: set[str], known: set[str]) -> bool:
    """Whether a Slice stays on a tensor: one of the head's own in which positions are not mixed."""
    name = output.get_node().get_name()
    return name in known and name not in mixed


def mixed_tensors(site: Site, head: Head) -> set[TensorId]:
    """Tensors of the head in which two positions meet: both marks reach one element."""
    graph = ModelGraph(still(head.model))
    mask = graph.id_of(graph.model.get_parameters()[1].output(0))
    influence = Influence(graph, Folding(graph))
    ids = site.positions.ids
    first, second = (influence.reached(mask, (ids == cell).astype(np.int32)) for cell in (0, 1))
    return {tensor for tensor, marks in first.items() if tensor in second and (marks & second[tensor]).any()}

"""The head with only those rows after the mixing of positions that the class scores read.

Finds the tensors in which positions are mixed already and of which only a few rows are read (class, distillation
tokens), slices these rows there and lets the Slices sink to where positions are not mixed yet. Keys and values of which
some rows are mixed and others are not are split in the same way.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.influence import Influence
from ovxai_patterns.analysis.movement import Labels
from ovxai_patterns.classifier.site import Site

from ovxai_passes.head.cut import Head
from ovxai_passes.mapping.values import AnyGridError
from ovxai_passes.rewrites.reading import put_slices
from ovxai_passes.rewrites.sink_rows import sink_rows
from ovxai_passes.rewrites.split_products import split_products


def narrowed(site: Site, head: Head) -> Head:
    """A head of the same values that computes fewer rows; `head` is left as it is.

    Raises AnyGridError where the head takes any grid: which rows are read is told by their numbers.
    """
    clone = head.clone()
    graph = ModelGraph(clone.model)
    mixed = mixed_elements(site, head)
    names = {graph.ops[place].get_name() for place, _ in mixed}
    marks = {(graph.ops[place].get_name(), port): found for (place, port), found in mixed.items()}
    slices = put_slices(graph, mixed, mixed)
    slices |= split_products(clone.model, marks)
    if slices and head.any_grid:
        raise AnyGridError("rows are read by their numbers (a class token)")
    known = {node.get_name() for node in graph.ops} - clone.above
    sink_rows(clone.model, slices, lambda output: _stays(output, names, known))
    clone.model.validate_nodes_and_infer_types()
    return clone


def _stays(output: ov.Output, mixed: set[str], known: set[str]) -> bool:
    """Whether a Slice stays on a tensor: one of the original's own in which positions are not mixed."""
    name = output.get_node().get_name()
    return name in known and name not in mixed


def mixed_elements(site: Site, head: Head) -> dict[TensorId, Labels]:
    """Tensors of the head in which two positions meet, and marks of the elements that both reach."""
    graph, folding = head.analysed()
    mask = graph.id_of(graph.model.get_parameters()[1].output(0))
    influence = Influence(graph, folding)
    ids = site.positions.ids
    first, second = (influence.reached(mask, (ids == cell).astype(np.int32)) for cell in (0, 1))
    both = {tensor: marks & second[tensor] for tensor, marks in first.items() if tensor in second}
    return {tensor: marks for tensor, marks in both.items() if marks.any()}

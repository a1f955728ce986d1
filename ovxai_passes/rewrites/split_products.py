"""Products with a matrix of which some rows only are mixed are split there.

    Before:  q · [K_class; K_x]ᵀ           softmax(...) · [V_class; V_x]
    After:   [q · K_classᵀ, q · K_xᵀ]      p_class · V_class + p_x · V_x

A class-attention block attends to its class token and to the positions. After an earlier such block the class token
depends on all positions and the others still are rows of one position each; as one tensor they would be computed for
every mask. The rows of keys and values are Slices, to be passed up (`sink_rows`) to where they were joined.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.movement import Labels
from ovxai_patterns.analysis.op_traits import ATTENTION_TYPES, PRODUCT_TYPES

from ovxai_passes.ops.constants import constant_like
from ovxai_passes.rewrites.sinking import RowRange

_MOST_PIECES = 4


Marks = Mapping[tuple[str, int], Labels]
"""(Unique name of an operation, output port) → marks of the elements in which positions are mixed."""


def split_products(model: ov.Model, mixed: Marks) -> set[str]:
    """Split the products of a model in place; returns the unique names of the Slices that can be passed up."""
    slices: list[ov.Node] = []
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        if kind not in PRODUCT_TYPES:
            continue
        right = node.input_value(1)
        flipped = kind in ATTENTION_TYPES or bool(node.get_attributes()["transpose_b"])
        found = _pieces(right, mixed)
        if found is None:
            continue
        axis, pieces = found
        rank = len(right.get_partial_shape())
        joined = axis == (rank - 2 if flipped else rank - 1)
        if kind == "MatMul":
            made = _concatenated(node, axis, pieces, slices) if joined else _summed(node, axis, pieces, slices)
        elif joined and _is_plain(node):
            made = _attention(node, pieces, slices)
        else:
            continue
        node.output(0).replace(made)
    return {node.get_name() for node in slices}


def _pieces(output: ov.Output, mixed: Marks) -> tuple[int, list[tuple[int, int]]] | None:
    """One of the last two axes, and its ranges of entries that are all mixed, or all not; None where none parts so."""
    marks = mixed.get((output.get_node().get_name(), output.get_index()))
    rank = len(output.get_partial_shape())
    if marks is None or marks.ndim != rank:
        return None
    axes = [axis for axis, size in enumerate(marks.shape) if size > 1]
    if len(axes) != 1 or axes[0] < rank - 2:
        return None
    flags = marks.reshape(-1)
    pieces = list(pairwise([0, *(np.flatnonzero(np.diff(flags)) + 1).tolist(), flags.size]))
    return (axes[0], pieces) if len(pieces) <= _MOST_PIECES else None


def _is_plain(attention: ov.Node) -> bool:
    """Whether an attention has no mask but a bias."""
    inputs = attention.input_values()
    biased = len(inputs) < 4 or inputs[3].get_element_type().is_real()
    return biased and not attention.get_attributes()["causal"]


def _rows(output: ov.Output, axis: int, pieces: list[tuple[int, int]], slices: list[ov.Node]) -> list[ov.Node]:
    made = [RowRange(axis, start, stop).anew(output, axis) for start, stop in pieces]
    slices += made
    return made


def _concatenated(node: ov.Node, axis: int, pieces: list[tuple[int, int]], slices: list[ov.Node]) -> ov.Output:
    left, right = node.input_values()
    attributes = node.get_attributes()
    products = [
        ops.matmul(left, piece, attributes["transpose_a"], attributes["transpose_b"])
        for piece in _rows(right, axis, pieces, slices)
    ]
    return ops.concat(products, len(node.get_output_partial_shape(0)) - 1).output(0)


def _summed(node: ov.Node, axis: int, pieces: list[tuple[int, int]], slices: list[ov.Node]) -> ov.Output:
    left, right = node.input_values()
    attributes = node.get_attributes()
    along = len(left.get_partial_shape()) - (2 if attributes["transpose_a"] else 1)
    total: ov.Node | None = None
    for (start, stop), piece in zip(pieces, _rows(right, axis, pieces, slices), strict=True):
        weights = RowRange(along, start, stop).anew(left, along)
        term = ops.matmul(weights, piece, attributes["transpose_a"], attributes["transpose_b"])
        total = term if total is None else ops.add(total, term)
    assert total is not None, "a tensor has at least one piece"
    return total.output(0)


def _attention(node: ov.Node, pieces: list[tuple[int, int]], slices: list[ov.Node]) -> ov.Output:
    query, keys, values, *others = node.input_values()
    width = query.get_partial_shape()[len(query.get_partial_shape()) - 1].get_length()
    scale = others[1] if len(others) > 1 else constant_like(np.array(width**-0.5), query.get_element_type())
    scaled = ops.multiply(query, scale)
    rank = len(keys.get_partial_shape())
    products = [ops.matmul(scaled, piece, False, True) for piece in _rows(keys, rank - 2, pieces, slices)]
    scores = ops.concat(products, rank - 1)
    biased = ops.add(scores, others[0]) if others else scores
    weights = ops.softmax(biased, rank - 1)
    return _summed(ops.matmul(weights, values, False, False), rank - 2, pieces, slices)

"""The class scores as if the whole picture looked like one position.

    R[n,k,p] = head(the feature map with F_n[p] at every position)[k]

    F ─▶ rows [N,P,C] ─▶ Reshape [N*P,C,1,1] (▶ Broadcast to the grid?) ─▶ head ─▶ [N*P,K] ─▶ Reshape, Transpose ─▶ R

Positions become pictures of the batch. A Reshape that holds the batch, as converters write it, is opened to any. A head
that only pools positions says the same of a grid of one, which is tried when the branch is built, as is the batch;
the pooling is left out then, others get the whole grid. Needs a head that reads nothing but the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops
from openvino.passes import Manager
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.classifier.site import Site

from ovxai_passes.head.cut import Head
from ovxai_passes.mapping.rows import as_map, as_rows, in_raster_order
from ovxai_passes.mapping.values import NoRuleError
from ovxai_passes.mapping.weights import telling_input
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.constants import constant_like
from ovxai_passes.ops.nodes import is_constant
from ovxai_passes.ops.precision import F32
from ovxai_passes.ops.sizes import sizes_of
from ovxai_passes.rewrites.idle_reductions import IdleReductions

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class _Scorer:
    """Asks a head about drawn features, at f32; compiled at the first."""

    model: ov.Model

    def __call__(self, feature: Floats, weights: Floats) -> Floats:
        kinds = [node.get_element_type().to_dtype() for node in self.model.get_parameters()]
        return np.array(self._compiled([feature.astype(kinds[0]), weights.astype(kinds[1])])[0], np.float32)

    @cached_property
    def _compiled(self) -> ov.CompiledModel:
        return ov.compile_model(self.model, "CPU", F32)


def filled_scores(site: Site, head: Head) -> Branch:
    """Branch target → R [N,K,h,w] f32; `head` is cloned, not changed. Raises NoRuleError, AnyGridError."""
    if head.sides:
        raise NoRuleError("the head reads more than the target, so it is not asked about one position everywhere")
    alone = _Scorer(head.model)
    model = _of_any_batch(head, alone)
    inner, mask = model.get_parameters()
    positions, grid = site.positions, site.grid_source
    feature = ops.parameter(inner.get_partial_shape(), inner.get_element_type(), name="target")
    inputs: dict[TensorId, ov.Node] = {site.target: feature}
    rows = as_rows(feature, positions)
    value = ops.transpose(rows.value, ops.constant([0, 2, 1])) if rows.channels_first else rows.value
    value = in_raster_order(value, positions, grid)
    ids = positions.ids
    sides = [dim.get_length() if dim.is_static else 1 for dim in list(inner.get_partial_shape())[1:]]
    one = [-1, *(1 if ids.shape[axis] > 1 else size for axis, size in enumerate(sides, 1))]
    filled: ov.Node = ops.reshape(value, ops.constant(one), False)
    is_one = head.any_grid and _says_the_same_of_one(head, alone)
    if not is_one:
        shape = ops.concat([sizes_of(filled, [0]), sizes_of(feature, list(range(1, ids.ndim)))], 0)
        filled = ops.broadcast(filled, shape)
    inner.output(0).replace(filled.output(0))
    mask.output(0).replace(constant_like(np.ones(ids.ndim * [1]), mask.get_element_type()).output(0))
    scores = model.get_results()[0].input_value(0)
    classes = ops.constant([site.scores.classes])
    by_row = ops.reshape(scores, ops.concat([ops.constant([-1]), sizes_of(value, [1]), classes], 0), False)
    by_class = ops.transpose(by_row, ops.constant([0, 2, 1]))
    if head.any_grid:
        telling = inputs.setdefault(grid.tensor, telling_input(site, head))
        saliency = as_map(by_class, telling, positions, grid, per_class=True)
    else:  # whoever gives such a head guards its grid
        saliency = ops.reshape(by_class, ops.constant([0, 0, *positions.grid]), special_zero=True).output(0)
    branch = ov.Model([ops.result(saliency)], list(inputs.values()), "branch")
    if is_one:
        branch.validate_nodes_and_infer_types()  # the sizes behind what was put in place of the input
        manager, idle = Manager(), IdleReductions()
        manager.register_pass(idle)
        manager.run_passes(branch)
    return Branch(branch, tuple(inputs))


def _of_any_batch(head: Head, alone: _Scorer) -> ov.Model:
    """A copy of the head that takes any batch. Raises NoRuleError where it says something else of several rows then.

    `alone`: asks the head as it is.
    """
    model = head.model.clone()
    inner = model.get_parameters()[0]
    batch = head.shapes[0][0]
    graph = ModelGraph(model)
    for place in sorted(graph.from_parameters):
        node = graph.ops[place]
        if node.get_type_name() == "Reshape" and is_constant(node.input_value(1)):
            pattern = np.array(node.input_value(1).get_node().get_data())
            if pattern.size and pattern[0] == batch:
                pattern[0] = 0
                opened = ops.reshape(node.input_value(0), ops.constant(pattern), special_zero=True)
                node.output(0).replace(opened.output(0))
    inner.set_partial_shape(ov.PartialShape([ov.Dimension(), *list(inner.get_partial_shape())[1:]]))
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((2 * batch, *head.shapes[0][1:])).astype(np.float32)
    weights = np.ones(head.shapes[1], np.float32)
    try:
        model.validate_nodes_and_infer_types()
        together = _Scorer(model)(rows, weights)
        apart = [alone(rows[first : first + batch], weights) for first in (0, batch)]
    except (RuntimeError, TypeError) as error:  # shapes that do not go together; bf16, which numpy lacks
        raise NoRuleError("the head takes one batch, and positions cannot be pictures of it") from error
    if not np.allclose(together, np.concatenate(apart), rtol=1e-4, atol=1e-4 * float(np.abs(together).max())):
        raise NoRuleError("the head mixes the pictures of a batch")
    return model


def _says_the_same_of_one(head: Head, alone: _Scorer) -> bool:
    """Whether the head says of one position what it says of a grid of positions that are all alike."""
    shape = head.shapes[0]
    dims = head.model.get_parameters()[1].get_partial_shape()
    one = [1 if dims[axis].is_dynamic else size for axis, size in enumerate(shape)]
    row = np.random.default_rng(0).standard_normal(one).astype(np.float32)
    found = []
    try:
        for size in (one, shape):
            weights = np.ones([size[axis] if dims[axis].is_dynamic else 1 for axis in range(len(size))], np.float32)
            found.append(alone(np.broadcast_to(row, size), weights))
    except (RuntimeError, TypeError):  # a grid of one does not go through; bf16, which numpy lacks
        return False
    return np.allclose(found[0], found[1], rtol=1e-4, atol=1e-4 * float(np.abs(found[1]).max()))

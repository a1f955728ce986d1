"""The scores of the empty feature map, which say nothing for a class and nothing against it.

    Z[n,k] = head(F_n, m_0)[k],   m_0: 0 at every position, 1 at kept tokens
    map    = S[n,k,p] - Z[n,k]

    F ─▶ ShapeOf ─▶ m_0 ─┐
    F ──────────────────▶ head ─▶ Z [N,K] ─▶ Unsqueeze ─▶ Subtract from S

Where nothing but the target goes into the head and no token is kept, Z is the same for every picture: the head is run
once when the branch is built, and Z is a constant.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.positions import NOWHERE
from ovxai_patterns.classifier.site import Site
from ovxai_patterns.wording import worded

from ovxai_passes.errors import TargetNotFoundError
from ovxai_passes.head.cut import Head
from ovxai_passes.mapping.weights import kept_in_front
from ovxai_passes.ops.branch import Branch, combined
from ovxai_passes.ops.constants import constant_like
from ovxai_passes.ops.precision import F32
from ovxai_passes.ops.sizes import sizes_of

Floats = npt.NDArray[np.float32]


def empty_scores(site: Site, head: Head) -> Branch:
    """A branch of Z [N,K], or [1,K], instead of a map; `head` is cloned, not changed.

    Raises TargetNotFoundError where Z is not finite, as behind a norm without an epsilon.
    """
    model = head.model.clone()
    feature, mask, *sides = model.get_parameters()
    mask.output(0).replace(_nothing(site, head, feature).output(0))
    empty = ov.Model(model.get_results(), [feature, *sides], "empty")
    empty.validate_nodes_and_infer_types()
    values = _drawn(empty, head)
    if not all(np.isfinite(one).all() for one in values):
        raise TargetNotFoundError(
            worded(
                "the class scores of an empty feature map are not finite, as behind a norm without an epsilon, so "
                "there is no zero to scale from: use {scaling=map}, or another target layer ({target_layer})"
            )
        )
    if values and not head.sides and np.array_equal(values[0][:1], values[1][:1]):
        known = ops.constant(np.array(values[0][:1], np.float32))
        return Branch(ov.Model([ops.result(known)], [], "empty"), ())
    return Branch(empty, (site.target, *head.sides))


def beyond(branch: Branch, empty: Branch) -> Branch:
    """The branch of S - Z; `branch`: of S, `empty`: of Z."""
    return combined(branch, empty, less_empty)


def less_empty(values: ov.Output | ov.Node, zero: ov.Output | ov.Node) -> ov.Node:
    """Values [N,K,h,w] less what is [N,K], or [1,K], of the empty feature map."""
    return ops.subtract(values, ops.unsqueeze(zero, ops.constant([2, 3])))


def _nothing(site: Site, head: Head, feature: ov.Node) -> ov.Node:
    """m_0 of the shape and type of the head's mask; of a dynamic one that of the feature map at inference."""
    mask = head.model.get_parameters()[1]
    ids = site.positions.ids
    if not head.any_grid:
        return constant_like(np.where(ids == NOWHERE, 1, 0), mask.get_element_type())
    places = [axis for axis, size in enumerate(ids.shape) if size > 1]
    others = [axis for axis in range(ids.ndim) if axis not in places]
    ones = ops.constant(np.ones(len(others), np.int64))
    shape = ops.scatter_update(ops.shape_of(feature, "i64"), ops.constant(others), ones, ops.constant(0))
    made: ov.Node = ops.broadcast(ops.constant(np.float32(0)), shape)
    kept = kept_in_front(ids)
    if kept:  # tokens lie along one axis
        count = ops.squeeze(sizes_of(feature, places), ops.constant([0]))
        numbers = ops.range(ops.constant(0), count, ops.constant(1), "i64")
        tokens = ops.convert(ops.less(numbers, ops.constant(np.int64(kept))), "f32")
        made = ops.reshape(tokens, shape, False)
    return made if mask.get_element_type() == ov.Type.f32 else ops.convert(made, mask.get_element_type())


def _drawn(empty: ov.Model, head: Head) -> list[Floats]:
    """Z for two drawn feature maps, of different grids where there may be; none where that cannot be tried.

    Sides whose values are not known are drawn, too.
    """
    rng = np.random.default_rng(0)
    shape, _, *sides = head.shapes
    dims = head.model.get_parameters()[1].get_partial_shape()
    larger = [size + 1 if dims[axis].is_dynamic else size for axis, size in enumerate(shape)]
    others = [rng.random(side) if value is None else value for side, value in zip(sides, head.known, strict=True)]
    found = []
    try:
        kinds = [node.get_element_type().to_dtype() for node in empty.get_parameters()]
        compiled = ov.compile_model(empty, "CPU", F32)
        for size in (shape, larger):
            drawn = [rng.standard_normal(size), *others]
            fed = [np.asarray(value).astype(kind) for value, kind in zip(drawn, kinds, strict=True)]
            found.append(np.array(compiled(fed)[0], np.float32))
    except (RuntimeError, TypeError):  # sides that do not go together as they were drawn; bf16, which numpy lacks
        return []
    return found

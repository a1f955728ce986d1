"""ReciproCAM of a pooled network whose height and width are not known before inference.

    S[n,k,p] = tail(pool(m_p ⊙ F_n))[k] = tail(F_n[p] / P)[k]          (mean over P positions, one-hot mask)

    F [N,C,h,w] ─▶ Reshape, Transpose ─▶ rows [N*P,C,1,1] · 1/P ─▶ head ─▶ [N*P,K] ─▶ Reshape, Transpose ─▶ S [N,K,h,w]

What a one-hot mask leaves of a pooled map is one row, so every row is given to the head as a picture of one position:
no mask is needed, and the sizes are read from the tensor itself. A sum is not divided; a maximum is the row's or 0.
Needs a target that is pooled at once, and a head that takes any batch.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.assumed import HOW_TO_STATE
from ovxai_patterns.site import Site

from ovxai_passes.branch import Branch
from ovxai_passes.constants import constant_like
from ovxai_passes.errors import TargetNotFoundError
from ovxai_passes.fence import fenced
from ovxai_passes.head import Head

_MEANS = frozenset({"AdaptiveAvgPool", "ReduceMean"})
_LARGEST = frozenset({"AdaptiveMaxPool", "ReduceMax"})
_POOLING = _MEANS | _LARGEST | {"ReduceSum"}


def row_by_row(site: Site, head: Head, target: ov.Output) -> Branch:
    """Branch target → S [N,K,h,w] f32 for dynamic h and w. Raises TargetNotFoundError where the head does not allow it.

    `target`: the site's target in the model, for shape and type. `head` is cloned, not changed.
    """
    model = head.model.clone()
    inner, mask, *sides = model.get_parameters()
    if sides:
        raise _unsuitable("class scores depend on more than the target")
    kind = _pooling(mask)
    feature = ops.parameter(target.get_partial_shape(), target.get_element_type(), name="target")
    rank, axes = site.positions.ids.ndim, [a for a, size in enumerate(site.positions.ids.shape) if size > 1]
    channel = next(axis for axis in range(1, rank) if axis not in axes)
    if len(axes) != 2 or rank != 4 or target.get_partial_shape()[channel].is_dynamic:
        raise _unsuitable("the target is no map [N,C,h,w] or [N,h,w,C] of known channels")
    channels = target.get_partial_shape()[channel].get_length()
    # Fenced, because the map's shape is read here too: a way up from the result that meets no product.
    last = fenced((feature if channel == rank - 1 else ops.transpose(feature, ops.constant([0, 2, 3, 1]))).output(0))
    one = [-1, *(channels if axis == channel else 1 for axis in range(1, rank))]
    rows = ops.reshape(last, ops.constant(one), False)
    sizes = ops.gather(ops.shape_of(last), ops.constant([1, 2]), ops.constant(0))
    inner.output(0).replace(_as_pooled(rows, sizes, kind, target.get_element_type()).output(0))
    mask.output(0).replace(constant_like(np.ones((1,) * rank), target.get_element_type()).output(0))
    scores = model.get_results()[0].input_value(0)
    batch = ops.gather(ops.shape_of(last), ops.constant([0]), ops.constant(0))
    try:
        apart = ops.reshape(scores, ops.concat([batch, sizes, ops.constant([-1])], 0), False)
        saliency = ops.transpose(apart, ops.constant([0, 3, 1, 2]))
        built = ov.Model([ops.result(saliency)], [feature], "branch")
        built.validate_nodes_and_infer_types()
    except RuntimeError as error:
        raise _unsuitable("the head has a batch baked in") from error
    if scores.get_partial_shape()[0].is_static:
        raise _unsuitable("the head has a batch baked in")
    return Branch(built, (site.target,))


def _unsuitable(reason: str) -> TargetNotFoundError:
    return TargetNotFoundError(
        f"the height or width of the picture is dynamic, and {reason}; "
        f"give the model a static size first {HOW_TO_STATE}"
    )


def _pooling(mask: ov.Node) -> str:
    """The type of the one pooling that reads the masked target."""
    products = [reader.get_node() for reader in mask.output(0).get_target_inputs()]
    readers = {
        reader.get_node().get_name(): reader.get_node()
        for product in products
        for reader in product.output(0).get_target_inputs()
    }
    kinds = {node.get_type_name() for node in readers.values()} - {"ShapeOf"}
    if len(kinds) != 1 or not kinds <= _POOLING:
        raise _unsuitable(f"the target is not pooled at once ({', '.join(sorted(kinds)) or 'nothing'} reads it)")
    return kinds.pop()


def _as_pooled(rows: ov.Node, sizes: ov.Node, kind: str, element: ov.Type) -> ov.Node:
    """The rows as the pooling of the masked map gives them."""
    if kind in _MEANS:
        count = ops.reduce_prod(sizes, ops.constant([0]), False)
        return ops.divide(rows, ops.convert(count, element.get_type_name()))
    return ops.relu(rows) if kind in _LARGEST else rows

"""The naive branch: the head, run once for every mask.

    S[n,k,p] = head(F_n, m_p)[k]

    F ──────────┐
    masks ─▶ TensorIterator( m_p ─▶ head(F, m_p) ) ─▶ [M,N,K] ─▶ Transpose ─▶ Reshape ─▶ S [N,K,h,w]

The loop's body is the head as it is, with the batch it has: nothing is multiplied into the batch axis, so Reshapes that
bake in a batch, static batches and dynamic ones are all right. A head that holds a TensorIterator runs in a Loop, which
may hold one; plugins know TensorIterators better, so others do not. It costs as many runs of the head as there are
positions. This is the definition of the map that cheaper branches are held to.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.op_traits import Trait, types_with
from ovxai_patterns.classifier.site import Site

from ovxai_passes.head.cut import Head
from ovxai_passes.head.masks import target_masks
from ovxai_passes.mapping.weights import kept_in_front, shaped_like, telling_input, weights_of_any_grid
from ovxai_passes.ops.branch import Branch, MultipliedOut
from ovxai_passes.ops.constants import constant_like
from ovxai_passes.ops.sizes import sizes_of
from ovxai_passes.vocabulary import Mask

_NOT_COMPUTED = types_with(Trait.NOT_COMPUTED)


def repeated_head(site: Site, head: Head, mask: Mask) -> Branch:
    """The branch that runs `head` under each of the `mask`s of the site's grid. `head` is cloned, not changed."""
    repeated = tuple(
        MultipliedOut(node.get_type_name(), "the head is repeated for each position")
        for node in head.model.get_ops()
        if node.get_type_name() not in _NOT_COMPUTED
    )
    body, one_mask = _body(head.model.clone())
    inner_feature, _, *inner_sides = body.get_parameters()
    feature = ops.parameter(inner_feature.get_partial_shape(), inner_feature.get_element_type(), name="target")
    sides = [ops.parameter(side.get_partial_shape(), side.get_element_type()) for side in inner_sides]
    inputs = {site.target: feature, **dict(zip(head.sides, sides, strict=True))}
    masks, grid = _masks(site, head, mask, inputs)
    loop = _loop_over(body, ops.squeeze(sizes_of(masks, [0]), ops.constant([0])))
    loop.set_invariant_input(inner_feature, feature.output(0))
    loop.set_sliced_input(one_mask, masks.output(0), 0, 1, 1, -1, 0)
    for inner, outer in zip(inner_sides, sides, strict=True):
        loop.set_invariant_input(inner, outer.output(0))
    stacked = loop.get_concatenated_slices(body.get_results()[0].output(0), 0, 1, 1, -1, 0)
    loop.validate_and_infer_types()
    per_class = ops.transpose(stacked, ops.constant([1, 2, 0]))
    saliency = ops.reshape(per_class, ops.concat([ops.constant([0, 0]), grid], 0), special_zero=True)
    model = ov.Model([ops.result(saliency)], list(inputs.values()), "branch")
    return Branch(model, tuple(inputs), repeated)


def _masks(site: Site, head: Head, mask: Mask, inputs: dict[TensorId, ov.Node]) -> tuple[ov.Node, ov.Node]:
    """All masks, of the rank and type of the head's, and the grid i64 [2].

    Of a head that takes any grid they are made of the grid that is read at inference: an input more, if need be.
    """
    feature, element = inputs[site.target], head.model.get_parameters()[1].get_element_type()
    if not head.any_grid:
        return constant_like(target_masks(mask, site.positions), element), ops.constant(list(site.positions.grid))
    source = site.grid_source
    sizes = sizes_of(inputs.setdefault(source.tensor, telling_input(site, head)), source.axes)
    kept = kept_in_front(site.positions.ids)
    flat = weights_of_any_grid(sizes, mask is Mask.ONE_HOT, kept, None)
    places = tuple(axis for axis, size in enumerate(site.positions.ids.shape) if size > 1)
    masks = shaped_like(flat, feature, places)
    return masks if element == ov.Type.f32 else ops.convert(masks, element), sizes


def _loop_over(body: ov.Model, times: ov.Node) -> ov.Node:
    """An empty loop of that body, whose only result is the scores."""
    if any(node.get_type_name() == "TensorIterator" for node in body.get_ops()):
        body.add_results([ops.result(ops.constant(np.array(True)))])
        loop = ops.loop(times, ops.constant(np.array(True)))
        loop.set_function(body)
        loop.set_special_body_ports([-1, 1])
    else:
        loop = ops.tensor_iterator()
        loop.set_body(body)
    return loop


def _body(head: ov.Model) -> tuple[ov.Model, ov.Node]:
    """The head as a loop body: a leading axis of size 1 on mask and scores, along which the loop slices and stacks."""
    feature, mask, *sides = head.get_parameters()
    sliced = ops.parameter(
        ov.PartialShape([ov.Dimension(1), *mask.get_partial_shape()]), mask.get_element_type(), name="one_mask"
    )
    mask.output(0).replace(ops.squeeze(sliced, ops.constant([0])).output(0))
    scores = head.get_results()[0].input_value(0)
    stackable = ops.unsqueeze(scores, ops.constant([0]))
    return ov.Model([ops.result(stackable)], [feature, sliced, *sides], "head"), sliced

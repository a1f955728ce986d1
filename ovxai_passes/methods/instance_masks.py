"""InstanceMasks: for every class, the predicted masks, weighted by their scores.

    S[k,p] = max over detections d of class k of  score_d * mask_d(p),   0 where there are none

Masks of whole pictures are shrunk to the map first (mean over cells); masks inside boxes are laid out on the map by
their boxes; of prototypes, the coefficients of the best 100 detections make masks on the map, cut off at their boxes:

    masks [D,H,W] ─▶ AdaptiveAvgPool [D,h,w] ─┐
    masks [D,28,28] ─▶ GridSample by boxes ───┼─▶ * score ─▶ ScatterElementsUpdate max by label ─▶ S [1,K,h,w] f32
    coefficients ─▶ MatMul prototypes ─▶ σ ───┘

One detection with score 0 is added, so that there is always one. Boxes of prototypes in shares of the picture are told
from boxes in pixels by the mean of their middles. 8-bit outputs are read as what their levels stand for. The picture's
size and the number of detections are those of the inference, so the map follows `model.reshape`; what lists the
instances of one picture throws for a batch of several. Products with 1 keep the original outputs' precision
(`fence.py`). The aggregation is that of openvino-model-api 0.4 (`_average_and_normalize`), in the graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.dequantised import NOT_QUANTISED, Dequantisation
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.detector.instances import Masks, Prototypes

from ovxai_passes.methods.spec import BuildRequest, Built, MethodSpec, Reads, required
from ovxai_passes.methods.target import PredictedMasks
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.fence import by_matrix, by_one_channel
from ovxai_passes.ops.gathering import chosen_by_image
from ovxai_passes.ops.sizes import guarded, sizes_of
from ovxai_passes.vocabulary import Method, Task

MOST_DETECTIONS = 100
"""Of prototypes: the best ones are drawn."""
LARGEST_SHARE = 2.0
"""Boxes of prototypes whose middles are nearer to 0 on average are in shares of the picture, not in pixels."""
_F32 = np.float32


@dataclass(frozen=True)
class _Seen:
    """What is known of the picture at inference: `batch` [1] i64; `pixels`: (H, W), [1] f32 each."""

    batch: ov.Node
    pixels: tuple[ov.Node, ov.Node]


@dataclass(frozen=True)
class _Instances:
    """`masks` [N,D,h*w], `scores` [N,D,1], `labels` [N,D,1] i32."""

    masks: ov.Node
    scores: ov.Node
    labels: ov.Node


def build(request: BuildRequest) -> Built:
    """Branch of the outputs that hold instances → S [N,K,h,w] f32 (N = 1 for `Masks`)."""
    canvas = required(request.target.masks)
    has_peak = request.from_zero and canvas.chosen is not None
    return Built(instance_masks(ModelGraph(request.model), canvas, has_peak), has_peak=has_peak)


def instance_masks(graph: ModelGraph, canvas: PredictedMasks, with_peak: bool = False) -> Branch:
    """The branch. `graph`: of the model. Of the picture, the last input of the branch, the shape alone is read.

    `with_peak`: the largest of all classes come last.
    """
    found, picture = canvas.instances, canvas.picture
    if isinstance(found, Masks):
        tensors = [found.masks, found.labels, found.boxes, *([found.scores] if found.scores else [])]
    else:
        tensors = [found.detections, found.prototypes]
    tensors.append(picture.tensor)
    inputs = [
        ops.parameter(graph.output(tensor).get_partial_shape(), graph.output(tensor).get_element_type())
        for tensor in tensors
    ]
    height, width = (ops.convert(sizes_of(inputs[-1], [axis]), "f32") for axis in picture.axes)
    seen = _Seen(sizes_of(inputs[-1], [0]), (height, width))
    if isinstance(found, Masks):
        made = _of_masks(found, inputs, seen, canvas)
    else:
        made = _of_prototypes(found, inputs, seen, canvas)
    saliency = _by_class(made, found.classes, canvas)
    if canvas.chosen is not None:
        rows = ops.gather(saliency, ops.constant(list(canvas.chosen)), ops.constant(1))
        peak = ops.reduce_max(saliency, ops.constant([1]), keep_dims=True)
        saliency = ops.concat([rows, peak], 1) if with_peak else rows
    return Branch(ov.Model([ops.result(saliency)], inputs, "branch"), tuple(tensors))


def _by_class(found: _Instances, classes: int, canvas: PredictedMasks) -> ov.Node:
    height, width = canvas.size
    given = ops.convert(found.labels, "f32")
    known = ops.clamp(given, 0, classes - 1)  # a label beyond would be written past the end
    scores = ops.multiply(found.scores, ops.convert(ops.equal(known, given), "f32"))
    weighted = ops.multiply(found.masks, scores)
    batch = sizes_of(found.masks, [0])
    zeros = ops.broadcast(ops.constant(_F32(0)), ops.concat([batch, ops.constant([classes, height * width])], 0))
    labels = ops.broadcast(ops.convert(known, "i32"), ops.shape_of(weighted, "i64"))
    best: ov.Node = ops.scatter_elements_update(zeros, labels, weighted, ops.constant(1), "max", True)
    return ops.reshape(best, ops.constant([0, 0, height, width]), special_zero=True)


def _of_masks(found: Masks, inputs: Sequence[ov.Node], seen: _Seen, canvas: PredictedMasks) -> _Instances:
    height, width = canvas.size
    masks, labels, boxes = inputs[:3]
    boxes = by_matrix(_rows(boxes, boxes.get_output_partial_shape(0)[-1].get_length()))
    scores = by_matrix(_rows(inputs[3], 1)) if found.scores else _columns(boxes, 4, 5)
    pixels = ops.shape_of(masks, "i64")
    sizes = ops.gather(pixels, ops.constant([-2, -1]), ops.constant(0))
    flat = ops.reshape(_as_f32(masks), ops.concat([ops.constant([-1, 1]), sizes], 0), special_zero=False)
    flat = by_one_channel(flat)
    if found.in_boxes:
        laid = ops.grid_sample(flat, _places_in_boxes(boxes, seen, canvas), _SAMPLING)
    else:
        laid = ops.adaptive_avg_pool(flat, ops.constant([height, width]))
    rows = ops.reshape(laid, ops.constant([1, -1, height * width]), special_zero=False)
    # All of them, by numbers: the masks of a loop claim to be one at least, and a plugin then refuses an empty list.
    count = sizes_of(rows, [1])
    numbers = ops.squeeze(ops.non_zero(ops.broadcast(ops.constant(1), count)), ops.constant([0]))
    rows = ops.gather(rows, numbers, ops.constant(1))
    empty = ops.constant(np.zeros((1, 1, height * width), _F32))
    none = guarded(empty.output(0), seen.batch, (1,))  # instances are listed for one picture
    return _Instances(
        ops.concat([none, rows], 1),
        ops.concat([ops.constant(np.zeros((1, 1, 1), _F32)), _column(scores)], 1),
        ops.concat([ops.constant(np.zeros((1, 1, 1), np.int32)), _column(ops.convert(labels, "i32"))], 1),
    )


_SAMPLING = {"align_corners": False, "mode": "bilinear", "padding_mode": "zeros"}


def _middles(seen: _Seen, canvas: PredictedMasks) -> tuple[ov.Node, ov.Node]:
    """Y [h] and x [w] of the middles of cells, in pixels."""
    y, x = (
        ops.divide(ops.multiply(ops.constant((np.arange(cells) + 0.5).astype(_F32)), pixels), ops.constant(_F32(cells)))
        for cells, pixels in zip(canvas.size, seen.pixels, strict=True)
    )
    return y, x


def _places_in_boxes(boxes: ov.Node, seen: _Seen, canvas: PredictedMasks) -> ov.Node:
    """Where in its box each cell of the map lies: [D,h,w,2], -1 to 1 from edge to edge."""
    height, width = canvas.size
    y, x = _middles(seen, canvas)
    places = []
    for low, values, laid in ((0, x, [1, 1, width]), (1, y, [1, height, 1])):
        first, last = (
            ops.reshape(_columns(boxes, edge, edge + 1), ops.constant([-1, 1, 1]), False) for edge in (low, low + 2)
        )
        span = ops.maximum(ops.subtract(last, first), ops.constant(_F32(1e-3)))
        whole = ops.broadcast(ops.reshape(values, ops.constant(laid), False), ops.constant([1, height, width]))
        unit = ops.divide(ops.subtract(whole, first), span)
        scaled = ops.subtract(ops.multiply(unit, ops.constant(_F32(2))), ops.constant(_F32(1)))
        places.append(ops.unsqueeze(scaled, ops.constant([3])))
    return ops.concat(places, 3)


def _of_prototypes(found: Prototypes, inputs: Sequence[ov.Node], seen: _Seen, canvas: PredictedMasks) -> _Instances:
    height, width = canvas.size
    detections, prototypes = inputs[:2]
    rows = _values(detections, found.dequantisation)
    rows = ops.transpose(rows, ops.constant([0, 2, 1])) if found.axis == 1 else rows  # [N,P,E]
    rows = by_matrix(rows)
    scores = _columns(rows, found.first_class, found.first_class + found.classes)
    best = ops.topk(scores, ops.constant(1), 2, "max", "value", "i32")
    places = sizes_of(detections, [3 - found.axis])
    count = ops.squeeze(ops.minimum(places, ops.constant([MOST_DETECTIONS])), ops.constant([0]))
    chosen = ops.topk(ops.squeeze(best.output(0), ops.constant([2])), count, 1, "max", "value", "i32")
    picked = chosen_by_image(rows, chosen.output(1), 1)  # [N,D,E]
    label = chosen_by_image(best.output(1), chosen.output(1), 1)
    first = found.first_coefficient
    bases = _values(prototypes, found.base_dequantisation)
    bases = ops.transpose(bases, ops.constant([0, 3, 1, 2])) if found.base_axis == 3 else bases
    pooled = ops.adaptive_avg_pool(bases, ops.constant([height, width]))
    flat = ops.reshape(pooled, ops.constant([0, 0, -1]), special_zero=True)
    masks = ops.sigmoid(ops.matmul(_columns(picked, first, first + found.count), flat, False, False))
    inside = _inside(picked, _units(rows, seen), seen, canvas)
    return _Instances(ops.multiply(masks, inside), ops.unsqueeze(chosen.output(0), ops.constant([2])), label)


def _values(tensor: ov.Node, levels: Dequantisation) -> ov.Node:
    """A tensor as f32, its levels as what they stand for."""
    value = _as_f32(tensor)
    if levels == NOT_QUANTISED:
        return value
    return ops.add(ops.multiply(value, ops.constant(_F32(levels.scale))), ops.constant(_F32(levels.shift)))


def _units(rows: ov.Node, seen: _Seen) -> tuple[ov.Node, ov.Node]:
    """Pixels for each unit of y and x of boxes [N,P,E], [1,1,1] each: 1, or the sides of the picture.

    Boxes of all places, found or not, lie about the middle of the picture on average.
    """
    mean = ops.reduce_mean(_columns(rows, 0, 2), ops.constant([0, 1, 2]), keep_dims=True)
    shares = ops.less(ops.abs(mean), ops.constant(_F32(LARGEST_SHARE)))
    one = ops.constant(_F32(1))
    height, width = (ops.select(shares, ops.unsqueeze(side, ops.constant([0, 1])), one) for side in seen.pixels)
    return height, width


def _inside(rows: ov.Node, units: tuple[ov.Node, ov.Node], seen: _Seen, canvas: PredictedMasks) -> ov.Node:
    """1 where the middle of a cell is in a box, [N,D,h*w] f32; rows [N,D,E] start with middle and size."""
    y, x = _middles(seen, canvas)
    near = []
    for axis, values, unit, laid in ((0, x, units[1], [1, 1, 1, -1]), (1, y, units[0], [1, 1, -1, 1])):
        middle, size = (ops.multiply(_columns(rows, one, one + 1), unit) for one in (axis, axis + 2))
        line = ops.reshape(values, ops.constant(laid), False)
        distance = ops.abs(ops.subtract(line, ops.unsqueeze(middle, ops.constant([3]))))
        half = ops.unsqueeze(ops.multiply(size, ops.constant(_F32(0.5))), ops.constant([3]))
        near.append(ops.less_equal(distance, half))  # [N,D,1,w], [N,D,h,1]
    inside = ops.convert(ops.logical_and(near[0], near[1]), "f32")
    return ops.reshape(inside, ops.constant([0, 0, -1]), special_zero=True)


def _as_f32(value: ov.Node) -> ov.Node:
    return value if value.get_output_element_type(0) == ov.Type.f32 else ops.convert(value, "f32")


def _columns(value: ov.Node, first: int, last: int) -> ov.Node:
    return ops.slice(value, *(ops.constant([number]) for number in (first, last, 1, -1)))


def _column(value: ov.Node) -> ov.Node:
    return ops.reshape(value, ops.constant([1, -1, 1]), special_zero=False)


def _rows(value: ov.Node, last: int) -> ov.Node:
    """A list of numbers or of rows as [-1,last] f32; one such list an image as it is."""
    value = _as_f32(value)
    if len(value.get_output_partial_shape(0)) > 2:
        return value
    return ops.reshape(value, ops.constant([-1, last]), special_zero=False)


INSTANCE_MASKS = MethodSpec(Method.INSTANCEMASKS, (Task.INSTANCE_SEGMENTATION,), Reads.INSTANCES, True, build)

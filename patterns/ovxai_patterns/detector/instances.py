"""Which outputs of a model are instances: masks, labels and scores.

Three ways are known: masks of the whole picture ([D,1,H,W], torchvision's Mask R-CNN, RTMDet-Inst), masks inside boxes
([D,28,28], OTX), and coefficients of prototypes ([N,4+K+M,P] and [N,M,h,w] or [N,h,w,M], YOLO-seg), of 8 bits too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import openvino as ov

from ovxai_patterns.analysis.dequantised import NOT_QUANTISED, Dequantisation, dequantisation_of
from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.layout import picture_axes, without_picture
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.analysis.op_traits import ROI_TYPES, SHARES_TYPES
from ovxai_patterns.detector.class_heads import ClassHeads
from ovxai_patterns.detector.detector import Detector
from ovxai_patterns.detector.groups import Group, find_groups
from ovxai_patterns.detector.naming import name_of_instances
from ovxai_patterns.matchers.pattern import DATAFLOW

_BOX = 4
_MAP = 4  # axes
_LARGEST_IN_BOX = 64  # cells along a side; masks of whole pictures have more


@dataclass(frozen=True)
class Masks:
    """Instances one by one, of one picture. All tensors have D rows, or [1,D,...] where the model keeps the batch.

    `masks`: [D,h,w] or [D,1,h,w]; `labels`: [D]; `boxes`: [D,4] corners in pixels of the input, or [D,5] with the
    score; `scores`: [D], or None where the boxes hold them. `in_boxes`: whether a mask is of its box or of the picture.
    """

    masks: TensorId
    labels: TensorId
    boxes: TensorId
    scores: TensorId | None
    in_boxes: bool
    classes: int
    reason: str
    found_by: str = DATAFLOW


@dataclass(frozen=True)
class Prototypes:
    """Instances as coefficients of prototypes.

    `detections`: [N,E,P], or [N,P,E] (`axis` is that of the entries), with the middle and size of boxes in pixels of
    the input or in shares of it, class scores from entry `first_class` on, coefficients from `first_coefficient` on.
    `prototypes`: [N,M,h,w], or [N,h,w,M] (`base_axis` is that of the prototypes). `dequantisation`,
    `base_dequantisation`: how both read where they are of whole numbers.
    """

    detections: TensorId
    axis: int
    first_class: int
    first_coefficient: int
    prototypes: TensorId
    count: int
    classes: int
    reason: str
    base_axis: int = 1
    dequantisation: Dequantisation = NOT_QUANTISED
    base_dequantisation: Dequantisation = NOT_QUANTISED
    found_by: str = DATAFLOW


@dataclass(frozen=True)
class NoInstances:
    """Why no instances with masks were found."""

    reason: str


def find_instances(analysis: ModelAnalysis) -> Masks | Prototypes | NoInstances:
    """Masks of instances among the outputs of a model, or prototypes that they are made from.

    With the name of a pattern that they look like. Raises RuntimeError where shapes do not go together.
    """
    detector = analysis.get(Detector)
    if not detector.layout.pictures:
        return NoInstances(without_picture(detector.original.model))
    found = _masks(detector) or _prototypes(detector) or NoInstances("no output holds masks of instances")
    if isinstance(found, NoInstances):
        return found
    outputs = (found.masks,) if isinstance(found, Masks) else (found.detections, found.prototypes)
    return replace(found, found_by=name_of_instances(analysis, outputs))


def _masks(detector: Detector) -> Masks | NoInstances | None:
    outputs = [detector.original.id_of(result.input_value(0)) for result in detector.original.model.get_results()]
    kinds: dict[str, list[TensorId]] = {"labels": [], "boxes": [], "masks": [], "scores": [], "": []}
    for tensor in dict.fromkeys(outputs):
        kinds[_kind(detector.original.output(tensor))].append(tensor)
    labels, boxes, masks, scores = (kinds[name] for name in ("labels", "boxes", "masks", "scores"))
    if not (len(labels) == len(boxes) == len(masks) == 1 and len(scores) <= 1):
        return None
    shape = detector.original.output(masks[0]).get_partial_shape()
    box_shape = detector.original.output(boxes[0]).get_partial_shape()
    if not scores and box_shape[len(box_shape) - 1] != _BOX + 1:
        return None
    node = detector.original.ops[detector.layout.pictures[0][0]]
    picture = node.get_output_partial_shape(0)
    if picture[0] != 1:
        return NoInstances("instances are listed for one picture, but the model takes a batch: give it batch 1")
    sides = list(shape)[-2:]
    whole = sides == [picture[axis] for axis in picture_axes(node) or ()] or any(
        dim.is_dynamic or dim.get_length() > _LARGEST_IN_BOX for dim in sides
    )
    classes = _classes(detector)
    if classes is None:
        return NoInstances("there are masks of instances, but how many classes there are was not found")
    reason = f"output {detector.describe(masks[0])} holds a mask for each box"
    return Masks(masks[0], labels[0], boxes[0], (*scores, None)[0], not whole, classes, reason)


def _kind(output: ov.Output) -> str:
    shape = output.get_partial_shape()
    if shape.rank.is_dynamic:
        return ""
    last = shape[len(shape) - 1] if len(shape) else ov.Dimension(0)
    if output.get_element_type().is_integral_number() and len(shape) in (1, 2):
        return "labels"
    if not output.get_element_type().is_real() and len(shape) < 3:
        return ""
    if len(shape) in (2, 3) and last.is_static and last.get_length() in (_BOX, _BOX + 1):
        return "boxes"
    if len(shape) in (3, 4):
        return "masks"
    return "scores" if len(shape) in (1, 2) else ""


def _classes(detector: Detector) -> int | None:
    """How many classes regions, or places of a grid, are scored for."""
    graph, below = detector.graph, set[int]()
    for place, node in enumerate(graph.ops):
        if node.get_type_name() in ROI_TYPES or any(source[0] in below for source in graph.inputs_of(place)):
            below.add(place)
            shape = node.get_output_partial_shape(0)
            rows = node.get_type_name() in SHARES_TYPES and shape.rank.is_static and len(shape) == 2
            if rows and shape[1].is_static and shape[1].get_length() > 1:
                return int(shape[1].get_length())
    heads = detector.class_heads()
    return heads.classes if isinstance(heads, ClassHeads) else None


def _prototypes(detector: Detector) -> Prototypes | NoInstances | None:
    graph = detector.graph
    outputs = {graph.id_of(result.input_value(0)) for result in graph.model.get_results()}
    groups = [group for group in detector.analysis.get(find_groups) if group.members[0].occurrence.tensor in outputs]
    scored = [group for group in groups if group.uses.activation and group.entries > 0 and _in_rows(group)]
    for classes in scored:
        tensor = classes.members[0].occurrence.tensor
        for other in groups:
            if other.members[0].occurrence.tensor != tensor or other.uses.activation or other.is_boxes:
                continue
            for output in sorted(outputs):
                base_axis = _axis_of_bases(detector, output, other.entries)
                if base_axis is not None:
                    return _made_of(detector, classes, other, (output, base_axis))
    return None


def _made_of(
    detector: Detector, classes: Group, coefficients: Group, bases: tuple[TensorId, int]
) -> Prototypes | NoInstances:
    """`bases`: the prototypes, and their axis."""
    tensor, axis = classes.members[0].occurrence.tensor, _axis(classes)
    levels = [dequantisation_of(detector.graph, detector.layout.folding, one) for one in (tensor, bases[0])]
    if levels[0] is None or levels[1] is None:
        return NoInstances("there are prototypes of masks, but what their whole numbers stand for was not found")
    return Prototypes(
        tensor,
        axis,
        classes.members[0].occurrence.start[axis],
        coefficients.members[0].occurrence.start[axis],
        bases[0],
        coefficients.entries,
        classes.entries,
        f"output {detector.describe(tensor)} holds {coefficients.entries} coefficients of prototypes",
        bases[1],
        levels[0],
        levels[1],
    )


def _axis_of_bases(detector: Detector, tensor: TensorId, count: int) -> int | None:
    """The axis of so many prototypes in an output, or None where it holds none."""
    output, positions = detector.graph.output(tensor), detector.layout.positions(tensor)
    shape, kind = output.get_partial_shape(), output.get_element_type()
    if len(shape) != _MAP or not (kind.is_real() or kind in (ov.Type.u8, ov.Type.i8)):
        return None
    lattice = None if positions is None else positions.lattice
    axis = 3 if lattice == (1, 2) else 1
    return axis if shape[axis] == count else None


def _in_rows(group: Group) -> bool:
    """Whether the entries lie in a tensor of rank 3, behind a box."""
    occurrence = group.members[0].occurrence
    return len(occurrence.start) == 3 and occurrence.start[_axis(group)] == _BOX


def _axis(group: Group) -> int:
    """The axis of the entries; of a single one, that on which all of these heads are at the same place."""
    member = group.members[0]
    if member.axis is not None:
        return member.axis
    return next((axis for axis in (1, 2) if member.occurrence.stop[axis] - member.occurrence.start[axis] == 1), 1)

"""What a model does, told from the structure of its outputs: classify, detect, or segment instances.

* Boxes are suppressed, or regions pooled: a detector. With an output of masks beside the boxes, or of prototypes: it
  segments instances.
* An output [N,K] of floats, N pictures: a classifier, but where another output holds a box for each of the K.
* An output [N,1,K] or [K] (of one picture) that a classifier makes: one too, unless the model looks like a detector.
* Layers that score classes at the places of grids, or two outputs [N,Q,K] and [N,Q,4] of the same queries: a detector.

Anything else is taken for a classifier, so that its error says what the outputs are.
"""

from __future__ import annotations

from dataclasses import dataclass

import openvino as ov

from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.analysis.op_traits import DETECTOR_TYPES, LOOP_TYPES
from ovxai_patterns.classifier.scores import NoScores, Scores, find_scores, is_plain
from ovxai_patterns.detector.class_heads import ClassHeads
from ovxai_patterns.detector.detector import Detector
from ovxai_patterns.detector.instances import NoInstances, find_instances
from ovxai_patterns.wording import counted, worded

_BOXES = 3  # axes
_BOX_WIDTHS = range(4, 21)
"""Numbers for each box: its sides, and perhaps 8 keypoints."""
CLASSIFICATION, DETECTION, INSTANCES = "classification", "detection", "instance_segmentation"


@dataclass(frozen=True)
class FoundTask:
    """`name`: classification, detection or instance_segmentation; `reason`: one sentence."""

    name: str
    reason: str


def find_task(analysis: ModelAnalysis) -> FoundTask:
    """What a model does."""
    model = analysis.original.model
    kinds = _types(model) & DETECTOR_TYPES
    classifies: FoundTask | None = None
    if not kinds:
        graph, box_counts = analysis.original, _box_counts(model)
        scores = analysis.get(find_scores)
        if isinstance(scores, Scores) and _keeps_batch(graph, scores) and scores.classes not in box_counts:
            reason = f"output {scores.output} holds a score for each of {scores.classes} classes"
            classifies = FoundTask(CLASSIFICATION, reason)
            if is_plain(graph.output(scores.tensor)):
                return classifies
        if isinstance(scores, NoScores) and scores.several and not box_counts:
            said = "several outputs could be class scores; if it detects, give {task=detection}"
            return FoundTask(CLASSIFICATION, worded(said))
    try:
        detector = analysis.get(Detector)
    except RuntimeError:
        return classifies or FoundTask(
            DETECTION,
            "no output is [N,K], a score for each class; its shapes do not go together, so no more can be told",
        )
    instances = analysis.get(find_instances)
    if not isinstance(instances, NoInstances):
        return FoundTask(INSTANCES, instances.reason)
    if kinds:
        return FoundTask(DETECTION, f"it holds {', '.join(sorted(kinds))}")
    heads = detector.class_heads()
    if isinstance(heads, ClassHeads):
        return FoundTask(DETECTION, f"classes are scored at the places of {counted(len(heads.levels), 'grid')}")
    if heads.two_stages:
        return FoundTask(DETECTION, heads.reason)
    queries = _queries(model)
    if queries:
        return FoundTask(DETECTION, f"two outputs hold classes and boxes of the same {queries} queries")
    if classifies:
        return classifies
    return FoundTask(CLASSIFICATION, worded("nothing says that it detects: {reason}", reason=heads.reason))


def _types(model: ov.Model) -> set[str]:
    """Types of all operations, those in bodies of loops and branches included."""
    found: set[str] = set()
    for node in model.get_ops():
        kind = node.get_type_name()
        found.add(kind)
        if kind in LOOP_TYPES:
            found |= _types(node.get_function())
        elif kind == "If":
            found |= _types(node.get_function(0)) | _types(node.get_function(1))
    return found


def _keeps_batch(graph: ModelGraph, scores: Scores) -> bool:
    """Whether there may be as many rows of scores as pictures."""
    shape = graph.output(scores.tensor).get_partial_shape()
    rows = shape[0] if len(shape) > 1 else ov.Dimension(1)
    pictures = [port.get_partial_shape() for port in graph.model.inputs]
    return any(shape.rank.is_static and len(shape) == 4 and shape[0] == rows for shape in pictures)


def _box_counts(model: ov.Model) -> set[int]:
    """How many boxes, perhaps with keypoints, outputs [N,P,4...] of floats hold."""
    shapes = [port.get_partial_shape() for port in model.outputs if port.get_element_type().is_real()]
    return {
        shape[1].get_length()
        for shape in shapes
        if shape.rank.is_static
        and len(shape) == _BOXES
        and all(shape[axis].is_static for axis in (1, 2))
        and shape[2].get_length() in _BOX_WIDTHS
    }


def _queries(model: ov.Model) -> int:
    """The number of queries that one output gives boxes for and another classes, or 0."""
    shapes = [port.get_partial_shape() for port in model.outputs if port.get_element_type().is_real()]
    sizes = [
        (shape[1].get_length(), shape[2].get_length())
        for shape in shapes
        if shape.rank.is_static and len(shape) == 3 and shape[1].is_static and shape[2].is_static
    ]
    boxes = {count for count, width in sizes if width == 4}
    return next((count for count, width in sizes if width != 4 and count in boxes), 0)

"""Gradient methods on detectors: the best box of a class, found and differentiated without the branch's code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
import pytest
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.errors import OptionError, TargetNotFoundError
from ovxai_passes.gradients.backward import vjp
from ovxai_passes.insert import insert
from ovxai_passes.model_info.outputs import CLASSES_NAME, OUTPUT_NAME
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.ops.precision import F32
from ovxai_passes.options import Options
from ovxai_passes.reference.class_probability import resized
from ovxai_passes.reference.comparing import worst_difference
from tests.fixtures import detector_graphs as graphs
from tests.fixtures.detector_parts import Known
from tests.support.detectors import SIZE, heads_of, located
from tests.support.running import Array
from tests.whole.test_reshape_detectors import OTHER, anchors, check, fused, joined_tokens

FUSED = 5
"""Classes come behind a box and its objectness, where one head predicts all."""


def pictures(known: Known, count: int = 1) -> Array:
    port = known.model.inputs[0]
    shape = [dim.get_length() if dim.is_static else count for dim in port.get_partial_shape()]
    values = np.random.default_rng(5).uniform(0, 1, shape)
    if port.get_element_type() == ov.Type.u8:
        return (values * 32).astype(np.uint8)
    return values.astype(port.get_element_type().to_dtype())


class Boxes:
    """The heads of a fixture, [N,anchors,width,h,w] each, and of each level where they stand in their tensors."""

    def __init__(self, known: Known, image: Array, objectness: bool) -> None:
        self.known, self.heads = known, heads_of(known, image)
        self.objectness = self._objectness(image) if objectness else [0 * head[:, :, 0] for head in self.heads]
        self.weighs = objectness

    def _objectness(self, image: Array) -> list[Array]:
        if self.known.first == FUSED:
            return [head[:, :, FUSED - 1] for head in self.heads]
        graph = ModelGraph(self.known.model)
        beside = [graph.layer_named(name) for name in ("obj0", "obj1")]
        return tensors_at(self.known.model, beside, [image])  # type: ignore[arg-type]  # they are there

    def chances(self, place: int) -> Array:
        """Log probabilities [N,anchors,classes,h,w], times objectness."""
        scores = self.heads[place][:, :, self.known.first :]
        if self.known.activation == "Softmax":
            own = scores - np.log(np.exp(scores).sum(2, keepdims=True))
        else:
            own = -np.log1p(np.exp(-scores))
        return own - np.log1p(np.exp(-self.objectness[place]))[:, :, None] * self.weighs

    def best(self, image: int, label: int) -> tuple[float, int, tuple[int, ...]]:
        """The log probability of the best box of a class, its level, and (anchor, row, column)."""
        found = []
        for place in range(len(self.heads)):
            own = self.chances(place)[image, :, label]
            where = np.unravel_index(own.argmax(), own.shape)
            found.append((float(own.max()), place, tuple(int(one) for one in where)))
        return max(found, key=lambda one: one[0])


def expected(known: Known, image: Array, classes: Array, objectness: bool) -> Array:
    """LayerCAM [N,k,h,w] of the best boxes of classes [N,k]."""
    boxes, graph = Boxes(known, image, objectness), ModelGraph(known.model)
    beside = ("obj0", "obj1") if objectness and known.first != FUSED else ()
    ends = [graph.output(graph.layer_named(name)) for name in (*known.heads, *beside)]  # type: ignore[arg-type]
    features = [_above(graph, end.get_node()) for end in ends[:2]]
    compiled = ov.compile_model(vjp(known.model, ends, features), "CPU", F32)
    values = tensors_at(known.model, [graph.id_of(one) for one in features], [image])
    rows = []
    for place in range(classes.shape[1]):
        begin = [np.zeros((len(image), *(dim.get_length() for dim in list(end.partial_shape)[1:]))) for end in ends]
        for number, label in enumerate(classes[:, place]):
            _put(boxes, begin, number, int(label))
        fed = [one.astype(end.get_element_type().to_dtype()) for one, end in zip(begin, ends, strict=True)]
        results = compiled([image, *fed])
        gradients = [np.array(results[f"gradient_{one}"]).astype(np.float64) for one in range(len(features))]
        levels = [(np.maximum(g, 0) * f).sum(1) for g, f in zip(gradients, values, strict=True)]
        rows.append(sum(resized(level, SIZE) for level in levels))
    return np.stack(rows, 1).astype(np.float32)


def _above(graph: ModelGraph, node: ov.Node) -> ov.Output:
    while node.get_type_name() != "Relu":
        node = node.input_value(0).get_node()
    return node.output(0)


def _put(boxes: Boxes, begin: list[Array], image: int, label: int) -> None:
    """The gradient of the log probability, where the best box stands in the heads."""
    known = boxes.known
    _, level, (anchor, row, column) = boxes.best(image, label)
    scores = boxes.heads[level][image, anchor, known.first :, row, column]
    one = np.eye(len(scores))[label]
    soft = known.activation == "Softmax"
    slopes = one - np.exp(scores) / np.exp(scores).sum() if soft else one / (1 + np.exp(scores))
    first = anchor * known.width + known.first
    _at(begin[level], known, level)[image, first : first + len(scores), row, column] = slopes
    if boxes.weighs:
        slope = 1 / (1 + np.exp(boxes.objectness[level][image, anchor, row, column]))
        fused_here = known.first == FUSED
        tensor, channel = (begin[level], first - 1) if fused_here else (begin[level + 2], 0)
        tensor[image, channel, row, column] = slope


def _at(tensor: Array, known: Known, level: int) -> Array:
    return tensor if tensor.shape[2:] == known.grids[level] else np.moveaxis(tensor, 3, 1)


@pytest.mark.parametrize("family", graphs.FAMILIES, ids=lambda family: family.__name__)
def test_layercam_of_the_best_box(family: Callable[[], Known]) -> None:
    known = family()
    image = pictures(known, 2)
    objectness = known.first == FUSED or family is graphs.yolox
    made = located(known.model, task="detection", method="layercam", objectness=objectness)
    results = ov.compile_model(made.model, "CPU", F32)(image)
    before = ov.compile_model(known.model, "CPU", F32)(image)
    assert all(np.array_equal(before[place], results[place]) for place in range(len(known.model.outputs)))
    classes, boxes = np.array(results[CLASSES_NAME]), Boxes(known, image, objectness)
    count = boxes.chances(0).shape[2]
    others = [label for label in range(count) if label != known.background]
    for number, (label,) in enumerate(classes):
        assert label == max(others, key=lambda one: boxes.best(number, one)[0])  # called here
    found, wanted = np.array(results[OUTPUT_NAME]), expected(known, image, classes, objectness)
    assert found.shape == (len(image), 1, *SIZE)
    assert wanted.max() > 0
    assert worst_difference(found, wanted) <= (1 if image.dtype != np.float16 else 20)


@pytest.mark.parametrize("method", ["hirescam", "gradcam", "gradcam++", "gradcam-elementwise", "xgradcam"])
def test_other_weights(method: str) -> None:
    known = graphs.yolox()
    made = located(known.model, task="detection", method=method)
    assert np.ptp(np.array(ov.compile_model(made.model, "CPU", F32)(pictures(known))[OUTPUT_NAME]))


@pytest.mark.parametrize("family", [graphs.yolov5, graphs.ssd_otx, graphs.efficientdet, graphs.any_batch])
def test_classes_that_are_given(family: Callable[[], Known]) -> None:
    known, image = family(), pictures(family(), 3)
    objectness = known.first == FUSED
    asked: dict[str, Any] = {"classes": [3, 1], "objectness": objectness, "gradient_of": "log-probability"}
    made = located(known.model, task="detection", method="layercam", **asked)
    assert made.model.outputs[-1].get_names() == {OUTPUT_NAME}, "saliency_classes would say nothing new"
    found = np.array(ov.compile_model(made.model, "CPU", F32)(image)[OUTPUT_NAME])
    wanted = expected(known, image, np.array([[3, 1]] * len(image)), objectness)
    assert worst_difference(found, wanted) <= 1


def test_the_best_classes_and_one_scale() -> None:
    known = graphs.any_batch()
    image = pictures(known, 2)
    asked: dict[str, Any] = {"task": "detection", "method": "layercam", "gradient_of": "log-probability"}
    best = ov.compile_model(insert(known.model, Options.checked(top_k=3, **asked)).model, "CPU", F32)(image)
    classes, shown = np.array(best[CLASSES_NAME]), np.array(best[OUTPUT_NAME])
    assert shown.dtype == np.uint8
    assert (shown.max((1, 2, 3)) == 255).all()  # of all maps of an image
    boxes = Boxes(known, image, objectness=False)
    for number, row in enumerate(classes):
        order = sorted(range(known.width), key=lambda one: -boxes.best(number, one)[0])  # called here
        assert row.tolist() == order[:3]
    third = int(classes[0, 2])
    alone = ov.compile_model(insert(known.model, Options.checked(classes=[third], **asked)).model, "CPU", F32)(image)
    raw = expected(known, image[:1], np.array([[classes[0, 0], third]]), objectness=False)[0]
    wanted = np.maximum(raw[1], 0) / max(np.maximum(raw, 0).max(), 1e-12)
    assert np.abs(np.array(alone[OUTPUT_NAME])[0, 0] / 255 - wanted).max() < 0.01


@pytest.mark.parametrize("gradient_of", ["logit", "probability"])
def test_what_is_differentiated_is_a_factor_of_one_class_without_objectness(gradient_of: str) -> None:
    known = graphs.yolov8()
    image, maps_of = pictures(known), {}
    for one in (gradient_of, "log-probability"):
        made = located(known.model, task="detection", method="layercam", gradient_of=one, classes=[2])
        maps_of[one] = np.array(ov.compile_model(made.model, "CPU", F32)(image)[OUTPUT_NAME])
    chance = np.exp(Boxes(known, image, objectness=False).best(0, 2)[0])
    factor = 1 / (1 - chance) if gradient_of == "logit" else chance
    assert worst_difference(maps_of[gradient_of], (maps_of["log-probability"] * factor).astype(np.float32)) <= 1


@pytest.mark.parametrize("kind", [fused, joined_tokens, anchors], ids=lambda kind: kind.__name__)
def test_the_map_follows_the_shape(kind: Callable[[], ov.Model]) -> None:
    check(kind(), OTHER, [OTHER], task="detection", method="layercam")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"method": "layercam-share"}, "'layercam-share' is not for a model that detects"),
        ({"method": "inputxgradient"}, "'inputxgradient' is not for a model that detects"),
        ({"method": "layercam", "level": 1}, "level is for classifiers; this model detects"),
        ({"method": ["layercam", "detclassprobabilitymap"]}, "give the classes of both"),
        ({"method": "layercam", "top_k": 9}, "top_k=9 is more than the model has, 5 classes"),
        ({"top_k": 2}, "top_k is for classifiers; this model detects"),
        ({"gradient_of": "logit"}, "gradient_of is not for method 'detclassprobabilitymap'"),
    ],
    ids=str,
)
def test_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(OptionError, match=says):
        located(graphs.yolov8().model, **{"task": "detection", **options})


def test_sizes_have_to_be_known() -> None:
    model = graphs.yolov8().model
    model.reshape([1, 3, -1, -1])
    with pytest.raises(TargetNotFoundError, match="dynamic, which layercam does not take"):
        located(model, task="detection", method="layercam")

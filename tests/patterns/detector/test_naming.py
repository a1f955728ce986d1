"""What dataflow finds of a detector has the name of a pattern that binds the same; patterns propose nothing else."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.detector.class_heads import ClassHeads
from ovxai_patterns.detector.detector import Detector, FeatureMaps
from ovxai_patterns.detector.instances import NoInstances, find_instances
from ovxai_patterns.detector.naming import BY_LEVEL, CLASS_HEADS, find_bound
from ovxai_patterns.matchers.region_heads import MaskPrototypes, RoiHead

from tests.fixtures.detector_graphs import FAMILIES
from tests.fixtures.detector_graphs_8bit import network, quantised_and_back
from tests.fixtures.detector_parts import CLASSES, Builder, Known, flat
from tests.fixtures.one_class_graphs import ONE_CLASS, no_detectors
from tests.fixtures.other_detector_graphs import queries, segments, two_stages, yolov5_seg, yolov8_pose
from tests.support.proposals import list_proposals

CONV, FUSED, DATAFLOW = "ConvClassHead", "FusedAnchorHead", "dataflow"
NAMED = {
    "yolov5": FUSED,
    "yolov5_one_class": FUSED,
    "yolov5_raw": FUSED,
    "yolov5_one_level": FUSED,
    "yolov5_seg": FUSED,
    "yolov4": FUSED,
    "yolov3_region": "RegionYolo",
    "ssd_otx": "DetectionOutput",
    "ppyoloe": "NmsScores",
    "suppressed": "NmsScores",
    "yolov3_raw": DATAFLOW,
    "atss": DATAFLOW,
    "raw_rows": DATAFLOW,
    "centerface": DATAFLOW,
}
"""What names the class heads of a fixture; of the others it is ConvClassHead."""


def eight_bits() -> Known:
    """YOLOv8, all tensors rounded."""
    return network()


def eight_bits_and_masks() -> Known:
    """YOLOv8-seg, all tensors rounded."""
    return network(True)


def quantised_as_onnx_has_it() -> Known:
    """The same, as whole numbers and back."""
    return network(rounded=quantised_and_back)


DETECTORS: tuple[Callable[[], Known], ...] = (
    *FAMILIES,
    *ONE_CLASS,
    yolov5_seg,
    yolov8_pose,
    eight_bits,
    eight_bits_and_masks,
    quantised_as_onnx_has_it,
)


def names_in(analysis: ModelAnalysis, tensors: frozenset[TensorId]) -> set[str]:
    """Names of the operations that make tensors."""
    return {analysis.original.output(tensor).get_node().get_friendly_name() for tensor in tensors}


@pytest.mark.parametrize("family", DETECTORS, ids=lambda family: family.__name__)
def test_class_heads_have_the_name_of_a_pattern(family: Callable[[], Known]) -> None:
    known = family()
    analysis = ModelAnalysis(known.model)
    detector = analysis.get(Detector)
    heads = detector.class_heads(trusted=True)
    assert isinstance(heads, ClassHeads)
    assert heads.found_by == NAMED.get(family.__name__, CONV)
    maps = detector.feature_maps(heads)
    assert isinstance(maps, FeatureMaps)
    assert maps.found_by == heads.found_by
    for pattern in CLASS_HEADS:
        bound = analysis.get(find_bound, pattern)
        if pattern in BY_LEVEL:
            bound = (frozenset().union(*bound),) if bound else ()
        assert [names_in(analysis, one) for one in bound] in ([], [set(known.heads)])


def test_how_many_are_named_and_what_is_proposed() -> None:
    models = [*(family().model for family in DETECTORS), two_stages(), queries()]
    named, accepted, false = Counter[str](), Counter[str](), Counter[str]()
    for model in models:
        analysis = ModelAnalysis(model)
        detector = analysis.get(Detector)
        heads = detector.class_heads(trusted=True)
        found = heads if isinstance(heads, ClassHeads) else detector.feature_maps(heads)
        assert isinstance(found, ClassHeads | FeatureMaps)
        named[found.found_by] += 1
        for proposals in list_proposals(analysis, trusted=True):
            accepted[proposals.pattern] += len(proposals.accepted)
            false[proposals.pattern] += len(proposals.false)
    assert dict(named) == {
        CONV: 22,
        FUSED: 6,
        "RegionYolo": 1,
        "DetectionOutput": 1,
        "NmsScores": 2,
        "RoiHead": 1,
        DATAFLOW: 5,
    }
    assert dict(accepted) == {
        CONV: 25,
        FUSED: 11,
        "RegionYolo": 2,
        "DetectionOutput": 1,
        "NmsScores": 2,
        "MaskPrototypes": 1,
        "RoiHead": 1,
    }
    assert sum(false.values()) == 0


def test_maps_of_regions() -> None:
    analysis = ModelAnalysis(two_stages())
    detector = analysis.get(Detector)
    maps = detector.feature_maps(detector.class_heads())
    assert isinstance(maps, FeatureMaps)
    assert maps.found_by == "RoiHead"
    (proposals,) = list_proposals(analysis)
    assert [names_in(analysis, one) for one in proposals.accepted] == [{"fine", "coarse"}]


def test_prototypes_of_masks() -> None:
    analysis = ModelAnalysis(network(True).model)
    instances = analysis.get(find_instances)
    assert not isinstance(instances, NoInstances)
    assert instances.found_by == "MaskPrototypes"


def test_queries_are_found_by_dataflow_alone() -> None:
    analysis = ModelAnalysis(queries())
    maps = analysis.get(Detector).feature_maps(analysis.get(Detector).class_heads())
    assert isinstance(maps, FeatureMaps)
    assert maps.found_by == DATAFLOW
    assert list_proposals(analysis) == ()


@pytest.mark.parametrize("kind", [*no_detectors(), "resized", "softmax", "sigmoid"])
def test_networks_that_are_no_detectors(kind: str) -> None:
    model = no_detectors().get(kind) or segments(kind=kind)
    analysis = ModelAnalysis(model)
    for pattern in (*CLASS_HEADS, MaskPrototypes, RoiHead):
        assert analysis.get(find_bound, pattern) == ()


def test_a_second_kind_of_scores_is_proposed_as_well_and_false() -> None:
    build = Builder(96)
    parts = {
        kind: ops.concat([flat(head, (0, 2, 3, 1), (0, -1, width)) for head in build.heads(kind, width)], 1)
        for kind, width in (("cls", CLASSES), ("quality", 1), ("box", 4))
    }
    scores = [ops.sigmoid(parts[kind]) for kind in ("cls", "quality")]
    analysis = ModelAnalysis(build.model(*scores, ops.multiply(parts["box"], ops.constant(np.float32(8)))))
    (proposals,) = list_proposals(analysis)
    assert [names_in(analysis, one) for one in proposals.accepted] == [{"cls0", "cls1"}]
    assert [names_in(analysis, one) for one in proposals.false] == [{"quality0", "quality1"}]


REAL = {
    "FastestDet.onnx": CONV,
    "yolox_nano_416.onnx": CONV,
    "yolov8n_seg_320_int8.tflite": CONV,
}
CONVERTED = {
    **dict.fromkeys(("ssdlite", "ssd300", "retinanet", "fcos", "yolov5n", "yolov8n", "yolov9t", "yolov10n"), CONV),
    **dict.fromkeys(("yolo11n", "yolo12n", "yolov8n-seg", "yolov8n-pose", "yolov8n-obb", "yolov3-tiny"), CONV),
    "rtdetr-resnet50": "DenseTokenHead",
    "fasterrcnn": "RoiHead",
    "maskrcnn": "RoiHead",
}


@pytest.mark.parametrize("name", REAL)
def test_real_detectors(name: str, data: Path) -> None:
    _check(data / name, REAL[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", CONVERTED)
def test_converted_detectors(name: str) -> None:
    _check(Path(os.environ.get("OVXAI_DETECTORS", "")) / f"{name}.xml", CONVERTED[name])


def _check(file: Path, wanted: str) -> None:
    if not file.is_file():
        pytest.skip(f"{file} is not there")
    analysis = ModelAnalysis(ov.Core().read_model(file))
    detector = analysis.get(Detector)
    heads = detector.class_heads(trusted=True)
    maps = detector.feature_maps(heads)
    assert isinstance(maps, FeatureMaps)
    assert maps.found_by == wanted
    assert not any(proposals.false for proposals in list_proposals(analysis, trusted=True))

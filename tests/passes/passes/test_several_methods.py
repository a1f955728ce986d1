"""Several methods in one model: each map is what a model of its method alone gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.classifier.target import TargetSearch

import ovxai_passes as xai
from ovxai_passes.insert import insert, plan
from ovxai_passes.model_info.maps import maps_of
from ovxai_passes.ops.precision import F32
from ovxai_passes.options import Options
from ovxai_passes.passes.targets import classifier
from tests.fixtures import attention_graphs, detector_graphs, graphs
from tests.patterns.detector.test_instances import prototypes
from tests.support.running import random_input, run
from tests.support.same_model import described, information


def yolo() -> ov.Model:
    return detector_graphs.yolov8().model


def mean_pooled() -> ov.Model:
    return graphs.vit(kept=0)


CLASSIFIER = ("reciprocam", "eigencam", "activationmap")
TRANSFORMER = ("eigencam", "vitreciprocam", "activationmap")
DETECTOR = ("detclassprobabilitymap", "eigencam", "activationmap")
SEGMENTER = ("instancemasks", "detclassprobabilitymap", "eigencam")

KINDS: dict[str, tuple[Callable[[], ov.Model], tuple[str, ...], dict[str, Any]]] = {
    "cnn": (graphs.cnn, CLASSIFIER, {}),
    "8-bit cnn": (graphs.quantised_cnn, CLASSIFIER, {}),
    "vit": (graphs.vit, TRANSFORMER, {}),
    "vit, one block more": (graphs.vit, TRANSFORMER, {"k": 2, "mask": "onehot"}),
    "best classes": (graphs.vit, TRANSFORMER, {"top_k": 2}),
    "given classes, joint": (graphs.cnn, CLASSIFIER, {"classes": [3, 1], "scaling": "joint"}),
    "raw": (graphs.cnn, CLASSIFIER, {"embed_scaling": False}),
    "two of a kind": (mean_pooled, ("vitreciprocam", "reciprocam"), {"k": 1}),
    "class attention": (attention_graphs.class_attention, ("eigencam", "vitreciprocam"), {}),
    "a part of the scores": (attention_graphs.two_branches, ("vitreciprocam", "activationmap"), {}),
    "detector": (yolo, DETECTOR, {}),
    "detector, a size": (yolo, DETECTOR, {"saliency_map_size": (5, 7)}),
    "detector, a level": (yolo, DETECTOR, {"saliency_map_size": "largest", "classes": [2]}),
    "instances": (prototypes, SEGMENTER, {}),
    "instances, a level": (prototypes, SEGMENTER, {"saliency_map_size": "middle"}),
}


def outputs(model: ov.Model, image: Any, config: dict[str, str] | None = None) -> dict[str, Any]:
    """All outputs of a model by name, those without one by their place."""
    compiled = ov.compile_model(model, "CPU", F32 if config is None else config)
    results = compiled([image])
    return {
        min(port.get_names(), default=str(place)): np.array(results[place])
        for place, port in enumerate(compiled.outputs)
    }


def name_of(place: int, method: str) -> str:
    return f"saliency_map_{method}" if place else "saliency_map"


def taken_by(method: str, options: dict[str, Any], kind: str) -> dict[str, Any]:
    """The options that can be given with a method alone, one by one, for such a model."""
    taken, tasks = {}, {"detector": xai.Task.DETECTION, "instances": xai.Task.INSTANCE_SEGMENTATION}
    task = tasks.get(kind.split(",", maxsplit=1)[0], xai.Task.CLASSIFICATION)
    for name, value in options.items():
        try:
            Options.checked(task=task, method=method, **{name: value})
        except xai.OptionError:
            continue
        taken[name] = value
    return taken


@pytest.mark.sampled(3)
@pytest.mark.parametrize("kind", KINDS)
def test_each_map_is_that_of_its_method_alone(kind: str) -> None:
    build, methods, options = KINDS[kind]
    model = build()
    image = random_input(model)
    together = outputs(xai.insert_xai(model, explain_method=methods, **options), image)
    for place, method in enumerate(methods):
        alone = xai.insert_xai(build(), explain_method=method, **taken_by(method, options, kind))
        found, wanted = together[name_of(place, method)], run(alone, image, name="saliency_map")
        assert found.shape == wanted.shape
        np.testing.assert_array_equal(found, wanted, err_msg=method)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("config", [{"INFERENCE_PRECISION_HINT": "f32"}, {}], ids=["f32", "default"])
@pytest.mark.parametrize(
    "kind", ["cnn", "8-bit cnn", "vit", "best classes", "class attention", "detector", "instances"]
)
def test_original_outputs_are_bit_identical(kind: str, config: dict[str, str]) -> None:
    build, methods, options = KINDS[kind]
    model = build()
    image = random_input(model)
    together = xai.insert_xai(model, explain_method=methods, feature_vector=True, **options)
    found = list(outputs(together, image, config).values())
    for wanted, value in zip(outputs(model, image, config).values(), found, strict=False):
        np.testing.assert_array_equal(value, wanted)


def test_outputs_and_their_order() -> None:
    together = xai.insert_xai(graphs.vit(), explain_method=TRANSFORMER, top_k=2, feature_vector=True)
    names = [min(port.get_names()) for port in together.outputs]
    further = ["saliency_map_vitreciprocam", "saliency_map_activationmap"]
    assert names == ["scores", "saliency_map", "saliency_classes", *further, "feature_vector"]
    alone = xai.insert_xai(graphs.vit(), explain_method="eigencam", feature_vector=True)
    image = random_input(alone)
    np.testing.assert_array_equal(run(together, image, name=-1), run(alone, image, name=-1))


def test_one_choice_of_classes_for_all() -> None:
    model = mean_pooled()
    image = random_input(model)
    best = np.argsort(-run(model, image))[:, :3]
    methods = ["reciprocam", "vitreciprocam"]
    chosen = outputs(xai.insert_xai(model, explain_method=methods, top_k=3), image)
    everything = outputs(xai.insert_xai(model, explain_method=methods), image)
    np.testing.assert_array_equal(chosen["saliency_classes"], best)
    for name in ("saliency_map", "saliency_map_vitreciprocam"):
        assert np.abs(chosen[name][0].astype(int) - everything[name][0, best[0]].astype(int)).max() <= 1


@pytest.mark.parametrize(
    ("build", "methods"),
    [(graphs.cnn, CLASSIFIER), (graphs.vit, TRANSFORMER), (graphs.windowed, ("reciprocam", "eigencam"))],
)
def test_a_dynamic_batch(build: Callable[[int], ov.Model], methods: tuple[str, ...]) -> None:
    together = xai.insert_xai(build(-1), explain_method=methods)
    images = random_input(build(-1), 3)
    found = outputs(together, images)
    alone = [outputs(together, images[row : row + 1]) for row in range(3)]
    for name in (name_of(*one) for one in enumerate(methods)):
        rows = np.concatenate([one[name] for one in alone])
        assert np.abs(found[name].astype(int) - rows.astype(int)).max() <= 1


@pytest.mark.parametrize(("build", "methods"), [(graphs.cnn, CLASSIFIER), (yolo, DETECTOR[:1] + DETECTOR[2:])])
def test_maps_follow_a_reshape(build: Callable[[], ov.Model], methods: tuple[str, ...]) -> None:
    together = xai.insert_xai(build(), explain_method=methods)
    shape = [1, 3, *(2 * size for size in together.inputs[0].shape[2:])]
    together.reshape(shape)
    image = random_input(together)
    found = outputs(together, image)
    for place, method in enumerate(methods):
        alone = xai.insert_xai(build(), explain_method=method)
        alone.reshape(shape)
        np.testing.assert_array_equal(found[name_of(place, method)], run(alone, image, name="saliency_map"))


def test_what_is_recorded(tmp_path: Path) -> None:
    found = insert(graphs.vit(), Options.checked(method=TRANSFORMER, top_k=2, mask="onehot"))
    ov.save_model(found.model, tmp_path / "maps.xml")
    back = ov.Core().read_model(tmp_path / "maps.xml")
    first, second, third = maps_of(back)
    assert [one.method for one in (first, second, third)] == list(TRANSFORMER)
    assert (first.said("mask"), second.said("mask"), third.said("mask")) == ("none", "onehot", "none")
    assert (first.said("top_k"), second.said("top_k"), second.said("k"), second.said("grid")) == (
        "none",
        "2",
        "1",
        "4x4",
    )
    assert second.said("target") == found.states[1].layers.target.name  # type: ignore[union-attr]
    info = {key: value.astype(str) for key, value in back.get_rt_info(["ovxai"]).astype(dict).items()}
    assert info["method"] == "eigencam"
    assert json.loads(info["options"]) == {"method": list(TRANSFORMER), "top_k": 2, "mask": "onehot"}
    costs = [one.cost for one in (found.report, *found.report.further)]
    assert float(info["total_cost"]) == found.report.total_cost == pytest.approx(sum(costs), abs=1e-3)
    assert min(costs[:2]) > 0


def test_one_method_is_recorded_as_before() -> None:
    info = xai.insert_xai(graphs.vit(), explain_method=["vitreciprocam"]).get_rt_info(["ovxai"]).astype(dict)
    assert not {"total_cost", "output", "further", "saliency_map_vitreciprocam"} & set(info)
    assert json.loads(info["options"].astype(str)) == {"method": "vitreciprocam"}


def test_a_plan_tells_of_all() -> None:
    report = plan(graphs.vit(), Options.checked(method=TRANSFORMER))
    assert [one.output for one in report.further] == ["saliency_map_vitreciprocam", "saliency_map_activationmap"]
    assert [one.readout for one in report.further] == ["class token"] * 2
    assert report.further[0].story
    assert json.loads(json.dumps(report.as_dict()))["further"][0]["method"] == "vitreciprocam"


def test_the_model_is_analysed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    class Counted(TargetSearch):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr(classifier, "TargetSearch", Counted)
    found = insert(graphs.vit(), Options.checked(method=TRANSFORMER))
    assert len(made) == 1
    assert len({id(state.analysis) for state in found.states}) == 1


@pytest.mark.parametrize("kind", ["cnn", "best classes", "two of a kind", "detector", "instances"])
def test_all_are_removed(kind: str) -> None:
    build, methods, options = KINDS[kind]
    model = build()
    before, said = described(model), information(model)
    plain = xai.remove_xai(xai.insert_xai(model, explain_method=methods, feature_vector=True, **options))
    assert described(plain) == before
    assert information(plain) == said


def test_the_maps_alone() -> None:
    alone = xai.insert_xai(graphs.cnn(), explain_method=CLASSIFIER, only_map=True)
    assert [port.get_names() for port in alone.outputs] == [{name_of(*one)} for one in enumerate(CLASSIFIER)]
    with pytest.raises(xai.OptionError, match="the original outputs were left out"):
        xai.remove_xai(alone)


def test_trimmed() -> None:
    model = graphs.vit()
    image = random_input(model)
    whole = xai.insert_xai(model, explain_method=TRANSFORMER, embed_scaling=False)
    trimmed = insert(model, Options.checked(method=TRANSFORMER, embed_scaling=False, trim=True))
    assert trimmed.report.trimmed > 0
    found = outputs(trimmed.model, image)
    for value, wanted in zip(found.values(), outputs(whole, image).values(), strict=True):
        np.testing.assert_allclose(value, wanted, atol=1e-4 * np.abs(wanted).max())


@pytest.mark.parametrize(
    ("build", "options", "said"),
    [
        (graphs.cnn, {"explain_method": ["eigencam", "eigencam"]}, "'eigencam' is given twice"),
        (graphs.cnn, {"explain_method": []}, "is empty: name a method"),
        (graphs.cnn, {"explain_method": ["reciprocam", "scorecam"]}, "takes one of"),
        (graphs.cnn, {"explain_method": ["reciprocam", "rise"]}, "'rise' is not available"),
        (graphs.cnn, {"explain_method": ["reciprocam", "detclassprobabilitymap"]}, "not for a model that classif"),
        (yolo, {"explain_method": ["activationmap", "reciprocam"]}, "'reciprocam' is not for a model that detects"),
        (graphs.cnn, {"explain_method": ["eigencam", "activationmap"], "mask": "onehot"}, "'eigencam', which masks"),
        (graphs.cnn, {"explain_method": ["eigencam", "activationmap"], "top_k": 2}, "one map for all classes"),
        (yolo, {"explain_method": ["eigencam", "activationmap"], "objectness": True}, "reads no class heads"),
        (yolo, {"explain_method": ["eigencam", "activationmap"], "saliency_map_size": (3, 3)}, "as large as a feature"),
        (graphs.cnn, {"explain_method": ["reciprocam", "vitreciprocam"]}, "vitreciprocam: "),
        (graphs.vit, {"explain_method": ["activationmap", "vitreciprocam"], "max_cost": 1e-3}, "vitreciprocam: .*cost"),
    ],
)
def test_refused(build: Callable[[], ov.Model], options: dict[str, Any], said: str, tmp_path: Path) -> None:
    model = build()
    before = described(model)
    with pytest.raises(xai.OvxaiError, match=said):
        xai.insert_xai(model, **options)
    assert described(model) == before


def test_an_output_of_the_name_of_a_map_is_refused() -> None:
    model = graphs.cnn()
    model.add_results([ops.result(model.outputs[0].get_node().input_value(0))])
    model.outputs[-1].get_tensor().set_names({"saliency_map_eigencam"})
    with pytest.raises(xai.OptionError, match="has an output named saliency_map_eigencam already"):
        xai.insert_xai(model, explain_method=["reciprocam", "eigencam"])


def test_a_state_is_of_one_method() -> None:
    with pytest.raises(xai.OptionError, match="several"):
        xai.InsertionState(Options.checked(method=CLASSIFIER))


def test_one_method_by_itself_is_no_list() -> None:
    assert Options.checked(method=["eigencam"]) == Options.checked(method="eigencam")

"""A map that is removed leaves the model as it was."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import openvino as ov
import pytest
from openvino import opset13 as ops
from openvino.passes import Manager

import ovxai_passes as xai
from tests.fixtures import attention_graphs, graphs
from tests.fixtures.detector_graphs import FAMILIES
from tests.support.same_model import described, information

OPTIONS: tuple[dict[str, object], ...] = (
    {},
    {"embed_scaling": False},
    {"top_k": 2, "feature_vector": True},
    {"scaling": "joint", "classes": [1, 3]},
    {"reference": True},
    {"top_k": 1, "colormap": "jet", "overlay": 0.5, "mean": 0, "saliency_map_size": "input", "threshold": 0.2},
)


def assert_same(model: ov.Model, **options: object) -> None:
    model.set_rt_info("cat dog", ["model_info", "labels"])
    before, said = described(model), information(model)
    augmented = xai.insert_xai(model, **options)  # type: ignore[arg-type]
    assert described(augmented) != before
    plain = xai.remove_xai(augmented)
    assert described(plain) == before
    assert information(plain) == said
    assert xai.is_augmented(augmented), "what is given is not modified"


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("build", [graphs.cnn, graphs.vit, graphs.quantised_cnn, attention_graphs.class_attention])
def test_classifiers_are_as_they_were(build: Callable[[], ov.Model], options: dict[str, object]) -> None:
    assert_same(build(), **options)


@pytest.mark.parametrize("family", FAMILIES[:6], ids=lambda family: family.__name__)
def test_detectors_are_as_they_were(family: Callable[[], object]) -> None:
    assert_same(family().model, feature_vector=True)  # type: ignore[attr-defined]


def test_a_model_read_from_a_file_is_as_it_was_read(tmp_path: Path) -> None:
    ov.save_model(graphs.vit(), tmp_path / "in.xml")
    core = ov.Core()
    read = core.read_model(tmp_path / "in.xml")
    ov.save_model(xai.insert_xai(read), tmp_path / "out.xml", compress_to_fp16=False)
    plain = xai.remove_xai(tmp_path / "out.xml")
    assert described(plain) == described(core.read_model(tmp_path / "in.xml"))
    assert information(plain) == information(read)


def test_an_older_ir_keeps_its_version(repro: Path) -> None:
    read = ov.Core().read_model(repro / "v10_cnn.xml")
    assert information(xai.remove_xai(xai.insert_xai(read)))["version"] == information(read)["version"] == "10"


@pytest.fixture
def repro() -> Path:
    folder = Path(os.environ.get("OVXAI_TEST_DATA", "../shared/data")).parent / "repro"
    if not (folder / "v10_cnn.xml").exists():
        pytest.skip("the model v10_cnn.xml is not here")
    return folder


def test_an_output_of_the_models_own_stays() -> None:
    """`feature_vector` is the model's own where the insertion was not asked for one."""
    model = graphs.cnn()
    pooled = next(node for node in model.get_ordered_ops() if node.get_type_name() == "ReduceMean")
    model.add_results([ops.result(pooled)])
    model.outputs[-1].get_tensor().set_names({"feature_vector"})
    assert_same(model, output="scores")


def test_it_runs_in_a_manager_in_place() -> None:
    model = graphs.cnn()
    before = described(model)
    augmented, manager = xai.insert_xai(model), Manager()
    manager.register_pass(xai.RemoveSaliencyMap())
    manager.run_passes(augmented)
    assert described(augmented) == before


@pytest.mark.parametrize(
    ("augmented", "reason"),
    [
        (graphs.cnn, "there is nothing to remove"),
        (lambda: xai.insert_xai(graphs.cnn(), only_map=True), "the original outputs were left out"),
        (lambda: xai.insert_xai(graphs.vit(), trim=True), "original model's operations were changed"),
    ],
)
def test_what_cannot_be_had_back_is_refused(augmented: Callable[[], ov.Model], reason: str) -> None:
    model = augmented()
    before = described(model)
    with pytest.raises(xai.OptionError, match=reason):
        xai.remove_xai(model)
    assert described(model) == before


def test_a_map_of_other_making_is_left() -> None:
    model = graphs.cnn()
    model.outputs[0].get_tensor().set_names({"saliency_map"})
    with pytest.raises(xai.OptionError, match="of other making"):
        xai.remove_xai(model)

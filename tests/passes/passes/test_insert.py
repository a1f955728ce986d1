"""The public function: what it keeps, what it adds, what it leaves alone."""

from __future__ import annotations

import gc
import logging
import weakref
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino.passes import Manager

import ovxai_passes as xai
from ovxai_passes.insert import insert, plan
from ovxai_passes.model_info.recorded import is_augmented
from ovxai_passes.ops.cost import operation_count
from ovxai_passes.options import Options
from tests.fixtures import graphs
from tests.support.running import random_input, run


def dressed() -> ov.Model:
    """A model with names, layouts and rt_info to lose."""
    model = graphs.cnn(-1, softmax=True)
    model.set_friendly_name("dressed")
    model.set_rt_info("cat dog", ["model_info", "labels"])
    model.inputs[0].set_names({"image", "alias"})
    model.get_parameters()[0].set_layout(ov.Layout("NCHW"))
    pooled = next(node for node in model.get_ordered_ops() if node.get_type_name() == "ReduceMean")
    pooled.output(0).set_names({"features"})
    model.add_results([ov.opset13.result(pooled)])
    return model


def description(model: ov.Model) -> list[object]:
    ports = [*model.inputs, *model.outputs]
    return [(sorted(port.get_names()), str(port.get_partial_shape()), str(port.get_element_type())) for port in ports]


def test_everything_else_survives() -> None:
    model = dressed()
    before, count = description(model), operation_count(model)
    augmented = xai.insert_xai(model, output="scores")
    assert description(model) == before, "the argument was modified"
    assert operation_count(model) == count
    assert not model.has_rt_info(["ovxai"])
    after = description(augmented)
    assert after[: len(before)] == before
    assert after[len(before) :] == [(["saliency_map"], "[?,5,4,4]", "<Type: 'uint8_t'>")]
    assert augmented.get_friendly_name() == "dressed"
    assert augmented.get_rt_info(["model_info", "labels"]).astype(str) == "cat dog"
    assert str(augmented.get_parameters()[0].get_layout()) == "[N,C,H,W]"
    names = [node.get_friendly_name() for node in model.get_ordered_ops()]
    assert set(names) <= {node.get_friendly_name() for node in augmented.get_ordered_ops()}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("config", [{"INFERENCE_PRECISION_HINT": "f32"}, {}], ids=["f32", "default"])
@pytest.mark.parametrize("method", [None, "activationmap", "eigencam"])
@pytest.mark.parametrize("build", [graphs.cnn, graphs.nhwc_cnn, graphs.quantised_cnn, graphs.vit, graphs.windowed])
def test_original_outputs_are_bit_identical(build: object, method: str | None, config: dict[str, str]) -> None:
    assert callable(build)
    model = build()
    image = random_input(model)
    augmented = xai.insert_xai(model, explain_method=method)
    np.testing.assert_array_equal(run(augmented, image, config=config), run(model, image, config=config))


@pytest.mark.parametrize("batch", [1, -1])
def test_the_networks_own_transpose_stays_unshared(batch: int) -> None:
    model = graphs.transposed_pooling(batch)
    augmented = xai.insert_xai(model)
    pooling = next(node for node in augmented.get_ordered_ops() if node.get_type_name() == "ReduceMean")
    transpose = pooling.input_value(0).get_node()
    assert transpose.get_type_name() == "Transpose"
    assert len(transpose.output(0).get_target_inputs()) == 1
    readers = [reader.get_node() for reader in transpose.input_value(0).get_target_inputs()]
    assert sum(node.get_type_name() == "Transpose" for node in readers) == 1, "a plugin would merge the two"
    image = random_input(model)
    np.testing.assert_array_equal(run(augmented, image), run(model, image))


def test_saved_and_read_back(tmp_path: Path) -> None:
    model = dressed()
    augmented = xai.insert_xai(model, output="scores")
    ov.save_model(augmented, tmp_path / "out.xml", compress_to_fp16=False)
    back = ov.Core().read_model(tmp_path / "out.xml")
    image = random_input(model, 3)
    wanted = run(augmented, image, name="saliency_map")
    np.testing.assert_array_equal(run(back, image, name="saliency_map"), wanted)
    info = {key: value.astype(str) for key, value in back.get_rt_info(["ovxai"]).astype(dict).items()}
    assert info["method"] == "reciprocam"
    assert info["grid"] == "4x4"
    assert info["version"] == xai.__version__
    assert {"task", "readout", "target", "mask", "k", "kept_tokens", "scores", "classes", "scaling"} <= set(info)


@pytest.mark.parametrize("compress", [False, True])
def test_paths_and_compressed_weights(tmp_path: Path, compress: bool) -> None:
    ov.save_model(graphs.vit(), tmp_path / "in.xml", compress_to_fp16=compress)
    plain = ov.Core().read_model(tmp_path / "in.xml")
    augmented = xai.insert_xai(tmp_path / "in.xml")
    image = random_input(plain)
    np.testing.assert_array_equal(run(augmented, image), run(plain, image))
    same = xai.insert_xai(str(tmp_path / "in.xml"))
    np.testing.assert_array_equal(run(same, image, name=1), run(augmented, image, name=1))


def test_an_augmented_model_is_returned_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    augmented = xai.insert_xai(graphs.cnn())
    with caplog.at_level(logging.WARNING):
        assert xai.insert_xai(augmented) is augmented
    assert "already" in caplog.text
    assert is_augmented(augmented)


def test_notices_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    model = graphs.windowed()
    roll = next(node for node in model.get_ordered_ops() if node.get_type_name() == "Roll")
    with caplog.at_level(logging.WARNING):
        xai.insert_xai(model, target_layer=roll.get_friendly_name())
    assert "other paths" in caplog.text


def test_passes_one_by_one_in_a_manager_of_ones_own() -> None:
    model = graphs.vit()
    state = xai.InsertionState(Options())
    manager = Manager()
    for stage in (xai.Locate, xai.Cut, xai.BuildBranch, xai.Scale, xai.Graft, xai.Record):
        manager.register_pass(stage(state))
    manager.run_passes(model)
    image = random_input(model)
    wanted = run(xai.insert_xai(graphs.vit()), image, name="saliency_map")
    np.testing.assert_array_equal(run(model, image, name="saliency_map"), wanted)


def test_the_head_runs_alone_and_all_ones_give_the_scores() -> None:
    model = graphs.vit(-1)
    insertion = insert(model, Options())
    image = random_input(model)
    from ovxai_passes.model_info.tensor_values import tensors_at  # noqa: PLC0415

    (feature,) = tensors_at(model, [insertion.target.layer], [image])
    ones = np.ones(insertion.site.positions.ids.shape, np.float32)
    np.testing.assert_allclose(run(insertion.head.model, feature, ones), run(model, image), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("reference", [False, True])
def test_tensor_names_inside_survive_saving(tmp_path: Path, reference: bool) -> None:
    model = graphs.vit()
    for number, node in enumerate(model.get_ordered_ops()):
        if node.get_type_name() in ("MatMul", "Add", "Softmax"):
            node.output(0).set_names({f"tensor{number}"})
    ov.save_model(xai.insert_xai(model, reference=reference), tmp_path / "out.xml")

    def names(one: ov.Model) -> set[str]:
        return {name for node in one.get_ops() for port in node.outputs() for name in port.get_names()}

    inner = {name for name in names(model) if name.startswith("tensor")}
    assert inner <= names(ov.Core().read_model(tmp_path / "out.xml"))


def test_stages_leave_models_that_run_alone() -> None:
    insertion = insert(graphs.cnn(), Options())
    branch = insertion.branch
    assert ov.compile_model(branch.model, "CPU").outputs[0].get_element_type() == ov.Type.f32


def test_options_by_value() -> None:
    assert Options(task="classification", mask="onehot").mask is xai.Mask.ONE_HOT  # type: ignore[arg-type]
    with pytest.raises(xai.OptionError, match="takes one of"):
        xai.insert_xai(graphs.cnn(), task=None)  # type: ignore[arg-type]


def test_a_plan_changes_nothing() -> None:
    model = graphs.vit()
    count = operation_count(model)
    report = plan(model, Options())
    assert (report.method, report.ops_growth) == ("vitreciprocam", None)
    assert report.story
    assert operation_count(model) == count


def test_passes_and_models_are_released() -> None:
    insertion = insert(graphs.cnn(), Options())
    watched = weakref.ref(insertion.state)
    del insertion
    gc.collect()
    assert watched() is None

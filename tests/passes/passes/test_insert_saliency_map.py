"""InsertSaliencyMap: one pass, in place; a model is changed as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino.passes import Manager, ModelPass

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.passes import insert_saliency_map
from tests.fixtures import attention_graphs, detector_graphs, graphs
from tests.support.running import random_input, run

STAGES = (
    *("Locate", "Cut", "BuildBranch", "Scale", "Resize", "Threshold", "Round", "Colour", "Overlay", "Pool"),
    *("Graft", "Trim", "KeepMap", "Record", "Tell"),
)


def inserted_in_place(model: ov.Model, options: xai.Options) -> xai.InsertSaliencyMap:
    inserting = xai.InsertSaliencyMap(options)
    manager = Manager()
    manager.register_pass(inserting)
    manager.run_passes(model)
    return inserting


def written(model: ov.Model, folder: Path) -> tuple[bytes, bytes]:
    """All that is saved of a model: names, shapes, rt_info, constants."""
    path = folder / "model.xml"
    ov.save_model(model, path, compress_to_fp16=False)
    return path.read_bytes(), path.with_suffix(".bin").read_bytes()


@pytest.mark.parametrize("build", [graphs.cnn, graphs.vit, lambda: detector_graphs.yolov8().model])
def test_in_place_is_what_insert_xai_makes(build: Callable[[], ov.Model]) -> None:
    model = build()
    image = random_input(model)
    wanted = xai.insert_xai(model)
    inserting = inserted_in_place(model, xai.Options())
    assert [port.get_names() for port in model.outputs] == [port.get_names() for port in wanted.outputs]
    np.testing.assert_array_equal(run(model, image, name="saliency_map"), run(wanted, image, name="saliency_map"))
    assert inserting.state.report is not None
    assert inserting.state.report.ops_growth == insert(build(), xai.Options()).report.ops_growth


@pytest.mark.parametrize("stage", STAGES)
def test_a_failure_after_any_stage_leaves_the_model_as_it_was(
    stage: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real: type[ModelPass] = getattr(insert_saliency_map, stage)
    ran = []

    class Failing(real):
        def run_on_model(self, model: ov.Model) -> bool:
            super().run_on_model(model)
            ran.append(stage)
            raise xai.OptionError("after the stage")

    monkeypatch.setattr(insert_saliency_map, stage, Failing)
    model = graphs.vit()
    before = written(model, tmp_path)
    operations = [op.get_name() for op in model.get_ordered_ops()]
    with pytest.raises(xai.OptionError, match="after the stage"):
        inserted_in_place(model, xai.Options(trim=True, feature_vector=True, only_map=True))
    assert ran == [stage]
    assert written(model, tmp_path) == before
    assert [op.get_name() for op in model.get_ordered_ops()] == operations


def test_a_refusal_leaves_the_model_as_it_was(tmp_path: Path) -> None:
    model = graphs.cnn()
    before = written(model, tmp_path)
    with pytest.raises(xai.TargetNotFoundError):
        inserted_in_place(model, xai.Options(target_layer="none such"))
    assert written(model, tmp_path) == before


@pytest.mark.parametrize("stage", [xai.Cut, xai.BuildBranch, xai.Scale, xai.Pool, xai.Graft, xai.Trim, xai.KeepMap])
def test_a_stage_without_what_it_reads_says_what_is_missing(stage: type[ModelPass]) -> None:
    manager = Manager()
    manager.register_pass(stage(xai.InsertionState(xai.Options())))
    with pytest.raises(xai.StageError, match=r"register .* before this stage"):
        manager.run_passes(graphs.cnn())


def test_a_part_of_the_class_scores_is_explained_in_place() -> None:
    model = attention_graphs.two_branches()
    inserting = inserted_in_place(model, xai.Options())
    assert inserting.state.report is not None
    assert any("one of 2 branches" in notice for notice in inserting.state.report.notices)
    assert run(model, random_input(model), name="saliency_map").any()


def test_a_model_that_has_a_map_stays_as_it_is(tmp_path: Path) -> None:
    model = xai.insert_xai(graphs.cnn())
    before = written(model, tmp_path)
    inserted_in_place(model, xai.Options())
    assert written(model, tmp_path) == before
    with pytest.raises(xai.OptionError, match="has a saliency_map already"):
        inserted_in_place(model, xai.Options(method=xai.Method.ACTIVATIONMAP))

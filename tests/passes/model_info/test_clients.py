"""Clients that were written without this package in mind read augmented models."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.shapes import make_picture

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.methods.spec import required
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.options import Options
from tests.fixtures import detector_graphs, detector_parts, graphs
from tests.support.running import random_input, run

NEEDED = "the client needs Python 3.11 and: pip install 'ovxai-passes[clients]'"


@pytest.fixture
def model_api() -> Any:
    return pytest.importorskip("model_api.models", reason=NEEDED)


def saved(model: ov.Model, folder: Path, name: str = "model") -> str:
    ov.save_model(model, folder / f"{name}.xml", compress_to_fp16=False)
    return str(folder / f"{name}.xml")


@pytest.mark.parametrize("options", [{}, {"feature_vector": True}, {"top_k": 3, "feature_vector": True}], ids=str)
def test_a_wrapper_of_classifiers_returns_the_map(model_api: Any, tmp_path: Path, options: dict[str, Any]) -> None:
    model = ov.Core().read_model(demo.model_path("demo:cnn"))
    picture = make_picture(1_000_000).pixels
    plain = model_api.Model.create_model(saved(model, tmp_path, "plain"), preload=True)(picture)
    augmented = xai.insert_xai(model, **options)
    found = model_api.Model.create_model(saved(augmented, tmp_path), preload=True)(picture)
    assert [(one.id, one.name) for one in found.top_labels] == [(one.id, one.name) for one in plain.top_labels]
    assert [one.confidence for one in found.top_labels] == [one.confidence for one in plain.top_labels]
    assert found.saliency_map.shape == (1, options.get("top_k", 8), 8, 8)
    assert found.saliency_map.dtype == np.uint8
    wanted = run(augmented, picture.transpose(2, 0, 1)[None].astype(np.float32), name="saliency_map", config={})
    assert np.abs(found.saliency_map.astype(int) - wanted.astype(int)).max() <= 4, "the same to the rounding of bf16"
    assert found.feature_vector.shape == ((1, 96) if options else (0,))


def test_a_wrapper_of_classifiers_reads_what_the_model_was_told(model_api: Any, tmp_path: Path) -> None:
    """The picture as the client prepares it gives the scores of the picture as `Preparation` does, prepared here."""
    model, picture = ov.Core().read_model(demo.model_path("demo:cnn")), make_picture(1_000_000).pixels
    names = [f"shape number {number}" for number in range(8)]
    told = xai.insert_xai(model, labels=names, mean=(20, 10, 0), scale=(2, 1, 0.5), bgr=True, resize_type="crop")
    wrapper = model_api.Model.create_model(saved(told, tmp_path), preload=True)
    assert wrapper.params.labels == ["_".join(name.split()) for name in names]
    assert wrapper.params.mean_values == [20, 10, 0]
    assert wrapper.params.scale_values == [2, 1, 0.5]
    assert wrapper.params.reverse_input_channels is True
    assert wrapper.params.resize_type == "crop"
    fed = ((picture[..., ::-1].astype(np.float32) - [20, 10, 0]) / [2, 1, 0.5]).transpose(2, 0, 1)[None]
    scores = run(told, fed.astype(np.float32), config={})
    best = wrapper(picture).top_labels[0]
    assert best.id == int(scores[0].argmax())
    assert best.name == wrapper.params.labels[best.id]
    shares = np.exp(scores[0] - scores[0].max())
    assert best.confidence == pytest.approx(float(shares.max() / shares.sum()), abs=0.02)


def test_a_wrapper_of_detectors_reads_what_the_model_was_told(model_api: Any, tmp_path: Path) -> None:
    model, picture = ssd(), np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8, endpoint=True)
    names = ["big dog", *"bcde"]
    told = xai.insert_xai(model, labels=names, mean=127, scale=500, bgr=True, layout="NCHW", resize_type="standard")
    settings = {"confidence_threshold": 0.1}
    found = model_api.Model.create_model(saved(told, tmp_path), configuration=settings, preload=True)(picture)
    assert set(found.label_names) <= {"big_dog", *"bcde"}
    assert len(found.scores)
    fed = ((picture[..., ::-1].astype(np.float32) - 127) / 500).transpose(2, 0, 1)[None]
    said = run(told, fed, name="boxes", config={})[0][:, 4]
    assert np.abs(said[:, None] - np.asarray(found.scores)).min(0).max() < 1e-4
    other = run(told, picture.astype(np.float32).transpose(2, 0, 1)[None], name="boxes", config={})[0][:, 4]
    assert np.abs(other[:, None] - np.asarray(found.scores)).min(0).max() > 1e-3, "unprepared, it says otherwise"


def test_wrappers_take_models_with_pictures_of_the_map(model_api: Any, tmp_path: Path) -> None:
    shown: dict[str, Any] = {"overlay": 0.5, "colormap": "jet"}
    classifier = xai.insert_xai(demo.model_path("demo:cnn"), top_k=1, saliency_map_size="input", **shown)
    found = model_api.Model.create_model(saved(classifier, tmp_path), preload=True)(make_picture(1_000_000).pixels)
    assert found.saliency_map.shape == (1, 1, 64, 64)
    detector = saved(xai.insert_xai(ssd(), classes=[1], mean=0, **shown), tmp_path, "detector")
    picture = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8, endpoint=True)
    settings = {"confidence_threshold": 0.1}
    found = model_api.Model.create_model(detector, configuration=settings, preload=True)(picture)
    assert len(found.scores)
    assert found.saliency_map.shape == (1, 1, 23, 23)


def ssd(batch: int = 1) -> ov.Model:
    """The best twenty places of a detector as boxes [1,20,5] and labels [1,20]."""
    build = detector_parts.Builder(30, batch=batch)
    rows = []
    for kind, width in (("box", 4), ("cls", detector_parts.CLASSES)):
        flat = [ops.reshape(head, ops.constant([0, width, -1]), special_zero=True) for head in build.heads(kind, width)]
        rows.append(ops.concat(flat, 2))
    scores = ops.sigmoid(rows[1])
    best = ops.topk(ops.reduce_max(scores, ops.constant([1]), False), ops.constant(20), 1, "max", "value", "i64")
    label = ops.topk(scores, ops.constant(1), 1, "max", "value", "i64").output(1)
    chosen = ops.squeeze(best.output(1), ops.constant([0]))
    places = build.rng.uniform(2, 20, (1, 4, 80)).astype(np.float32)
    places[:, 2:] += 10
    boxes = ops.gather(ops.add(ops.sigmoid(rows[0]), ops.constant(places)), chosen, ops.constant(2))
    said = ops.unsqueeze(best.output(0), ops.constant([2]))
    joined = ops.concat([ops.transpose(boxes, ops.constant([0, 2, 1])), said], 2)
    labels = ops.squeeze(ops.gather(label, chosen, ops.constant(2)), ops.constant([1]))
    model = build.model(joined, labels)
    for port, name in zip(model.outputs, ("boxes", "labels"), strict=True):
        port.get_tensor().set_names({name})
    model.get_parameters()[0].layout = ov.Layout("NCHW")
    model.set_rt_info("ssd", ["model_info", "model_type"])
    model.set_rt_info("a b c d e", ["model_info", "labels"])
    return model


def test_a_wrapper_of_detectors_returns_the_map(model_api: Any, tmp_path: Path) -> None:
    model = ssd()
    picture = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8, endpoint=True)
    settings = {"confidence_threshold": 0.1}
    plain = model_api.Model.create_model(saved(model, tmp_path, "plain"), configuration=settings, preload=True)(picture)
    augmented = xai.insert_xai(model, feature_vector=True)
    found = model_api.Model.create_model(saved(augmented, tmp_path), configuration=settings, preload=True)(picture)
    assert len(plain.scores) > 0
    np.testing.assert_array_equal(found.bboxes, plain.bboxes)
    np.testing.assert_array_equal(found.labels, plain.labels)
    np.testing.assert_array_equal(found.scores, plain.scores)
    assert found.saliency_map.shape == (1, 5, 23, 23)
    assert found.saliency_map.dtype == np.uint8
    assert found.feature_vector.shape == (1, 8)
    inserted = insert(model, Options(feature_vector=True))
    tensor, positions = required(inserted.target.pooled)
    assert positions.grid == (4, 4)
    image = random_input(model)
    vector = run(inserted.model, image, name="feature_vector")
    np.testing.assert_allclose(vector, run_at(model, tensor, image).mean((2, 3)), rtol=1e-4, atol=1e-5)


def test_where_a_client_refuses_further_outputs_the_report_says_so() -> None:
    refused = "refuse further outputs"
    known = detector_graphs.ssd_otx().model
    assert any(refused in notice for notice in insert(known, Options()).report.notices)
    yolo = ov.Core().read_model(demo.model_path("demo:detector"))
    assert any("YOLO models refuse" in notice for notice in insert(yolo, Options()).report.notices)
    alone = insert(yolo, Options(only_map=True))
    assert not any(refused in notice for notice in alone.report.notices)
    many = graphs.cnn()
    many.set_rt_info("Classification", ["model_info", "model_type"])
    assert insert(many, Options()).report.notices == ()


def test_a_model_of_the_map_alone() -> None:
    for model in (graphs.cnn(), detector_graphs.yolov8().model):
        alone = xai.insert_xai(model, only_map=True)
        assert [port.get_names() for port in alone.outputs] == [{"saliency_map"}]
        image = random_input(model)
        beside = run(xai.insert_xai(model), image, name="saliency_map")
        assert np.abs(run(alone, image).astype(int) - beside.astype(int)).max() <= 1


def test_feature_vectors() -> None:
    model = graphs.cnn()
    image = random_input(model)
    found = insert(model, Options(feature_vector=True))
    assert [sorted(port.get_names()) for port in found.model.outputs][1:] == [["saliency_map"], ["feature_vector"]]
    vector = run(found.model, image, name="feature_vector")
    probed = run_at(model, found.target.layer, image)
    np.testing.assert_allclose(vector, probed.mean((2, 3)), rtol=1e-5, atol=1e-6)
    again = ov.Model([*found.model.outputs[:1]], found.model.get_parameters())
    again.outputs[0].get_tensor().set_names({"feature_vector"})
    with pytest.raises(xai.OptionError, match="has an output named feature_vector already"):
        insert(again, Options(feature_vector=True))


def test_the_feature_vector_of_a_transformer_is_its_class_token() -> None:
    model = ov.Core().read_model(demo.model_path("demo:vit"))
    image = random_input(model)
    found = insert(model, Options(feature_vector=True))
    tokens = run_at(model, found.target.layer, image)
    np.testing.assert_allclose(run(found.model, image, name="feature_vector"), tokens[:, 0], rtol=1e-4, atol=1e-5)


def run_at(model: ov.Model, tensor: tuple[int, int], image: Any) -> Any:
    return tensors_at(model, [tensor], [image])[0]


def test_benchmark_app_runs_augmented_models(tmp_path: Path) -> None:
    model = saved(xai.insert_xai(graphs.cnn()), tmp_path)
    command = "from openvino.tools.benchmark.main import main; main()"
    shape = "[1,3,8,8]"
    done = subprocess.run(
        [sys.executable, "-c", command, "-m", model, "-d", "CPU", "-niter", "2", "-hint", "none", "-shape", shape],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "saliency_map" in done.stdout
    assert "Throughput" in done.stdout

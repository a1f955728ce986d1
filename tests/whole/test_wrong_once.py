"""Small models whose original outputs changed, or whose maps were rounded, without a word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from ovxai_tools.checks.verify import random_case, verify

from ovxai_passes.insert import insert
from ovxai_passes.model_info.read import read_model
from ovxai_passes.options import Options
from tests.support.bits import changed_outputs
from tests.support.running import run

TWO_BRANCHES = (
    "bits_absdiff_own",
    "bits_absdiff_shared",
    "bits_diff",
    "bits_ens_weighted",
    "bits_sqdiff",
    "siamese",
)


@pytest.mark.parametrize("name", [*TWO_BRANCHES, "stateful_verify", "v10_cnn"])
def test_outputs_stay_as_they_are(name: str, repro: Path) -> None:
    model = read_model(repro / f"{name}.xml")
    assert not changed_outputs(model, insert(model, Options()).model, 10)


def test_outputs_of_a_quantised_network_stay_as_they_are(repro: Path) -> None:
    model = read_model(repro / "qdq.onnx")
    assert not changed_outputs(model, insert(model, Options()).model)


@pytest.mark.parametrize("name", ["stateful_verify.xml", "v10_cnn.xml", "qdq.onnx", "siamese.xml"])
def test_verified(name: str, repro: Path, tmp_path: Path) -> None:
    model = read_model(repro / name)
    ov.save_model(insert(model, Options()).model, tmp_path / "out.xml", compress_to_fp16=False)
    written = read_model(tmp_path / "out.xml")
    assert written.output("saliency_map").get_element_type() == ov.Type.u8
    held = verify(model, written, insert(model, Options(embed_scaling=False)), [random_case(model)])
    assert any("naive definition on all" in line for line in held)
    assert "8 more random inputs: original outputs the same to the bit" in held


@pytest.mark.parametrize(("keeps", "rounded"), [(False, False), (True, True)])
def test_rounding_of_quantised_scores(keeps: bool, rounded: bool, repro: Path) -> None:
    model = read_model(repro / "qdq.onnx")
    done = insert(model, Options(embed_scaling=False, keep_quantization=keeps))
    image = np.random.default_rng(0).standard_normal([1, 3, 64, 48]).astype(np.float32)
    saliency = run(done.model, image, name="saliency_map")
    assert (len(np.unique(saliency)) < 60) is rounded
    assert done.site.scores.quantizers == (0 if keeps else 1)

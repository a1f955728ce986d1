"""Keras models, as objects and in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest

import ovxai_passes as xai
from ovxai_passes.ops.precision import F32

WHY = "a source is Keras: pip install 'ovxai-passes[keras]'"
pytest.importorskip("tensorflow", reason=WHY)
keras: Any = pytest.importorskip("keras", reason=WHY)
pytestmark = [pytest.mark.filterwarnings(f"ignore::{kind}") for kind in ("UserWarning", "DeprecationWarning")]


@pytest.fixture(scope="module")
def network() -> Any:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Conv2D(8, 3, strides=4, padding="same", activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5, activation="softmax"),
        ]
    )


@pytest.mark.parametrize("kind", ["object", "model.keras", "model.h5", "folder"])
def test_objects_files_and_folders(network: Any, kind: str, tmp_path: Path, capfd: Any) -> None:
    given: Any = network if kind == "object" else tmp_path / kind
    if kind == "folder":
        network.export(given, verbose=False)
    elif kind != "object":
        network.save(given)
    capfd.readouterr()
    model = xai.insert_xai(given)
    assert capfd.readouterr().out == ""
    x = np.random.default_rng(0).random((2, 16, 16, 3), np.float32)
    found = ov.compile_model(model, "CPU", F32)([x])
    np.testing.assert_allclose(found[0], network(x), atol=1e-5)
    assert found["saliency_map"].shape == (2, 5, 4, 4)


def test_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"PK no archive")
    with pytest.raises(xai.ModelReadError, match="Keras does not load it"):
        xai.read_model(tmp_path / "model.keras")

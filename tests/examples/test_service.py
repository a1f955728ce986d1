"""The service answers with what the model says, and a picture of the size of what it was given."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import openvino as ov
from ovxai_tools.demo import shipped as demo

import ovxai_passes as xai
from tests.support.extras import needs_pictures

EXAMPLE = Path(__file__).resolve().parents[2] / "tools" / "examples" / "service.py"


def test_the_best_class_and_its_overlay(tmp_path: Path) -> None:
    needs_pictures()
    from PIL import Image  # noqa: PLC0415  # an extra

    shown = demo.pictures()[0]
    xai_model = xai.insert_xai(demo.model_path("demo:cnn"), top_k=1)
    ov.save_model(xai_model, tmp_path / "shown.xml")
    large = Image.open(shown.path).convert("RGB").resize((150, 100))
    given = io.BytesIO()
    large.save(given, "PNG")
    (tmp_path / "photo.png").write_bytes(given.getvalue())
    call = [
        sys.executable,
        *map(str, (EXAMPLE, *(tmp_path / one for one in ("shown.xml", "photo.png", "overlay.png")))),
    ]
    said = subprocess.run(call, check=True, capture_output=True, text=True, timeout=60).stdout
    assert said.startswith(shown.label)
    overlay = np.asarray(Image.open(tmp_path / "overlay.png"))
    assert overlay.shape == (100, 150, 3)
    changed = np.abs(overlay.astype(int) - np.asarray(large)).sum(2)
    assert changed.min() != changed.max()

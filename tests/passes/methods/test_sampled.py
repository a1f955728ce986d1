"""On a slow machine `--verify` looks at a sample of the positions, and allows what it allows elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from ovxai_tools.checks import verify

from ovxai_passes.insert import insert
from ovxai_passes.model_info.read import read_model
from ovxai_passes.options import Options


def test_what_is_allowed_is_a_share_of_the_whole_range(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "_PATIENCE", 0)
    model = read_model(data / "SqueezeNet_fp16.onnx")
    written, raw = insert(model, Options()), insert(model, Options(embed_scaling=False))
    held = verify.verify(model, written.model, raw, [verify.random_case(model)])
    assert any("64 of 169 positions" in line for line in held)

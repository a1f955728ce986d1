"""ExportedPrograms, as objects and in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest

import ovxai_passes as xai
from ovxai_passes.ops.precision import F32

torch: Any = pytest.importorskip("torch", reason="a source is torch.export: pip install 'ovxai-passes[torch]'")
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind}") for kind in ("UserWarning", "FutureWarning", "DeprecationWarning")
]


@pytest.fixture(scope="module")
def module() -> Any:
    torch.manual_seed(0)
    layers = (torch.nn.Conv2d(3, 8, 3, padding=1, stride=4), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1))
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(8, 5)).eval()


@pytest.mark.parametrize("batch", [None, "dynamic"])
def test_objects_and_files(module: Any, batch: str | None, tmp_path: Path) -> None:
    x = torch.rand(2, 3, 16, 16)
    sizes = ({0: torch.export.Dim.DYNAMIC},) if batch else None
    program = torch.export.export(module, (x,), dynamic_shapes=sizes)
    torch.export.save(program, tmp_path / "model.pt2")
    for given in (program, tmp_path / "model.pt2"):
        model = xai.insert_xai(given)
        assert str(model.inputs[0].partial_shape) == ("[?,3,16,16]" if batch else "[2,3,16,16]")
        found = ov.compile_model(model, "CPU", F32)([x.numpy()])
        np.testing.assert_allclose(found[0], module(x).detach(), atol=1e-5)
        assert found["saliency_map"].shape == (2, 5, 4, 4)


def test_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "model.pt2").write_bytes(b"PK no archive")
    with pytest.raises(xai.ModelReadError, match=r"torch\.export does not load it"):
        xai.read_model(tmp_path / "model.pt2")

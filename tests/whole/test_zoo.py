"""Networks of timm against maps computed by PyTorch, and the sweep over all of its modules."""

from __future__ import annotations

import contextlib
import csv
import os
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from ovxai_tools.checks import timm_zoo
from ovxai_tools.cli import sweep, zoo

import ovxai_passes as xai
from ovxai_passes.ops.precision import F32
from ovxai_passes.reference.comparing import worst_difference
from tests.support.cli import invoke
from tests.support.extras import timm_network

# the networks, and the functions of references.py: that module needs torch, so it is imported where it is used
FAST = {"cait_xxs24_224": "cait", "crossvit_tiny_240": "crossvit", "pit_ti_224": "pit"}
SLOW = {
    "coat_lite_tiny": "coat_lite",
    "coat_tiny": "coat",
    "tnt_s_patch16_224": "tnt",
    "volo_d1_224": "volo",
    "xcit_nano_12_p8_224": "xcit",
}


def _cases() -> list[Any]:
    """All of them with both batches; one dynamic batch is enough by default."""
    slow = pytest.mark.slow
    fast = [pytest.param(name, False) for name in FAST] + [pytest.param("cait_xxs24_224", True)]
    more = [(name, flag) for name in FAST | SLOW for flag in (False, True)]
    known = [case.values for case in fast]
    return fast + [pytest.param(*case, marks=slow) for case in more if case not in known]


@pytest.mark.parametrize(("name", "dynamic"), _cases())
def test_map_is_what_pytorch_computes(name: str, dynamic: bool) -> None:
    model = timm_network(name)
    import torch  # noqa: PLC0415  # an extra

    from tests.support import references  # noqa: PLC0415  # needs torch

    shape = (2 if dynamic else 1, *timm_zoo.picture_size(model))
    image = torch.randn(shape, generator=torch.Generator().manual_seed(3))
    wanted = getattr(references, (FAST | SLOW)[name])(model, image[-1:]).T.numpy()
    augmented = xai.insert_xai(timm_zoo.converted(model, dynamic), embed_scaling=False)
    found = ov.compile_model(augmented, "CPU", F32)(image.numpy())["saliency_map"][-1]
    assert np.ptp(wanted) > 1e-2
    assert worst_difference(found, wanted.reshape(found.shape)) <= 1


@pytest.mark.slow
@pytest.mark.parametrize("batch", ["static", "dynamic"])
def test_every_module_of_timm(batch: str, tmp_path: Path) -> None:
    """OVXAI_ZOO names the folder where converted models are kept, in `static` and `dynamic`; 40 minutes fill it."""
    folder = Path(os.environ.get("OVXAI_ZOO", tmp_path)) / batch
    if not list(folder.glob("*.xml")):
        timm_network("test_resnet")
        with contextlib.suppress(SystemExit):  # those that do not convert are told of, and are not here
            zoo.main([str(folder), *(["--dynamic"] if batch == "dynamic" else [])])
    invoke(sweep.main, folder, "--out", tmp_path / "report.csv", "--quiet")
    with (tmp_path / "report.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 90
    assert all(row["multiplied_out"] == "0" or float(row["estimated"]) < 3 for row in rows)


def test_an_architecture_that_does_not_convert_is_told_of(tmp_path: Path) -> None:
    timm_network("test_resnet")
    said = invoke(zoo.main, tmp_path / "zoo", "test_resnet", "no_such_network", code=2).output
    assert "test_resnet: converted" in said
    assert "no_such_network: not converted" in said
    assert sorted(path.name for path in (tmp_path / "zoo").iterdir()) == ["test_resnet.bin", "test_resnet.xml"]

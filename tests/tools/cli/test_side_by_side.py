"""Packages timed beside each other."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from ovxai_tools.checks.side_by_side import Side, TaskTimes, compared
from ovxai_tools.cli.side_by_side import main

import ovxai_passes as xai

pytest.importorskip("cv2", reason="pictures need OpenCV: pip install 'ovxai-passes[image]'")


def test_ratio() -> None:
    assert TaskTimes("a task", (3.0, 2.0)).ratio == 1.5


def test_a_side_that_cannot_do_the_tasks(tmp_path: Path) -> None:
    for python, package, said in ((sys.executable, "no_such_package", "does not do"), ("no python", "x", "cannot run")):
        with pytest.raises(xai.OptionError, match=said):
            list(compared([Side(python, package)], tmp_path / "a.xml", tmp_path / "a.npz", 1))


@pytest.mark.slow
def test_the_package_beside_itself(data: Path) -> None:
    model, pictures = data / "efficientnet_lite0.xml", data / "imagenet250"
    arguments = [sys.executable, str(model), str(pictures), "--package", "ovxai_passes", "--rounds", "1"]
    result = CliRunner().invoke(main, [*arguments, "--only", "preprocess_fn", "--only", "ADCC"], catch_exceptions=False)
    assert result.exit_code == 0
    rows = [line.split() for line in result.output.splitlines()[1:]]
    assert [row[0] for row in rows] == ["preprocess_fn,", "ADCC,"]
    assert all(np.isfinite(float(value)) and float(value) > 0 for row in rows for value in row[-3:])

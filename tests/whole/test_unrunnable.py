"""Models that OpenVINO reads, and that then do not run, or not with one shape: a sentence, not a traceback."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.cli.transform import main

import ovxai_passes as xai
from tests.fixtures import graphs
from tests.support.cli import invoke


def one_row_for_each_bright_place() -> ov.Model:
    """Class scores [?,5]: how many rows there are depends on the values of the picture."""
    w, image = graphs.Weights(), graphs.picture(1)
    x = ops.relu(graphs.conv(image, w, 3, 6, 3))
    places = ops.non_zero(ops.greater(x, ops.constant(np.float32(0))))
    rows = ops.transpose(ops.convert(places, np.float32), graphs.integers(1, 0))
    return graphs.model_of(graphs.dense(rows, w, 4, 5), image)


def test_scores_whose_shape_depends_on_values_are_refused() -> None:
    with pytest.raises(xai.TargetNotFoundError, match="depends on what the picture shows"):
        xai.insert_xai(one_row_for_each_bright_place(), task="classification")


def fails_at_inference() -> ov.Model:
    """A classifier with one more output: eight numbers plus as many of them as the picture says, which are seven."""
    model = graphs.cnn()
    image = model.get_parameters()[0]
    eight = ops.reduce_sum(image, graphs.integers(0, 1, 2), False)
    largest = ops.reduce_max(ops.abs(ops.sign(image)), graphs.integers(0, 1, 2, 3), False)
    end = ops.add(ops.reshape(ops.convert(largest, np.int64), graphs.integers(1), False), graphs.integers(6))
    seven = ops.slice(eight, graphs.integers(0), end, graphs.integers(1), graphs.integers(0))
    return ov.Model([model.outputs[0], ops.add(eight, seven).output(0)], [image], "fails")


def test_verify_says_that_the_model_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ov.save_model(fails_at_inference(), "in.xml")
    with pytest.raises(RuntimeError):
        ov.compile_model("in.xml", "CPU")(np.ones((1, 3, 8, 8), np.float32))
    said = invoke(main, "in.xml", "out.xml", "--verify", "--output", 0, code=4).output
    assert "the model itself does not run on this device" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.bin", "in.xml"]

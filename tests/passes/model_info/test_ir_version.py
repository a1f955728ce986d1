"""IR version 10: reading it changes types of outputs, so a map in u8 is written as version 11."""

from __future__ import annotations

from pathlib import Path

import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.cli import transform

from ovxai_passes.insert import insert
from ovxai_passes.model_info.read import read_model
from ovxai_passes.options import Options
from tests.fixtures import graphs
from tests.fixtures.graphs import CLASSES, scalar
from tests.support.bits import changed_outputs
from tests.support.cli import invoke


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A classifier with its best class as i64, saved as version 10."""
    model = graphs.cnn(batch=-1)
    scores = model.outputs[0].get_node().input_value(0)
    best = ops.topk(scores, scalar(1), 1, "max", "value", index_element_type="i64")
    model.add_results([ops.result(best.output(1))])
    model.set_rt_info(10, "version")
    ov.save_model(model, tmp_path / "old.xml", compress_to_fp16=False)
    return tmp_path / "old.xml"


def test_map_in_u8_and_outputs_as_they_were(old: Path, tmp_path: Path) -> None:
    model = read_model(old)
    assert model.get_rt_info("version").value == 10
    invoke(transform.main, old, tmp_path / "new.xml", "--verify", "--output", 0)
    assert b'version="11"' in (tmp_path / "new.xml").read_bytes()[:200]
    written = read_model(tmp_path / "new.xml")
    assert written.output("saliency_map").get_element_type() == ov.Type.u8
    assert written.output("saliency_map").get_partial_shape()[1] == CLASSES
    for before, after in zip(model.outputs, written.outputs, strict=False):
        assert before.get_names() == after.get_names()
        assert before.get_element_type() == after.get_element_type()
    assert not changed_outputs(model, written)


def test_the_model_given_keeps_its_version(old: Path) -> None:
    model = read_model(old)
    done = insert(model, Options(output=0))
    assert (model.get_rt_info("version").value, done.model.get_rt_info("version").value) == (10, 11)

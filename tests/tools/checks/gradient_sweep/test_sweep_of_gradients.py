"""A sweep of gradients: a row for each network whatever becomes of it, and going on where a sweep ended."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_tools.checks.csv_rows import read_rows
from ovxai_tools.checks.gradient_sweep.summary import COLUMNS
from ovxai_tools.cli import gradient_sweep

from tests.support.cli import invoke


def test_a_row_for_each_network_and_going_on(tmp_path: Path) -> None:
    image = ops.parameter([1, 5], np.float32)
    right, without_rule, out = tmp_path / "right.xml", tmp_path / "without_rule.xml", tmp_path / "report.csv"
    ov.save_model(ov.Model([ops.tanh(image)], [image]), right)
    ov.save_model(ov.Model([ops.reverse_sequence(image, ops.constant([3]), 0, 1)], [image]), without_rule)
    said = invoke(gradient_sweep.main, out, right, without_rule, "keras:none", code=4).output
    rows = read_rows(out, COLUMNS, "")
    assert [row["status"] for row in rows.values()] == ["equal", "declined", "not built"]
    assert "ReverseSequence" in rows[str(without_rule)]["reason"]
    assert "1 equal, 1 declined, 1 not built" in said

    out.write_text(out.read_text().replace("equal", "different"))
    invoke(gradient_sweep.main, out, right, code=4)  # looked at once
    assert "1 equal" in invoke(gradient_sweep.main, out, right, "--again").output
    table = invoke(gradient_sweep.main, out, "--table").output
    assert "| right.xml | xml | 8 directions: " in table
    assert "| declined: no gradient passes ReverseSequence" in table

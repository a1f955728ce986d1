"""ovxai-bench: what it measures, and how it ends. No assertion is about time."""

from __future__ import annotations

import json
from pathlib import Path

import click.testing
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.cli.bench import main

from ovxai_passes.insert import insert
from ovxai_passes.ops.cost import cost_of, operation_count
from ovxai_passes.options import Options
from tests.fixtures import graphs
from tests.fixtures.graphs import Weights, integers
from tests.support.cli import invoke


def bench(*args: object, code: int = 0) -> click.testing.Result:
    return invoke(main, *args, code=code)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A plain model with a dynamic batch, and the same with maps."""
    paths = tmp_path / "plain.xml", tmp_path / "with_map.xml"
    model = graphs.vit(batch=-1)
    for path, one in zip(paths, (model, insert(model, Options()).model), strict=True):
        ov.save_model(one, path, compress_to_fp16=False)
    return paths


def test_figures(pair: tuple[Path, Path]) -> None:
    found = json.loads(bench(*pair, "--runs", 4, "--batch", 2, "--json").stdout)
    assert (found["precision"], found["runs"], found["batch"]) == ("f32", 4, 2)
    first, second = found["models"]
    assert first["ratio"] == 1
    assert second["ratio"] == pytest.approx(second["median"] / first["median"])
    assert second["fastest"] <= second["median"] <= second["slowest"]
    assert (
        second["bin_growth"] == pair[1].with_suffix(".bin").stat().st_size - pair[0].with_suffix(".bin").stat().st_size
    )
    counts = [operation_count(ov.Core().read_model(path)) for path in pair]
    assert second["ops_growth"] == counts[1] - counts[0] > 0
    if Path("/proc/self/status").exists():
        assert first["memory"] > 1 << 20
        assert second["memory_growth"] == second["memory"] - first["memory"]


def test_table(pair: tuple[Path, Path]) -> None:
    said = bench(*pair, "--runs", 3, "--precision", "default", "--no-memory").output
    assert all(str(path) in said for path in pair)
    assert "ratio" in said


def test_wrong_use(pair: tuple[Path, Path]) -> None:
    assert "at least one more" in bench(pair[0], code=2).output
    assert "no such file" in bench(pair[0], "missing.xml", code=2).output
    assert "there is no device 'NOSUCH' here" in bench(*pair, "--device", "NOSUCH", code=2).output


def test_multiply_adds() -> None:
    w, image = Weights(), ops.parameter([2, 3, 8, 8])
    x = graphs.conv(image, w, 3, 6, 2, stride=2)  # 2 * 6 * 4 * 4 outputs of 3 * 2 * 2
    y = ops.matmul(ops.reshape(x, integers(2, 96), False), w(96, 5), False, False)  # 2 * 5 outputs of 96
    z = ops.matmul(w(5, 7), y, True, True)  # 7 * 2 outputs of 5
    cost = cost_of(ov.Model([ops.result(z)], [image]))
    assert cost.products == 2 * 6 * 16 * 12 + 2 * 5 * 96 + 7 * 2 * 5
    assert cost.largest == 2 * 6 * 16 * 4


def test_loops_and_attention_cost_what_they_run() -> None:
    model = graphs.vit()
    exact, naive = (insert(model, Options(reference=flag, max_cost=1e9)).report.cost for flag in (False, True))
    assert naive > 5 * exact > 0
    parts = [ops.parameter([1, 2, rows, 4]) for rows in (3, 5, 5)]
    attended = ops.scaled_dot_product_attention(*parts)
    assert cost_of(ov.Model([ops.result(attended)], parts)).products == 2 * 3 * 5 * (4 + 4)

"""Tensors for which labels of positions would be too large are refused before anything is allocated."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.analysis.movement import fits
from ovxai_tools.cli.transform import main

import ovxai_passes as xai
from tests.fixtures.graphs import CLASSES, Weights, conv, dense, integers, model_of, picture
from tests.support.cli import invoke

_SIDE = 20_000


def _crossed(x: ov.Node) -> ov.Node:
    """Rows times columns, repeated: [1,6,16,1] · [1,6,1,16]."""
    rows, columns = (ops.reshape(x, integers(0, 6, *shape), True) for shape in ((16, 1), (1, 16)))
    return ops.tile(ops.multiply(rows, columns), integers(1, 1, _SIDE // 16, _SIDE // 16))


ENLARGED: dict[str, Callable[[ov.Node], ov.Node]] = {
    "padding": lambda x: ops.pad(x, integers(0, 0, 0, 0), integers(0, 0, _SIDE, _SIDE), "constant"),
    "tiling": lambda x: ops.tile(x, integers(1, 1, _SIDE // 4, _SIDE // 4)),
    "interpolation": lambda x: ops.interpolate(x, integers(_SIDE, _SIDE), "nearest", "sizes", axes=integers(2, 3)),
    "broadcasting": lambda x: ops.broadcast(ops.reduce_max(x, integers(2, 3), True), integers(1, 6, _SIDE, _SIDE)),
    "a product of rows and columns": _crossed,
}


@pytest.fixture(autouse=True)
def little_memory() -> Iterator[None]:
    """At most 256 MiB of arrays."""
    tracemalloc.start()
    yield
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 28


@pytest.mark.parametrize("name", ENLARGED)
@pytest.mark.parametrize("convolved", [False, True])
def test_large_maps_are_refused(name: str, convolved: bool) -> None:
    w, image = Weights(), picture(1)
    x = ops.relu(ENLARGED[name](ops.relu(conv(image, w, 3, 6, 2, stride=2))))
    x = ops.relu(conv(x, w, 6, 6, 3)) if convolved else x
    model = model_of(dense(ops.reduce_mean(x, integers(2, 3), False), w, 6, CLASSES), image)
    with pytest.raises(xai.TargetNotFoundError):
        xai.insert_xai(model)


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_a_map_that_no_machine_holds(repro: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    started = time.perf_counter()
    result = invoke(main, repro / "huge_map.onnx", tmp_path / "out.xml", *options, code=3)
    assert "the model cannot be run: " in result.output
    assert "1099511627803" in result.output
    assert "check its padding" in result.output
    assert time.perf_counter() - started < 10
    assert not list(tmp_path.iterdir())


def test_what_fits() -> None:
    assert fits((1 << 25,))
    assert fits((1, 1 << 12), (1 << 12, 1))
    assert not fits((1, 1 << 13), (1 << 13, 1))
    assert not fits((1 << 40,), (1, 1))

"""An 8-bit model as the smooth one that has its values and its straight-through gradients at one input.

    FakeQuantize(x)  ─▶  clip(x, range), scaled as it is, + (FakeQuantize(x0) - the same of x0), a constant

Central differences of this model are those gradients: 1 inside the range, 0 outside. What is rounded at x0 has to be
told by the very inference that makes the gradients: a value half way between two levels goes to either in another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.ops.quantisation import spell_out

_WIDER = 1e-3


def watched(model: ov.Model) -> ov.Model:
    """A clone whose last results are, for each rounding, what it returns and what it would without rounding."""
    clone = model.clone()
    for node in roundings(clone):
        clone.add_results([ops.result(node), ops.result(_scaled(node))])
    return clone


def smooth(model: ov.Model, told: Sequence[npt.NDArray[Any]]) -> ov.Model:
    """A clone without roundings. `told`: what the last results of `watched` were."""
    clone = model.clone()
    for place, node in enumerate(roundings(clone)):
        level, own = (np.asarray(one, np.float32) for one in told[2 * place : 2 * place + 2])
        moved = ops.add(_scaled(node), ops.constant(level - own))
        node.output(0).replace(moved.output(0))
    clone.validate_nodes_and_infer_types()
    return clone


def spell_out_roundings(model: ov.Model) -> None:
    """Write roundings as arithmetic, in place: 8-bit kernels round on their own."""
    for node in roundings(model):
        spell_out(node)
    model.validate_nodes_and_infer_types()


def roundings(model: ov.Model) -> list[ov.Node]:
    """Those that depend on the inputs, in topological order."""
    graph = ModelGraph(model)
    found = (node for node in graph.ops if node.get_type_name() == "FakeQuantize")
    return [node for node in found if graph.place_of(node) in graph.from_parameters]


def _scaled(node: ov.Node) -> ov.Node:
    """The range is a little wider: what a rounding above has put on its very end is inside, whichever way it moves."""
    value, low, high, out_low, out_high = node.input_values()
    size = ops.subtract(high, low)
    more = ops.multiply(size, ops.constant(np.float32(_WIDER)))
    within = ops.maximum(ops.minimum(value, ops.add(high, more)), ops.subtract(low, more))
    share = ops.divide(ops.subtract(within, low), size)
    return ops.add(ops.multiply(share, ops.subtract(out_high, out_low)), out_low)

"""Weights drawn anew, of a network of three layers."""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_tools.evaluation.metrics.randomisation import randomised


def test_weights_are_shuffled_from_the_top_down() -> None:
    rng = np.random.default_rng(0)
    weights = [rng.random((6, 6)).astype(np.float32) for _ in range(3)]
    bias = ops.constant(rng.random((1, 6)).astype(np.float32))
    data = value = ops.parameter([1, 6], np.float32)
    for one in weights:
        value = ops.add(ops.matmul(value, ops.constant(one), False, False), bias)
    model = ov.Model([value], [data])
    for share, changed in ((1 / 3, [2]), (2 / 3, [1, 2]), (1.0, [0, 1, 2])):
        found = [node.data for node in randomised(model, share, 0).get_ordered_ops() if list(node.shape) == [6, 6]]
        kept = [one for one in found if any((one == weight).all() for weight in weights)]
        assert len(kept) == 3 - len(changed)
        for place, weight in enumerate(weights):
            assert any((np.sort(one, None) == np.sort(weight, None)).all() for one in found), "the values stay"
            assert any((one == weight).all() for one in found) == (place not in changed)

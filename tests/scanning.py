"""Networks that scan their positions: a TensorIterator, Loop or recurrent layer between the map and the classifier."""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from tests.graphs import CLASSES, Weights, conv, dense, integers, model_of, picture

_WIDTH = 6


def _step(w: Weights) -> tuple[ov.Node, ov.Node, ov.Node]:
    """Row x and state h, both [1,1,C] → the next state x + tanh(h W)."""
    row, state = (ops.parameter([1, 1, _WIDTH], np.float32) for _ in range(2))
    return row, state, ops.add(row, ops.tanh(ops.matmul(state, w(_WIDTH, _WIDTH), False, False)))


def _scanned(kind: str, rows: ov.Node, w: Weights, every: bool) -> ov.Node:
    row, state, after = _step(w)
    results = [ops.result(after), ops.result(after)]
    if kind == "Loop":
        condition = ops.result(ops.constant(np.array(True)))
        loop = ops.loop(ops.constant(np.array(16, np.int32)), ops.constant(np.array(True)))
        loop.set_function(ov.Model([*results, condition], [row, state], "step"))
        loop.set_special_body_ports([-1, 2])
    else:
        loop = ops.tensor_iterator()
        loop.set_body(ov.Model(results, [row, state], "step"))
    loop.set_sliced_input(row, rows.output(0), 0, 1, 1, -1, 1)
    loop.set_merged_input(state, w(1, 1, _WIDTH).output(0), results[0].output(0))
    last = loop.get_iter_value(results[0].output(0), -1)
    stacked = loop.get_concatenated_slices(results[1].output(0), 0, 1, 1, -1, 1)
    loop.validate_and_infer_types()
    return stacked if every else last


def scanning(kind: str, every: bool) -> ov.Model:
    """Conv → rows [1,16,C] → a scan of that type over them → its mean (`every`) or its last state → classes."""
    w, image = Weights(12), picture(1)
    x = ops.relu(conv(image, w, 3, _WIDTH, 2, stride=2))
    rows = ops.transpose(ops.reshape(x, integers(0, _WIDTH, 16), True), integers(0, 2, 1))
    if kind == "LSTMSequence":
        state = w(1, 1, _WIDTH)
        lengths = ops.constant(np.array([16], np.int32))
        weights = [w(1, 4 * _WIDTH, _WIDTH), w(1, 4 * _WIDTH, _WIDTH), w(1, 4 * _WIDTH)]
        scan = ops.lstm_sequence(rows, state, state, lengths, *weights, _WIDTH, "FORWARD")
        x = ops.squeeze(scan.output(0), integers(1)) if every else scan.output(1)
    else:
        x = _scanned(kind, rows, w, every)
    return model_of(dense(ops.reduce_mean(x, integers(1), False), w, _WIDTH, CLASSES), image)

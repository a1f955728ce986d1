"""Networks that remember: outputs stay as they are over several inferences, and the map is that of the state."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from openvino.op.util import Variable, VariableInfo
from ovxai_tools.checks.verify import random_case, verify

from ovxai_passes.errors import VerificationError
from ovxai_passes.insert import insert
from ovxai_passes.model_info.tensor_values import last_of, tensors_at
from ovxai_passes.options import Options
from tests.fixtures import graphs
from tests.fixtures.graphs import CLASSES, Weights, dense, integers, picture
from tests.support.bits import changed_outputs


def averaging(kept: float = 0.7) -> ov.Model:
    """Pooled features as a moving average over inferences, then a classifier."""
    w, image = Weights(51), picture(1)
    info = VariableInfo()
    info.data_shape, info.data_type, info.variable_id = ov.PartialShape([1, 6]), ov.Type.f32, "average"
    variable = Variable(info)
    x = ops.reduce_mean(ops.relu(graphs.conv(image, w, 3, 6, 2, stride=2)), integers(2, 3), False)
    before = ops.read_value(ops.constant(np.zeros((1, 6), np.float32)), variable)
    old, new = (ops.multiply(value, ops.constant(np.float32(part))) for value, part in ((before, kept), (x, 1 - kept)))
    average = ops.add(old, new)
    scores = dense(average, w, 6, CLASSES)
    return ov.Model([ops.result(scores)], [ops.assign(average, variable)], [image], "averaging")


def test_outputs_over_several_inferences() -> None:
    model = averaging()
    assert not changed_outputs(model, insert(model, Options()).model, 12)


def test_verified() -> None:
    model = averaging()
    written, raw = insert(model, Options()), insert(model, Options(embed_scaling=False))
    held = verify(model, written.model, raw, [random_case(model)])
    assert any("naive definition on all 16 positions" in line for line in held)


def test_values_after_earlier_inferences() -> None:
    model = averaging()
    one, two = (random_case(model, seed=seed).inputs for seed in (1, 2))
    scores = [(place, 0) for place, node in enumerate(model.get_ordered_ops()) if node.get_type_name() == "Result"]
    source = model.get_ordered_ops()[scores[0][0]].input_value(0).get_node()
    names = [node.get_name() for node in model.get_ordered_ops()]
    (found,) = tensors_at(model, [(names.index(source.get_name()), 0)], two, [one])
    compiled = ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    assert np.allclose(found, last_of(compiled, [one, two])[0], atol=1e-6)
    assert not np.allclose(found, last_of(compiled, [two])[0], atol=1e-3)


def test_a_state_that_is_lost_is_told() -> None:
    model, other = averaging(), averaging(0.6999)
    raw = insert(model, Options(embed_scaling=False))
    with pytest.raises(VerificationError, match="output 0 of the original model differs"):
        verify(model, insert(other, Options()).model, raw, [random_case(model)])

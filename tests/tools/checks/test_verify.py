"""What --verify compares: a map that is constant for noise is compared on an input for which it is not."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.checks.verify import random_case, verify
from ovxai_tools.demo.shipped import model_path

from ovxai_passes.errors import VerificationError
from ovxai_passes.insert import Insertion, insert
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.model_info.read import read_model
from ovxai_passes.options import Options
from ovxai_passes.vocabulary import Task
from tests.fixtures.graphs import integers


def _upside_down(made: Insertion) -> ov.Model:
    model = made.model.clone()
    result = next(one for one in model.get_results() if OUTPUT_NAME in one.output(0).get_names())
    last, first = integers(-1), integers(np.iinfo(np.int64).min)
    flipped = ops.slice(result.input_value(0), last, first, integers(-1), integers(2))
    result.input(0).replace_source_output(flipped.output(0))
    flipped.output(0).set_names({OUTPUT_NAME})
    model.validate_nodes_and_infer_types()
    return model


def test_a_map_of_one_hot_class_tokens_is_compared_where_it_varies() -> None:
    model = read_model(model_path("demo:vit"))  # to which noise of 1 is all black
    made = insert(model, Options.checked(mask="onehot"))
    raw = insert(model, Options.checked(mask="onehot").of_raw_map(Task.CLASSIFICATION))
    held = verify(model, made.model, raw, [random_case(model)], made)
    assert "random input: map constant" in held
    assert "random input, 256 times as large: map equal to the naive definition on all 64 positions" in held
    assert "random input, 256 times as large: map not constant" in held
    with pytest.raises(VerificationError, match="256 times as large: the map is not the raw map"):
        verify(model, _upside_down(made), raw, [random_case(model)], made)

"""Classes of maps that are not the best ones, or that are told twice."""

from __future__ import annotations

import numpy as np
import pytest
from ovxai_tools.checks.verification.classes import classes_of_maps

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.model_info.outputs import CLASSES_NAME
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.options import Options
from ovxai_passes.reference.given import Given
from tests.fixtures import graphs
from tests.support.running import random_input, run


def test_classes_are_the_best_ones_each_once() -> None:
    model = graphs.cnn()
    raw = insert(model, Options.checked(top_k=2, embed_scaling=False))
    image = random_input(model)
    given = Given(raw.target, lambda tensors: tensors_at(model, tensors, [image]), (8, 8))
    order = np.argsort(-run(model, image)[0])
    right = {CLASSES_NAME: order[None, :2]}
    np.testing.assert_array_equal(classes_of_maps(raw, given, "case", right), order[None, :2])
    for wrong in ([order[0], order[0]], [order[1], order[0]], [order[0], order[2]]):
        with pytest.raises(xai.VerificationError, match="are not the best 2 classes"):
            classes_of_maps(raw, given, "case", {CLASSES_NAME: np.array([wrong])})

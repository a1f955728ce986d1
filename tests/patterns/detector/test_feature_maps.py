"""Detectors without class heads are explained at a feature map."""

from __future__ import annotations

import numpy as np
import pytest

import ovxai_passes as xai
from ovxai_passes.model_info.tensor_values import tensors_at
from tests.fixtures import detector_graphs as graphs
from tests.fixtures import other_detector_graphs as others
from tests.support.detectors import located
from tests.support.running import random_input, run


def test_two_stages() -> None:
    model = others.two_stages()
    image = random_input(model)
    for size, layer, channels in ((None, "coarse", 8), ("largest", "fine", 8)):
        found = located(model, saliency_map_size=size)
        assert (found.report.task, found.report.method) == ("detection", "activationmap")
        assert found.report.target.name == layer
        assert any("two stages" in notice for notice in found.report.notices)
        (feature,) = tensors_at(model, list(found.branch.sources), [image])
        assert feature.shape[1] == channels
        np.testing.assert_allclose(run(found.model, image, name="saliency_map"), feature.mean(1), rtol=1e-4, atol=1e-5)
    with pytest.raises(xai.TargetNotFoundError, match="two stages"):
        located(model, method="detclassprobabilitymap")


def test_queries() -> None:
    model = others.queries()
    found = located(model)
    assert (found.report.task, found.report.method, found.report.grid) == ("detection", "activationmap", (4, 4))
    assert found.report.target.name == "memory"
    image = random_input(model)
    (memory,) = tensors_at(model, list(found.branch.sources)[:1], [image])
    wanted = memory.mean(2).reshape(1, 4, 4)
    np.testing.assert_allclose(run(found.model, image, name="saliency_map"), wanted, rtol=1e-4, atol=1e-5)


def test_an_activation_map_of_one_stage() -> None:
    model = graphs.yolov8().model
    fine = located(model, method="activationmap", saliency_map_size="largest")
    assert fine.report.grid == (8, 8)
    assert fine.report.target.type == "Relu"
    named = located(model, task="detection", method="activationmap", target_layer=fine.report.target.name)
    assert named.report.target == fine.report.target

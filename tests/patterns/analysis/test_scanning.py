"""Heads with loops of their own are explained by the loop over masks around them."""

from __future__ import annotations

import numpy as np
import pytest

from ovxai_passes.insert import insert
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.options import Options
from ovxai_passes.reference.classifiers import defined_map, worst_difference
from ovxai_passes.vocabulary import Mask
from tests.fixtures.scanning import scanning
from tests.support.running import random_input, run


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("kind", ["TensorIterator", "Loop", "LSTMSequence"])
def test_a_scan_in_the_head(kind: str, every: bool) -> None:
    model = scanning(kind, every)
    insertion = insert(model, Options(embed_scaling=False, max_cost=100))
    site, head, image = insertion.locate.result, insertion.cut.result, random_input(model)
    wanted = defined_map(site, head, Mask.ONE_HOT, tensors_at(model, (site.target, *head.sides), [image]))
    found = run(insertion.model, image, name="saliency_map")
    assert found.shape == (1, 5, 4, 4)
    assert worst_difference(found, wanted) <= 1
    assert np.ptp(found, axis=(2, 3)).min() > 0
    assert any(kind in notice for notice in insertion.report.notices)

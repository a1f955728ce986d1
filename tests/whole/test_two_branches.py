"""Networks whose scores are made of two branches: original outputs stay as they are, to the bit, at both precisions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from ovxai_passes.insert import insert
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.options import Options
from ovxai_passes.reference.comparing import worst_difference
from ovxai_passes.reference.masked import defined_map
from tests.fixtures.two_branches import JOINS, TwoBranches, build, plans
from tests.support.bits import changed_outputs
from tests.support.running import run

QUICK = settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])


def check(plan: TwoBranches) -> None:
    model = build(plan)
    done = insert(model, Options(embed_scaling=False))
    assert not changed_outputs(model, done.model)
    site, head = done.site, done.head
    rng = np.random.default_rng(0)
    inputs = [rng.standard_normal([abs(plan.batch), 3, 16, 16]).astype(np.float32) for _ in model.inputs]
    assert done.target.mask is not None
    wanted = defined_map(site, head, done.target.mask, tensors_at(model, [site.target, *head.sides], inputs))
    assert worst_difference(run(done.model, *inputs, name="saliency_map"), wanted) <= 1


@given(plans())
@QUICK
def test_random_pairs_of_branches(plan: TwoBranches) -> None:
    check(plan)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("join", sorted(JOINS))
def test_every_operation_joins_branches(join: str) -> None:
    check(TwoBranches(5, 1, join, "none", "mean", False, False, True, False))


@pytest.mark.slow
@given(plans())
@settings(QUICK, max_examples=400)
def test_many_random_pairs_of_branches(plan: TwoBranches) -> None:
    check(plan)

"""Bodies of conditionals and loops: OpenVINO's Managers look into them, and what is there is no layer of the model."""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from openvino.passes import Manager
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.request import TargetRequest
from ovxai_patterns.classifier.site import NoSite, Site
from ovxai_patterns.classifier.target import find_site
from ovxai_patterns.matchers.backbone import LastFeatureMap

from tests.fixtures.graphs import Weights, conv, dense, integers, model_of, picture
from tests.fixtures.own import patterns as own_patterns

_MAP = [1, 6, 4, 4]


def _head_of_its_own(seed: int) -> ov.Model:
    """A feature map, pooled and classified."""
    rows = ops.parameter(_MAP, np.float32)
    return ov.Model([ops.result(dense(ops.reduce_mean(rows, integers(2, 3), False), Weights(seed), 6, 6))], [rows])


def _with_bodies(at_the_end: bool) -> ov.Model:
    """A map, and an If with a pooled head in each body: at the end, or as a gate in front of a head."""
    w, image = Weights(1), picture(1)
    x = ops.relu(conv(image, w, 3, 6, 2, stride=2))
    bright = ops.greater(ops.reduce_mean(image, integers(0, 1, 2, 3), False), ops.constant(np.float32(0)))
    either, bodies = ops.if_op(bright.output(0)), (_head_of_its_own(2), _head_of_its_own(3))
    either.set_then_body(bodies[0])
    either.set_else_body(bodies[1])
    either.set_input(x.output(0), *(body.get_parameters()[0] for body in bodies))
    vector = either.set_output(*(body.results[0] for body in bodies))
    if at_the_end:
        return model_of(ops.relu(vector), image)
    gated = ops.multiply(x, ops.reshape(ops.sigmoid(vector), integers(1, 6, 1, 1), False))
    return model_of(dense(ops.reduce_mean(gated, integers(2, 3), False), w, 6, 5), image)


def test_a_manager_matches_in_bodies_and_find_in_does_not() -> None:
    look, manager, model = LastFeatureMap(), Manager(), _with_bodies(at_the_end=True)
    manager.register_pass(look)
    manager.run_passes(model)
    assert len(look.matches) == 2
    assert LastFeatureMap().find_in(model) == []


def test_the_target_is_outside_of_them() -> None:
    model = _with_bodies(at_the_end=False)
    assert [match["target"].get_node().get_type_name() for match in LastFeatureMap().find_in(model)] == ["Multiply"]
    site = find_site(ModelAnalysis(model), TargetRequest())
    assert isinstance(site, Site)
    assert site.found_by == "LastFeatureMap"


def test_a_pattern_of_ones_own_that_matches_in_bodies_alone_is_refused() -> None:
    found = find_site(ModelAnalysis(_with_bodies(at_the_end=True)), TargetRequest(patterns=(own_patterns.MeanPooled,)))
    assert isinstance(found, NoSite)

"""Levels above the last map: which map a classifier has at each, and what is said where there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.request import TargetRequest
from ovxai_patterns.classifier.site import NoSite, Site
from ovxai_patterns.classifier.target import find_site

from tests.fixtures import graphs
from tests.fixtures.graphs import Weights, dense, integers, model_of


def pyramid(side: int = 35, batch: int = 1, pixels: bool = False) -> ov.Model:
    """Four convolutions of stride 2 with two of stride 1 after each, a residual at the third; grids 18, 9, 5, 3."""
    w, image = Weights(3), graphs.picture(batch, side=side)
    x: ov.Node = ops.multiply(image, graphs.number(0.5)) if pixels else image
    channels = 3
    for stage in range(4):
        x = ops.relu(conv_same(x, w, channels, 6, stride=2))
        inner = ops.relu(conv_same(x, w, 6, 6))
        x = ops.relu(ops.add(x, conv_same(inner, w, 6, 6))) if stage == 2 else ops.relu(conv_same(inner, w, 6, 6))
        x.set_friendly_name(f"stage {stage}")
        channels = 6
    return model_of(dense(ops.reduce_mean(x, integers(2, 3), False), w, 6, graphs.CLASSES), image)


def conv_same(x: ov.Node, w: Weights, inputs: int, outputs: int, stride: int = 1) -> ov.Node:
    strides, ends = [stride] * 2, [1, 1]
    weights = np.asarray(w(outputs, inputs, 3, 3).data) / np.float32(1.5 * np.sqrt(inputs))  # values keep their size
    return ops.convolution(x, ops.constant(weights), strides, ends, ends, [1, 1])


def site_at(model: ov.Model, level: int) -> Site | NoSite:
    return find_site(ModelAnalysis(model), TargetRequest(level=level))


def name_of(model: ov.Model, site: Site | NoSite) -> str:
    assert isinstance(site, Site)
    return str(model.get_ordered_ops()[site.target[0]].get_friendly_name())


@pytest.mark.parametrize("batch", [1, -1])
def test_the_deepest_map_of_each_resolution(batch: int) -> None:
    model = pyramid(batch=batch)
    for level, side in enumerate((3, 5, 9, 18)):
        found = site_at(model, level)
        assert name_of(model, found) == f"stage {3 - level}"
        assert isinstance(found, Site)
        assert found.positions.grid == (side, side)
        assert found.readout.value == "pooled"


@pytest.mark.parametrize("pixels", [False, True])
def test_the_picture_is_no_level(pixels: bool) -> None:
    """Nor is what is made of it pixel by pixel."""
    found = site_at(pyramid(pixels=pixels), 4)
    assert isinstance(found, NoSite)
    assert found.reason == "no map of twice the resolution of 18x18 lies before it, which level 4 asks for"


@pytest.mark.parametrize("build", [graphs.vit, graphs.cnn, graphs.flattened], ids=lambda one: one.__name__)
def test_networks_of_one_resolution(build: Callable[[], ov.Model]) -> None:
    found = site_at(build(), 1)
    assert isinstance(found, NoSite)
    assert "no map of twice the resolution of 4x4" in found.reason


def test_levels_are_told() -> None:
    found = site_at(pyramid(), 2)
    assert isinstance(found, Site)
    assert any(line.startswith("level 2, the deepest map of 9x9: stage 1") for line in found.story)

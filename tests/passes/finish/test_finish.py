"""Scaling, and the fence under the branch."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openvino import opset13 as ops

import ovxai_passes as xai
from ovxai_passes.finish.scale import scaled
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.constants import constant_like
from ovxai_passes.ops.fence import put_fence, unfenced
from ovxai_passes.reference.finishing.scaling import scaled_map
from tests.fixtures import graphs
from tests.support.running import random_input, run


def scaling(shape: list[int]) -> ov.Model:
    source = ops.parameter(shape, np.float32)
    return scaled(Branch(ov.Model([source], [source]), ((0, 0),))).model


def _scaled_as_defined(seed: int, size: float, shift: float, agnostic: bool) -> None:
    shape = (2, 3, 4) if agnostic else (2, 5, 3, 4)
    raw = (np.random.default_rng(seed).standard_normal(shape) * size + shift).astype(np.float32)
    found = run(scaling([-1, *shape[1:]]), raw)
    assert found.dtype == np.uint8
    assert np.abs(found.astype(int) - scaled_map(raw)).max() <= 1


MAPS = (st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6), st.floats(-1e3, 1e3), st.booleans())


@settings(max_examples=10, deadline=None)
@given(*MAPS)
def test_scaling_is_its_definition(seed: int, size: float, shift: float, agnostic: bool) -> None:
    _scaled_as_defined(seed, size, shift, agnostic)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(*MAPS)
def test_scaling_is_its_definition_of_more_maps(seed: int, size: float, shift: float, agnostic: bool) -> None:
    _scaled_as_defined(seed, size, shift, agnostic)


@pytest.mark.parametrize("precision", ["f32", "bf16", "f16"])
@pytest.mark.parametrize("value", [0.0, 1e-5, -7.25])
def test_constant_maps_are_zero_in_every_precision(precision: str, value: float) -> None:
    raw = np.full((1, 2, 3, 3), value, np.float32)
    found = run(scaling([1, 2, 3, 3]), raw, config={"INFERENCE_PRECISION_HINT": precision})
    assert not found.any()


def test_tiny_ranges_are_not_taken_for_constant() -> None:
    raw = np.zeros((1, 1, 1, 2), np.float32)
    raw[..., 1] = 1e-30
    assert run(scaling([1, 1, 1, 2]), raw).reshape(-1).tolist()[0] == 0
    assert run(scaling([1, 1, 1, 2]), raw).max() >= 254


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([[1, 6, 7, 7], [-1, 5, 8], [2, 3, 3, 12], [-1, 4, 4, 768], [1, 2, 1], [3, 4, 17]]))
def test_a_fence_returns_what_it_gets(shape: list[int]) -> None:
    source = ops.parameter(shape, np.float32)
    model = ov.Model([ops.relu(source)], [source])
    assert unfenced(model) == [source]
    put_fence(source)
    model.validate_nodes_and_infer_types()
    assert not unfenced(model)
    value = np.random.default_rng(0).standard_normal([abs(size) for size in shape]).astype(np.float32)
    np.testing.assert_array_equal(run(model, value), np.maximum(value, 0))


def test_a_branch_with_a_product_needs_no_fence() -> None:
    source = ops.parameter([1, 4, 4], np.float32)
    product = ops.matmul(ops.relu(source), ops.constant(np.eye(4, dtype=np.float32)), False, False)
    assert not unfenced(ov.Model([product], [source]))
    assert unfenced(ov.Model([ops.add(product, source)], [source])), "one way past the product is enough"


def test_constants_of_arrays_that_are_not_contiguous() -> None:
    value = np.arange(12, dtype=np.float32).reshape(3, 4).T
    for kind in (ov.Type.f16, ov.Type.f32, ov.Type.bf16):
        node = constant_like(value, kind)
        assert node.get_output_element_type(0) == kind
        np.testing.assert_array_equal(run(ov.Model([ops.convert(node, "f32")], [])), value)


def test_joint_scaling_keeps_classes_comparable() -> None:
    model = graphs.cnn(batch=-1)
    image = random_input(model, 3)
    raw = run(xai.insert_xai(model, scaling="none"), image, name="saliency_map")
    np.testing.assert_array_equal(raw, run(xai.insert_xai(model, embed_scaling=False), image, name="saliency_map"))
    joint = run(xai.insert_xai(model, scaling="joint"), image, name="saliency_map")
    assert np.abs(joint.astype(int) - scaled_map(raw, joint=True)).max() <= 1
    assert (joint.max((1, 2, 3)) == 255).all()
    assert (joint.min((1, 2, 3)) == 0).all()
    assert (joint.max((2, 3)) < 255).any(), "a class that is not the best one is less hot"
    alone = run(xai.insert_xai(model, scaling="map"), image, name="saliency_map")
    assert (alone.max((2, 3)) == 255).all()
    with pytest.raises(xai.OptionError, match="does not go with embed_scaling=False"):
        xai.insert_xai(model, embed_scaling=False, scaling="joint")
    with pytest.raises(xai.OptionError, match="'map', 'joint', 'positive', 'signed', 'none'"):
        xai.insert_xai(model, scaling="all")


def test_joint_scaling_of_one_map_for_all_classes() -> None:
    model = graphs.cnn()
    image = random_input(model)
    joint, alone = (xai.insert_xai(model, explain_method="activationmap", scaling=kind) for kind in ("joint", "map"))
    np.testing.assert_array_equal(run(joint, image, name="saliency_map"), run(alone, image, name="saliency_map"))

"""What is refused, and that the message says what, why and what to do: one case for each kind of refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

import ovxai_passes as xai
from tests.fixtures import graphs
from tests.fixtures.attention_graphs import class_attention, two_branches
from tests.fixtures.graphs import CLASSES, Weights, conv, dense, integers, model_of, picture, scalar
from tests.support.running import random_input, run


def segmentation() -> ov.Model:
    w, image = Weights(), picture(1)
    return model_of(conv(ops.relu(conv(image, w, 3, 6, 2, stride=2)), w, 6, CLASSES, 3), image)


def two_heads() -> ov.Model:
    w, image = Weights(), picture(1)
    pooled = ops.reduce_mean(conv(image, w, 3, 6, 2, stride=2), integers(2, 3), False)
    return ov.Model([ops.result(dense(pooled, w, 6, CLASSES)) for _ in range(2)], [image])


def inconsistent() -> ov.Model:
    """A dynamic width that a Reshape allows one value of, which is none of those that are tried."""
    w, image = Weights(), ops.parameter([1, 3, 8, -1], np.float32)
    return model_of(dense(ops.reshape(image, integers(1, 120), False), w, 120, CLASSES), image)


def table() -> ov.Model:
    x = ops.parameter([1, 7], np.float32)
    return model_of(dense(x, Weights(), 7, CLASSES), x)


def pictures_combined() -> ov.Model:
    w, image = Weights(), picture(2)
    pooled = ops.reduce_mean(conv(image, w, 3, 6, 2, stride=2), integers(2, 3), False)
    return model_of(dense(ops.reduce_mean(pooled, integers(0), True), w, 6, CLASSES), image)


def unrelated() -> ov.Model:
    w, image, facts = Weights(), picture(1), ops.parameter([1, 4], np.float32)
    return ov.Model([ops.result(dense(facts, w, 4, CLASSES))], [image, facts])


def apart_from_the_start() -> ov.Model:
    w, image = Weights(), picture(1)
    pooled = [ops.reduce_max(ops.relu(conv(image, w, 3, 6, 3)), integers(2, 3), False) for _ in range(2)]
    joined = ops.cum_sum(ops.concat(pooled, 1), scalar(1))
    return model_of(dense(joined, w, 12, CLASSES), image)


def large_grid() -> ov.Model:
    w, image = Weights(), picture(1, side=72)
    x = ops.relu(conv(image, w, 3, 6, 1))
    return model_of(dense(ops.reduce_mean(x, integers(2, 3), False), w, 6, CLASSES), image)


def named(name: str, **options: Any) -> Callable[[], ov.Model]:
    """A network with layers of these names: `map`, `integers`, `channels`, `halves`, `windows`, `beside`."""

    def build() -> ov.Model:
        w, image = Weights(), picture(1)
        x = ops.relu(conv(image, w, 3, 6, 2, stride=2))
        x.set_friendly_name("map")
        whole = ops.convert(x, "i32")
        whole.set_friendly_name("integers")
        windows = ops.reshape(ops.transpose(x, integers(0, 2, 3, 1)), integers(4, 4, 6), False)
        windows.set_friendly_name("windows")
        halves = ops.slice(x, integers(0), integers(2), integers(1), integers(2))
        halves.set_friendly_name("halves")
        channels = ops.reduce_mean(x, integers(2, 3), False)
        channels.set_friendly_name("channels")
        image.set_friendly_name("image")
        beside = ops.relu(conv(image, w, 3, 6, 2, stride=2))
        beside.set_friendly_name("beside")
        parts = [channels, ops.reduce_mean(halves, integers(2, 3), False), ops.reduce_mean(windows, integers(1), False)]
        parts[2] = ops.reshape(ops.reduce_mean(parts[2], integers(0), True), integers(1, 6), False)
        parts.append(ops.reduce_mean(ops.convert(whole, "f32"), integers(2, 3), False))
        return ov.Model([ops.result(dense(ops.concat(parts, 1), w, 24, CLASSES)), ops.result(beside)], [image])

    return build


def staged() -> ov.Model:
    """A transformer whose tokens are merged after the first of three blocks."""
    w, image = Weights(6), picture(1)
    x = graphs.patches(image, w, 8, 1, 0, False)
    x.set_friendly_name("first")
    x = ops.add(x, graphs.attention(graphs.norm(x, w, 8), w, 8, 16, 1, False))
    x = ops.add(x, graphs.mlp(graphs.norm(x, w, 8), w, 8))
    x = ops.transpose(ops.reshape(x, integers(1, 2, 2, 2, 2, 8), False), integers(0, 1, 3, 2, 4, 5))
    x = dense(ops.reshape(x, integers(1, 4, 32), False), w, 32, 8)
    x.set_friendly_name("second")
    x = ops.add(x, graphs.attention(graphs.norm(x, w, 8), w, 8, 4, 1, False))
    x = ops.add(x, graphs.mlp(graphs.norm(x, w, 8), w, 8))
    return model_of(dense(ops.reduce_mean(graphs.norm(x, w, 8), integers(1), False), w, 8, CLASSES), image)


LAYER = "target_layer"
REFUSED: dict[str, tuple[Callable[[], ov.Model], dict[str, Any], str, str]] = {
    "no scores": (segmentation, {}, r"no output is \[N,K\] of floats, a score", "output 0: scores"),
    "several scores": (two_heads, {}, "several outputs could be the class scores; choose one", "output 1:"),
    "no such output": (two_heads, {"output": "other"}, "there is no output 'other'", "output 0:"),
    "an output of another kind": (
        segmentation,
        {"output": 0},
        r"output 0 is not \[N,K\] of floats, a score",
        "output 0",
    ),
    "inconsistent shapes": (inconsistent, {}, "no consistent shapes yet; give it static ones", "model.reshape"),
    "no picture": (
        table,
        {},
        r"takes no picture: its inputs?:? .* f32 \[.*\]; a picture is \[N,C,H,W\] or \[N,H,W,C\]",
        "input",
    ),
    "pictures combined": (pictures_combined, {}, "another batch than the picture", "combined on the way"),
    "unrelated scores": (unrelated, {}, "do not depend on the picture", "input "),
    "paths apart": (apart_from_the_start, {"reference": True}, "no layer that all class scores", "picture itself"),
    "several branches": (two_branches, {"reference": True}, "several branches", "positions are read by attention"),
    "large grid": (large_grid, {}, "72 x 72 positions, more than 4096; choose a deeper layer", "deepest map"),
    "costly": (graphs.cnn, {"max_cost": 1e-9}, "costs too much; what would cost less", "max_cost=1e-09"),
    "no block, class token": (graphs.vit, {"k": 0}, "class scores read a class token", "usable layers"),
    "no block, class attention": (class_attention, {"k": 0}, "attends to the positions in 1 block", "usable layers"),
    "too many blocks": (graphs.vit, {"k": 9}, "needs as many attention blocks", "usable layers"),
    "no blocks at all": (graphs.cnn, {"k": 1}, "needs as many attention blocks", "there are none"),
    "no such layer": (named(""), {LAYER: "maps"}, "there is no layer 'maps'; did you mean 'map'", "usable layers"),
    "the picture": (named(""), {LAYER: "image"}, "is the picture itself", "usable layers"),
    "a layer beside": (named(""), {LAYER: "beside"}, "no path leads from it to the class scores", "usable layers"),
    "integers": (named(""), {LAYER: "integers"}, "is not of a float type", "usable layers"),
    "no grid": (named(""), {LAYER: "channels"}, "has no grid of positions", "usable layers"),
    "half a grid": (named(""), {LAYER: "halves"}, "does not hold each position", "usable layers"),
    "batch elsewhere": (named(""), {LAYER: "windows"}, "does not have the batch as its first axis", "usable layers"),
    "k without a block": (named(""), {LAYER: "map", "k": 1}, "none starts at layer 'map'", "layer chosen by name"),
    "earlier stage": (staged, {LAYER: "first"}, "attention block of an earlier stage", "usable layers"),
    "another k": (staged, {LAYER: "second", "k": 2}, "k=2 does not go with layer 'second'", "1 attention blocks"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_what_to_do(name: str) -> None:
    build, options, reason, hint = REFUSED[name]
    with pytest.raises(xai.TargetNotFoundError, match=reason) as caught:
        xai.insert_xai(
            build(), explain_method=options.get("method"), **{k: v for k, v in options.items() if k != "method"}
        )
    assert hint in str(caught.value)


def test_dead_positions() -> None:
    model = graphs.vit()
    last = [node for node in model.get_ordered_ops() if node.get_type_name() == "MVN"][-1]
    last.set_friendly_name("last norm")
    with pytest.raises(xai.TargetNotFoundError, match="positions do not reach the class scores"):
        xai.insert_xai(model, target_layer="last norm")


def test_dynamic_height_of_what_is_mapped_for_one_grid_only() -> None:
    """The loop over masks takes any grid, but costs as many runs of the head as there are positions."""
    model = graphs.flattened()
    model.inputs[0].get_node().set_partial_shape(ov.PartialShape([1, 3, -1, -1]))
    with pytest.raises(xai.TargetNotFoundError, match="static one first"):
        xai.insert_xai(model, max_cost=0.5)
    image = random_input(graphs.flattened())
    wanted, found = (run(xai.insert_xai(one), image, name="saliency_map") for one in (graphs.flattened(), model))
    assert np.abs(wanted.astype(int) - found.astype(int)).max() <= 1

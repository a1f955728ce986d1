"""A detector that is augmented, then reshaped, gives the map of the same tensors built at the new shape, or throws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovxai_passes.ops.precision import F32
from ovxai_passes.ops.sizes import guarded, sizes_of
from ovxai_passes.reference.comparing import worst_difference
from tests.fixtures import detector_graphs as graphs
from tests.fixtures.detector_parts import CLASSES, SIDE, Builder
from tests.patterns.detector.test_instances import some
from tests.support.detectors import located
from tests.support.running import Array, run

Shape = Sequence[int]
NHWC = "nhwc"


def _flat(x: ov.Node, width: int) -> ov.Node:
    return ops.reshape(x, ops.constant([0, width, -1]), special_zero=True)


def _tokens(x: ov.Node, width: int) -> ov.Node:
    return ops.reshape(ops.transpose(x, ops.constant([0, 2, 3, 1])), ops.constant([0, -1, width]), special_zero=True)


def _dense(build: Builder, x: ov.Node, outputs: int, name: str = "") -> ov.Node:
    weights = build.rng.normal(0, 0.4, (x.get_output_partial_shape(0)[2].get_length(), outputs)).astype(np.float32)
    bias = build.rng.normal(0, 0.4, (1, 1, outputs)).astype(np.float32)
    made = ops.add(ops.matmul(x, ops.constant(weights), False, False), ops.constant(bias))
    if name:
        made.set_friendly_name(name)
    return made


def maps() -> ov.Model:
    """Maps [N,C,h,w] whose heads no plugin fuses with their activations."""
    build = Builder(41)
    parts = [
        ops.concat([_flat(head, width) for head in build.heads(kind, width)], 2)
        for kind, width in (("box", 4), ("cls", CLASSES))
    ]
    return build.model(ops.concat([ops.multiply(parts[0], ops.constant(np.float32(8))), ops.sigmoid(parts[1])], 1))


def fused() -> ov.Model:
    """Maps whose heads are computed again, beside objectness."""
    return graphs.yolox().model


def channels_last() -> ov.Model:
    """Maps [N,h,w,C]: biases are added behind a Transpose."""
    build = Builder(42)
    joined = {}
    for kind, width in (("cls", CLASSES), ("box", 4)):
        rows = []
        for place, level in enumerate(build.levels):
            weights = ops.constant(build.rng.normal(0, 0.4, (2 * width, 8, 1, 1)).astype(np.float32))
            made = ops.convolution(level, weights, [1, 1], [0, 0], [0, 0], [1, 1])
            bias = ops.constant(build.rng.normal(0, 0.5, 2 * width).astype(np.float32))
            named = ops.add(ops.transpose(made, ops.constant([0, 2, 3, 1])), bias, name=f"{kind}{place}")
            rows.append(ops.reshape(named, ops.constant([0, -1, width]), special_zero=True))
        joined[kind] = ops.concat(rows, 1)
    boxes = ops.multiply(joined["box"], ops.constant(np.float32(8)))
    return build.model(ops.sigmoid(joined["cls"]), boxes)


def joined_tokens() -> ov.Model:
    """RT-DETR: one layer scores the tokens of all levels; the best ones are decoded."""
    build, count = Builder(43), 6
    memory = _dense(build, ops.concat([_tokens(level, 8) for level in build.levels], 1), 8)
    scores = _dense(build, memory, CLASSES, "scores")
    best = ops.reduce_max(scores, ops.constant([2]), keep_dims=False)
    picked = ops.topk(best, ops.constant(count), 1, "max", "value", "i32").output(1)
    spread = ops.broadcast(
        ops.unsqueeze(picked, ops.constant([2])), ops.constant([1, 1, 8]), broadcast_spec="BIDIRECTIONAL"
    )
    asked = ops.relu(_dense(build, ops.gather_elements(memory, spread, 1), 8))
    return build.model(_dense(build, asked, CLASSES), ops.sigmoid(_dense(build, asked, 4)))


def tokens() -> ov.Model:
    """One layer scores the tokens of one map, another says their boxes."""
    build = Builder(44)
    memory = ops.relu(_dense(build, _tokens(build.levels[0], 8), 8))
    scores, boxes = (_dense(build, memory, width) for width in (CLASSES, 4))
    return build.model(ops.sigmoid(scores), ops.multiply(boxes, ops.constant(np.float32(8))))


def anchors() -> ov.Model:
    """One head a level for boxes, objectness and classes of several anchors."""
    return graphs.yolov3_region().model


def one_level() -> ov.Model:
    """FastestDet: objectness, box and shares of classes, joined on the channels of one map."""
    build = Builder(45)
    there, box, said = (build.conv(build.levels[0], width) for width in (1, 4, CLASSES))
    return build.model(ops.concat([ops.sigmoid(there), ops.tanh(box), ops.softmax(said, 1)], 1))


def prototypes(unit: float = SIDE) -> ov.Model:
    """YOLO-seg: boxes about the middle, in units of which a picture of 32 pixels has `unit`."""
    build, count = Builder(46), 4
    parts = {
        kind: ops.concat([_flat(head, width) for head in build.heads(kind, width)], 2)
        for kind, width in (("box", 4), ("cls", CLASSES), ("coefficients", count))
    }
    boxes = ops.multiply(ops.sigmoid(parts["box"]), ops.constant(np.float32(unit)))
    twice = ops.constant(np.array([2, 2], np.float32))
    bases = build.conv(ops.interpolate(build.levels[0], twice, "nearest", "scales", axes=ops.constant([2, 3])), count)
    return build.model(ops.concat([boxes, ops.sigmoid(parts["cls"]), parts["coefficients"]], 1), bases)


def shares() -> ov.Model:
    """The same with boxes in shares of the picture."""
    return prototypes(1)


KINDS: tuple[Callable[[], ov.Model], ...] = (
    maps,
    fused,
    channels_last,
    joined_tokens,
    tokens,
    anchors,
    one_level,
    prototypes,
    shares,
)
PLAIN, OTHER = (1, 3, SIDE, SIDE), (1, 3, 48, 80)


def pictures(shape: Shape) -> Array:
    return np.random.default_rng(sum(shape)).uniform(0, 1, shape).astype(np.float32)


def check(model: ov.Model, reshaped: Shape, shapes: Sequence[Shape], **options: Any) -> None:
    """Hold a model that is augmented, then reshaped, to ones that are reshaped first, at each of some shapes."""
    late = located(model, **options)
    late.model.reshape(list(reshaped))
    compiled = ov.compile_model(late.model, "CPU", F32)
    for shape in shapes:
        plain = model.clone()
        plain.reshape(list(shape))
        early = located(plain, **options)
        names = [(found.report.target.name, [one.name for one in found.report.levels]) for found in (late, early)]
        assert names[0] == names[1]
        image = pictures(shape)
        wanted = run(early.model, image, name="saliency_map")
        found = np.array(compiled(image)["saliency_map"])
        assert found.shape == wanted.shape
        assert wanted.max() > 0
        assert worst_difference(found, wanted) <= 1


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.slow) if kind is shares else kind for kind in KINDS],
    ids=lambda kind: kind.__name__,
)
def test_the_map_follows_the_shape(kind: Callable[[], ov.Model]) -> None:
    model = kind()
    check(model, OTHER, [OTHER])
    check(model, (3, 3, 64, 32), [(3, 3, 64, 32)])
    check(model, (-1, 3, SIDE, SIDE), [(2, 3, SIDE, SIDE)])
    check(model, (-1, 3, -1, -1), [OTHER, (2, 3, 64, 48), PLAIN])


@pytest.mark.parametrize("size", ["largest", "middle", (8, 8)], ids=str)
def test_sizes_of_maps_follow_the_shape(size: Any) -> None:
    for kind in (maps, joined_tokens):
        check(kind(), OTHER, [OTHER], saliency_map_size=size)
        check(kind(), (-1, 3, -1, -1), [OTHER, PLAIN], saliency_map_size=size)


def test_options_follow_the_shape() -> None:
    check(fused(), (2, 3, 48, 64), [(2, 3, 48, 64)], objectness=True, classes=[3, 1])


@pytest.mark.parametrize("whole", [True, False])
def test_masks_of_instances_follow_the_picture(whole: bool) -> None:
    masks = np.random.default_rng(1).uniform(0.1, 1, (3, 1, *((SIDE, SIDE) if whole else (14, 14)))).astype(np.float32)
    model = some(masks).model()
    size = (SIDE, SIDE)
    if not whole:
        check(model, OTHER, [OTHER], saliency_map_size=(8, 8))
        check(model, (-1, 3, -1, -1), [OTHER, PLAIN], saliency_map_size=(8, 8))
    late = located(model, saliency_map_size=(8, 8)).model
    late.reshape([-1, 3, *size])
    assert run(late, pictures(PLAIN), name="saliency_map").any()
    with pytest.raises(RuntimeError):
        run(late, pictures((2, 3, *size)))
    with pytest.raises(RuntimeError):
        late.reshape([2, 3, *size])


def test_a_branch_for_one_size_throws_for_others() -> None:
    def built() -> ov.Model:
        image = ops.parameter(PLAIN, np.float32)
        mean = ops.reduce_mean(image, ops.constant([1]), keep_dims=True)
        held = guarded(mean.output(0), sizes_of(image, (2, 3)), (SIDE, SIDE))
        return ov.Model([ops.result(held)], [image], "branch")

    image = pictures(PLAIN)
    np.testing.assert_allclose(run(built(), image), image.mean(1, keepdims=True), rtol=1e-5)
    for other in ((1, 3, 16, 64), (1, 3, 64, SIDE), (1, 3, SIDE, 1)):
        with pytest.raises(RuntimeError):
            built().reshape(list(other))
        dynamic = built()
        dynamic.reshape([-1, 3, -1, -1])
        assert run(dynamic, np.concatenate([image, image])).shape == (2, 1, SIDE, SIDE)
        with pytest.raises(RuntimeError):
            run(dynamic, pictures(other))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "side"), [("FastestDet.onnx", 352), ("yolox_nano_416.onnx", 416)])
def test_real_detectors(data: Path, name: str, side: int) -> None:
    """Each picture of a batch gets the map that it gets alone, by the model as it was reshaped first."""
    model, taken = ov.Core().read_model(data / name), []
    for shape in ((1, 3, side + 64, side - 32), (2, 3, side, side), (3, 3, side - 32, side)):
        plain, image = model.clone(), pictures(shape)
        late = located(model)
        try:
            plain.reshape(list(shape))
            run(plain, image)
        except RuntimeError:  # the plain model does not take the shape
            continue
        late.model.reshape(list(shape))
        taken.append(shape)
        one = model.clone()
        one.reshape([1, *shape[1:]])
        alone = located(one).model
        wanted = np.concatenate([run(alone, picture[None], name="saliency_map") for picture in image])
        assert worst_difference(run(late.model, image, name="saliency_map"), wanted) <= 1
    if not taken:
        pytest.skip("the plain model takes no other shape")


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        *((kind, method) for kind in (fused, joined_tokens) for method in ("activationmap", "eigencam")),
        *(
            pytest.param(kind, "activationmap", marks=pytest.mark.slow)
            for kind in KINDS
            if kind not in (fused, joined_tokens)
        ),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_is_read_of_a_feature_map_follows_the_shape(kind: Callable[[], ov.Model], method: str) -> None:
    for size in ("largest", "middle"):
        options = {"task": "detection", "method": method, "saliency_map_size": size}
        check(kind(), OTHER, [OTHER], **options)
        check(kind(), (3, 3, 64, 32), [(3, 3, 64, 32)], **options)
        check(kind(), (-1, 3, -1, -1), [OTHER, (2, 3, 64, 48)], **options)

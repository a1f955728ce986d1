"""Small models of every layout, built by hand: all biases, norm scales and shifts are non-zero.

Builders with a `mask` take a node that multiplies the target where its definition says so: a model with the mask as a
second input is an oracle that shares no code with the package.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops

CLASSES = 5


class Weights:
    """Reproducible constants of one element type."""

    def __init__(self, seed: int = 0, kind: type[np.floating] = np.float32) -> None:
        self._rng = np.random.default_rng(seed)
        self.kind = kind

    def __call__(self, *shape: int, scale: float = 0.5, shift: float = 0.0) -> ov.Node:
        return ops.constant((self._rng.standard_normal(shape) * scale + shift).astype(self.kind))


def integers(*values: int) -> ov.Node:
    return ops.constant(np.array(values, np.int64))


def scalar(value: int) -> ov.Node:
    return ops.constant(np.array(value, np.int64))


def conv(x: ov.Node, w: Weights, inputs: int, outputs: int, kernel: int, stride: int = 1) -> ov.Node:
    pad = [(kernel - 1) // 2 if stride == 1 else 0] * 2
    y = ops.convolution(x, w(outputs, inputs, kernel, kernel), [stride] * 2, pad, pad, [1, 1])
    return ops.add(y, w(1, outputs, 1, 1))


def dense(x: ov.Node, w: Weights, inputs: int, outputs: int) -> ov.Node:
    return ops.add(ops.matmul(x, w(inputs, outputs), False, False), w(1, outputs))


def norm(x: ov.Node, w: Weights, channels: int) -> ov.Node:
    y = ops.mvn(x, integers(-1), True, 1e-5, "inside_sqrt")
    return ops.add(ops.multiply(y, w(1, 1, channels, shift=1.0)), w(1, 1, channels))


def masked(x: ov.Node, mask: ov.Node | None) -> ov.Node:
    return x if mask is None else ops.multiply(x, mask)


def picture(batch: int, channels: int = 3, side: int = 8, kind: object = np.float32) -> ov.Node:
    return ops.parameter([batch, channels, side, side], kind, name="image")


def model_of(scores: ov.Node, image: ov.Node, mask: ov.Node | None = None, softmax: bool = False) -> ov.Model:
    end = ops.softmax(scores, 1) if softmax else scores
    end.output(0).set_names({"scores"})
    return ov.Model([ops.result(end)], [image] if mask is None else [image, mask], "fixture")


def cnn(
    batch: int = 1,
    kind: type[np.floating] = np.float32,
    softmax: bool = False,
    mask: ov.Node | None = None,
    seed: int = 0,
) -> ov.Model:
    """Conv → ReLU [N,6,4,4] → mean → hidden layer → classes."""
    w, image = Weights(seed, kind), picture(batch, kind=kind)
    x = masked(ops.relu(conv(image, w, 3, 6, 2, stride=2)), mask)
    x = ops.relu(dense(ops.reduce_mean(x, integers(2, 3), False), w, 6, 7))
    return model_of(dense(x, w, 7, CLASSES), image, mask, softmax)


def max_cnn(batch: int = 1, mask: ov.Node | None = None) -> ov.Model:
    """As `cnn`, with a maximum over positions and a 1x1 convolution as classifier: scores [N,K,1,1]."""
    w, image = Weights(1), picture(batch)
    x = masked(ops.swish(conv(image, w, 3, 6, 2, stride=2)), mask)
    x = ops.reduce_max(x, integers(2, 3), True)
    return model_of(conv(x, w, 6, CLASSES, 1), image, mask)


def nhwc_cnn(batch: int = 1, mask: ov.Node | None = None) -> ov.Model:
    """u8 NHWC input, Transposes around the convolutions, mean over axes 1 and 2 of [N,4,4,6]."""
    w = Weights(2)
    image = ops.parameter([batch, 8, 8, 3], np.uint8, name="image")
    x = ops.multiply(ops.convert(image, "f32"), ops.constant(np.float32(1 / 255)))
    x = ops.relu(conv(ops.transpose(x, integers(0, 3, 1, 2)), w, 3, 6, 2, stride=2))
    x = ops.multiply(ops.transpose(x, integers(0, 2, 3, 1)), w(1, 1, 1, 6, shift=1.0))
    x = masked(ops.add(x, w(1, 1, 1, 6)), mask)
    return model_of(dense(ops.reduce_mean(x, integers(1, 2), False), w, 6, CLASSES), image, mask)


def transposed_pooling(batch: int = 1) -> ov.Model:
    """Features [N,4,4,6], normed, transposed to [N,6,4,4] for the pooling, as in Nest."""
    w, image = Weights(8), picture(batch)
    x = ops.transpose(conv(image, w, 3, 6, 2, stride=2), integers(0, 2, 3, 1))
    x = ops.add(ops.multiply(ops.mvn(x, integers(-1), True, 1e-5, "inside_sqrt"), w(1, 1, 1, 6)), w(1, 1, 1, 6))
    x = ops.reduce_mean(ops.transpose(x, integers(0, 3, 1, 2)), integers(2, 3), True)
    return model_of(dense(ops.reshape(x, integers(0, 6), True), w, 6, CLASSES), image)


def quantised_cnn(batch: int = 1) -> ov.Model:
    """FakeQuantize on activations, pooled features, scores and probabilities, as 8-bit exports have them."""
    w, image = Weights(3), picture(batch)

    def quantise(x: ov.Node, low: float, high: float) -> ov.Node:
        ends = [ops.constant(np.float32(end)) for end in (low, high, low, high)]
        return ops.fake_quantize(x, *ends, 256)

    x = quantise(ops.relu(conv(image, w, 3, 6, 2, stride=2)), 0, 6)
    x = quantise(ops.reduce_mean(x, integers(2, 3), True), 0, 6)
    x = quantise(conv(x, w, 6, CLASSES, 1), -4, 4)
    x = quantise(ops.reshape(x, integers(0, CLASSES), True), -4, 4)
    x = quantise(ops.softmax(x, 1), 0, 1)
    x.output(0).set_names({"probabilities"})
    return ov.Model([ops.result(x)], [image], "quantised")


def flattened(batch: int = 1, mask: ov.Node | None = None) -> ov.Model:
    """Conv [N,6,4,4] → one matrix over all positions and channels."""
    w, image = Weights(4), picture(batch)
    x = masked(ops.relu(conv(image, w, 3, 6, 2, stride=2)), mask)
    x = ops.reshape(x, integers(0, 96), True)
    return model_of(dense(ops.relu(dense(x, w, 96, 9)), w, 9, CLASSES), image, mask)


def scores_pooled(batch: int = 1, mask: ov.Node | None = None) -> ov.Model:
    """Conv [N,6,4,4] → 1x1 convolution to classes → ReLU → mean over positions."""
    w, image = Weights(5), picture(batch)
    x = ops.relu(conv(image, w, 3, 6, 2, stride=2))
    x = masked(ops.relu(conv(x, w, 6, CLASSES, 1)), mask)
    return model_of(ops.reduce_mean(x, integers(2, 3), False), image, mask, softmax=True)


def patches(image: ov.Node, w: Weights, width: int, batch: int, kept: int, baked: bool) -> ov.Node:
    """Tokens [N,kept+16,width] of 2x2 patches; a baked Reshape holds the batch."""
    x = conv(image, w, 3, width, 2, stride=2)
    first = batch if baked else 0
    x = ops.transpose(ops.reshape(x, integers(first, width, 16), not baked), integers(0, 2, 1))
    if kept:
        tokens = w(1, kept, width)
        if batch != 1:
            wanted = ops.concat([ops.gather(ops.shape_of(image), integers(0), scalar(0)), integers(kept, width)], 0)
            tokens = ops.broadcast(tokens, integers(batch, kept, width) if batch > 0 else wanted)
        x = ops.concat([tokens, x], 1)
    return ops.add(x, w(1, kept + 16, width))


def attention(x: ov.Node, w: Weights, width: int, tokens: int, batch: int, baked: bool) -> ov.Node:
    """Two-headed self-attention, spelled out with MatMul and Softmax."""
    heads, depth = 2, width // 2
    first = batch if baked else 0
    qkv = ops.reshape(dense(x, w, width, 3 * width), integers(first, tokens, 3, heads, depth), not baked)
    split = ops.split(ops.transpose(qkv, integers(2, 0, 3, 1, 4)), scalar(0), 3)
    q, k, v = (ops.squeeze(split.output(place), integers(0)) for place in range(3))
    weights = ops.softmax(ops.multiply(ops.matmul(q, k, False, True), ops.constant(np.float32(depth**-0.5))), 3)
    y = ops.transpose(ops.matmul(weights, v, False, False), integers(0, 2, 1, 3))
    return dense(ops.reshape(y, integers(first, tokens, width), not baked), w, width, width)


def mlp(x: ov.Node, w: Weights, width: int) -> ov.Node:
    return dense(ops.gelu(dense(x, w, width, 2 * width), "erf"), w, 2 * width, width)


def vit(
    batch: int = 1,
    kept: int = 1,
    blocks: int = 2,
    style: str = "pre",
    baked: bool = False,
    mask: ov.Node | None = None,
    masked_from_last: int = 1,
) -> ov.Model:
    """Class-token transformer on a 4x4 grid (kept = 0: mean-pooled after the final norm).

    `style`: pre-norm, post-norm or parallel blocks. `mask` [1,kept+16,1] weighs the input of the `masked_from_last`-th
    last block on its skip path and after its first norm (post, parallel: the input alone); 0: the final norm's output.
    """
    w, image, width = Weights(6), picture(batch), 8
    x = patches(image, w, width, batch, kept, baked)
    for block in range(blocks):
        here = mask if blocks - block == masked_from_last else None

        def attend(tokens: ov.Node) -> ov.Node:
            return attention(tokens, w, width, kept + 16, batch, baked)

        if style == "pre":
            x = ops.add(masked(x, here), attend(masked(norm(x, w, width), here)))
            x = ops.add(x, mlp(norm(x, w, width), w, width))
        elif style == "post":
            x = masked(x, here)
            x = norm(ops.add(x, attend(x)), w, width)
            x = norm(ops.add(x, mlp(x, w, width)), w, width)
        else:
            x = masked(x, here)
            y = norm(x, w, width)
            x = ops.add(x, ops.add(attend(y), mlp(y, w, width)))
    x = norm(x, w, width)
    if kept == 0:
        x = masked(x, mask if masked_from_last == 0 else None)
        return model_of(dense(ops.reduce_mean(x, integers(1), False), w, width, CLASSES), image, mask)
    heads = [dense(ops.gather(x, scalar(token), scalar(1)), w, width, CLASSES) for token in range(min(kept, 2))]
    scores = heads[0] if len(heads) == 1 else ops.multiply(ops.add(*heads), ops.constant(np.float32(0.5)))
    return model_of(scores, image, mask)


def quantised_vit(batch: int = 1) -> ov.Model:
    """`vit` with a FakeQuantize in front of each matrix product, between Softmax and values too."""
    model = vit(batch)
    for node in model.get_ordered_ops():
        if node.get_type_name() == "MatMul":
            ends = [ops.constant(np.float32(end)) for end in (-8, 8, -8, 8)]
            quantised = ops.fake_quantize(node.input_value(0), *ends, 256)
            node.input(0).replace_source_output(quantised.output(0))
    model.validate_nodes_and_infer_types()
    return model


def windowed(batch: int = 1, mask: ov.Node | None = None) -> ov.Model:
    """Swin-like: tokens [N,4,4,C] rolled, attended to in 2x2 windows, rolled back, normed, mean-pooled."""
    w, image, width = Weights(7), picture(batch), 8
    x = ops.transpose(conv(image, w, 3, width, 2, stride=2), integers(0, 2, 3, 1))
    y = ops.roll(x, integers(-1, -1), integers(1, 2))
    y = ops.transpose(ops.reshape(y, integers(-1, 2, 2, 2, 2, width), False), integers(0, 1, 3, 2, 4, 5))
    y = ops.reshape(y, integers(-1, 4, width), False)
    weights = ops.softmax(ops.matmul(dense(y, w, width, width), y, False, True), 2)
    y = ops.reshape(
        ops.matmul(weights, dense(y, w, width, width), False, False), integers(-1, 2, 2, 2, 2, width), False
    )
    y = ops.reshape(ops.transpose(y, integers(0, 1, 3, 2, 4, 5)), integers(-1, 4, 4, width), False)
    x = ops.add(x, ops.roll(y, integers(1, 1), integers(1, 2)))
    x = ops.mvn(x, integers(-1), True, 1e-5, "inside_sqrt")
    x = ops.add(ops.multiply(x, w(1, 1, 1, width, shift=1.0)), w(1, 1, 1, width))
    x = masked(x, mask)
    return model_of(dense(ops.reduce_mean(x, integers(1, 2), False), w, width, CLASSES), image, mask)


def with_mask(build: object, shape: list[int], kind: object = np.float32, **options: object) -> ov.Model:
    """The fixture with a mask of that shape as its second input."""
    assert callable(build)
    result = build(mask=ops.parameter(shape, kind, name="mask"), **options)
    assert isinstance(result, ov.Model)
    return result

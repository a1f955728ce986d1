"""Small models whose positions are read by attention, built by hand; see `graphs`."""

from __future__ import annotations

import openvino as ov
from openvino import opset13 as ops

from tests.graphs import CLASSES, Weights, conv, dense, integers, masked, mlp, model_of, norm, patches, picture, scalar

_WIDTH = 8


def _learned(image: ov.Node, w: Weights, batch: int) -> ov.Node:
    """A learned token [N,1,C]."""
    token = w(1, 1, _WIDTH)
    if batch == 1:
        return token
    wanted = ops.concat([ops.gather(ops.shape_of(image), integers(0), scalar(0)), integers(1, _WIDTH)], 0)
    return ops.broadcast(token, integers(batch, 1, _WIDTH) if batch > 0 else wanted)


def _split_heads(x: ov.Node, count: int) -> ov.Node:
    return ops.transpose(ops.reshape(x, integers(0, count, 2, _WIDTH // 2), True), integers(0, 2, 1, 3))


def _attend(query: ov.Node, x: ov.Node, w: Weights, count: int) -> ov.Node:
    """[N,1,C] from one query and `count` tokens, two heads."""
    parts = [_split_heads(dense(one, w, _WIDTH, _WIDTH), size) for one, size in ((query, 1), (x, count), (x, count))]
    y = ops.scaled_dot_product_attention(*parts)
    return dense(ops.reshape(ops.transpose(y, integers(0, 2, 1, 3)), integers(0, 1, _WIDTH), True), w, _WIDTH, _WIDTH)


def _rows(x: ov.Node, start: int, stop: int) -> ov.Node:
    return ops.slice(x, integers(start), integers(stop), integers(1), integers(1))


def _class_attention(x: ov.Node, w: Weights, count: int) -> ov.Node:
    return _attend(_rows(x, 0, 1), x, w, count)


def class_attention(batch: int = 1, style: str = "cait", mask: ov.Node | None = None) -> ov.Model:
    """Two class-attention blocks over 4x4 tokens. `mask` [1,17,1] weighs what leaves the first norm of each.

    `style`: `cait` joins class token and positions anew for each block, `xcit` passes the positions through the blocks,
    `volo` also reads the positions by an auxiliary head (maximum).
    """
    w, image = Weights(11), picture(batch)
    x = patches(image, w, _WIDTH, batch, 0, False)
    x = ops.add(x, mlp(norm(x, w, _WIDTH), w, _WIDTH))
    token = _learned(image, w, batch)
    joined = ops.concat([token, x], 1)
    for _ in range(2):
        normed = masked(norm(joined, w, _WIDTH), mask)
        attended = _class_attention(normed, w, 17)
        if style == "xcit":
            update = ops.concat([attended, _rows(normed, 1, 17)], 1)
            joined = ops.add(joined, ops.multiply(w(_WIDTH), update))
            token, rest = norm(_rows(joined, 0, 1), w, _WIDTH), _rows(joined, 1, 17)
            joined = ops.concat([token, rest], 1)
            joined = ops.add(joined, ops.concat([ops.multiply(mlp(token, w, _WIDTH), w(_WIDTH)), rest], 1))
        else:
            token = ops.add(_rows(joined, 0, 1), attended)
            token = ops.add(token, mlp(norm(token, w, _WIDTH), w, _WIDTH))
            joined = ops.concat([token, x if style == "cait" else _rows(joined, 1, 17)], 1)
    joined = norm(joined, w, _WIDTH)
    scores = dense(ops.gather(joined, scalar(0), scalar(1)), w, _WIDTH, CLASSES)
    if style == "volo":
        auxiliary = dense(_rows(joined, 1, 17), w, _WIDTH, CLASSES)
        half = ops.multiply(ops.reduce_max(auxiliary, integers(1), False), ops.constant(0.5, ov.Type.f32))
        scores = ops.add(scores, half)
    return model_of(scores, image, mask)


def learned_query(batch: int = 1, mask: ov.Node | None = None) -> ov.Model:
    """A learned query attends to 4x4 normed tokens, which `mask` [1,16,1] weighs (SigLIP)."""
    w, image = Weights(12), picture(batch)
    x = masked(norm(patches(image, w, _WIDTH, batch, 0, False), w, _WIDTH), mask)
    y = _attend(_learned(image, w, batch), x, w, 16)
    y = ops.add(y, mlp(norm(y, w, _WIDTH), w, _WIDTH))
    return model_of(dense(ops.squeeze(y, integers(1)), w, _WIDTH, CLASSES), image, mask)


def mean_query(batch: int = 1, mask: ov.Node | None = None) -> ov.Model:
    """The mean of a 4x4 map attends to it and to itself (CLIP's ResNets); `mask` [1,1,4,4] weighs the map."""
    w, image = Weights(13), picture(batch)
    x = masked(ops.relu(conv(image, w, 3, _WIDTH, 2, stride=2)), mask)
    x = ops.transpose(ops.reshape(x, integers(0, 0, -1), True), integers(0, 2, 1))
    x = ops.add(ops.concat([ops.reduce_mean(x, integers(1), True), x], 1), w(1, 17, _WIDTH))
    y = ops.squeeze(_class_attention(x, w, 17), integers(1))
    return model_of(dense(y, w, _WIDTH, CLASSES), image, mask)


def two_branches(batch: int = 1, mask: ov.Node | None = None) -> ov.Model:
    """Class attention over 4x4 tokens and over 2x2 ones, the scores of both added (CrossViT).

    `mask` [1,17,1] weighs the finer branch, behind its norm.
    """
    w, image = Weights(14), picture(batch)
    scores: list[ov.Node] = []
    trunk = conv(ops.relu(conv(image, w, 3, 64, 3)), w, 64, 64, 3)  # work enough for a map to be cheap
    for stride, count in ((2, 16), (4, 4)):
        x = conv(trunk, w, 64, _WIDTH, stride, stride=stride)
        x = ops.transpose(ops.reshape(x, integers(0, 0, -1), True), integers(0, 2, 1))
        joined = ops.concat([_learned(image, w, batch), x], 1)
        normed = masked(norm(joined, w, _WIDTH), mask if count == 16 else None)
        token = ops.add(_rows(joined, 0, 1), _class_attention(normed, w, count + 1))
        scores.append(dense(ops.squeeze(norm(token, w, _WIDTH), integers(1)), w, _WIDTH, CLASSES))
    return model_of(ops.add(*scores), image, mask)


def two_stages(batch: int = 1, mask: ov.Node | None = None) -> ov.Model:
    """The means of a 4x4 map and of the 2x2 map made of it, both classified. `mask` [1,1,2,2] weighs the latter."""
    w, image = Weights(15), picture(batch)
    first = ops.relu(conv(image, w, 3, _WIDTH, 2, stride=2))
    second = ops.relu(conv(conv(first, w, _WIDTH, 16, 2, stride=2), w, 16, _WIDTH, 3))
    means = [ops.reduce_mean(x, integers(2, 3), False) for x in (first, masked(second, mask))]
    return model_of(ops.add(*(dense(mean, w, _WIDTH, CLASSES) for mean in means)), image, mask)

"""A mean over patches after the class token has been sliced off: blocks before it hold one more token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

import ovxai_passes as xai
from ovxai_passes.head.masks import target_masks
from ovxai_passes.insert import insert
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.options import Options
from ovxai_passes.reference.comparing import worst_difference
from ovxai_passes.reference.masked import defined_map
from ovxai_passes.vocabulary import Mask
from tests.fixtures.graphs import (
    CLASSES,
    Weights,
    attention,
    dense,
    integers,
    mlp,
    model_of,
    norm,
    patches,
    picture,
    scalar,
)
from tests.support.running import looped, random_input, run

WIDTH = 8

SLICES: dict[str, Callable[[ov.Node, int], Any]] = {
    "slice": lambda x, kept: ops.slice(x, integers(kept), integers(99), integers(1), integers(1)),
    "strided slice": lambda x, kept: ops.strided_slice(
        x, integers(0, kept), integers(0, 0), integers(1, 1), [1, 0], [1, 1]
    ),
    "gather": lambda x, kept: ops.gather(x, integers(*range(kept, kept + 16)), scalar(1)),
    "split": lambda x, kept: ops.variadic_split(x, scalar(1), integers(kept, 16)).output(1),
}


def sliced(
    batch: int = 1,
    kept: int = 1,
    how: str = "slice",
    projected: bool = False,
    mask: ov.Node | None = None,
    masked_from_last: int = 1,
) -> ov.Model:
    """Tokens → three blocks → norm → without the kept tokens → mean → classes. `mask`: as `graphs.vit`."""
    w, image = Weights(9), picture(batch)
    x = patches(image, w, WIDTH, batch, kept, False)
    for block in range(3):
        y = norm(x, w, WIDTH)
        if mask is not None and 3 - block == masked_from_last:
            x, y = ops.multiply(x, mask), ops.multiply(y, mask)
        x = ops.add(x, attention(y, w, WIDTH, kept + 16, batch, False))
        x = ops.add(x, mlp(norm(x, w, WIDTH), w, WIDTH))
    x = norm(x, w, WIDTH)
    x = SLICES[how](x, kept)
    width = WIDTH
    if projected:
        x, width = ops.gelu(dense(x, w, WIDTH, 6), "erf"), 6
    return model_of(dense(ops.reduce_mean(x, integers(1), False), w, width, CLASSES), image, mask)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("how", SLICES)
@pytest.mark.parametrize("k", [1, 2, 3])
def test_equal_to_the_loop(how: str, k: int) -> None:
    model = sliced(how=how)
    found = insert(model, Options(k=k, embed_scaling=False, max_cost=100))
    site = found.site
    assert (site.k, site.positions.kept, site.positions.grid) == (k, 1, (4, 4))
    image = random_input(model)
    masks = target_masks(Mask.GAUSSIAN, site.positions)
    assert (masks[:, 0, 0] == 1).all(), "kept tokens weigh 1"

    def with_mask() -> ov.Model:
        return sliced(how=how, mask=ops.parameter([1, 17, 1], np.float32), masked_from_last=k)

    wanted = looped(with_mask, image, masks).reshape(1, CLASSES, 4, 4)
    assert worst_difference(run(found.model, image, name="saliency_map"), wanted) <= 1


@pytest.mark.sampled(2)
@pytest.mark.parametrize("batch", [2, -1])
@pytest.mark.parametrize("kept", [1, 3])
@pytest.mark.parametrize("projected", [False, True])
def test_batches_and_registers(batch: int, kept: int, projected: bool) -> None:
    model = sliced(batch, kept, projected=projected)
    found = insert(model, Options(k=1, embed_scaling=False, max_cost=100))
    site, head, image = found.site, found.head, random_input(model)
    assert site.positions.kept == kept
    wanted = defined_map(site, head, Mask.GAUSSIAN, tensors_at(model, (site.target, *head.sides), [image]))
    assert worst_difference(run(found.model, image, name="saliency_map"), wanted) <= 1


def test_the_pooled_tokens_by_default_and_too_many_blocks() -> None:
    report = insert(sliced(), Options()).report
    assert (report.k, report.kept_tokens, report.grid) == (0, 0, (4, 4))
    with pytest.raises(xai.TargetNotFoundError, match="there are 3"):
        xai.insert_xai(sliced(), k=4)

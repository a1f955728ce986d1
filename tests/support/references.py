"""Maps of timm networks computed by PyTorch, for read-outs by attention: they share no code with the package.

Each reference runs the network up to its last blocks once, repeats what comes out for every mask, and multiplies what
the definition says by the masks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

Module = Any


def bells(height: int, width: int, kept: int) -> Any:
    """3x3 bells over a grid, cut at the border, behind `kept` ones: [M, kept+M, 1]."""
    kernel = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16
    padded = torch.zeros(height * width, height + 2, width + 2)
    for row in range(height):
        for column in range(width):
            padded[row * width + column, row : row + 3, column : column + 3] = kernel
    cells = padded[:, 1:-1, 1:-1].flatten(1)
    return torch.cat([torch.ones(len(cells), kept), cells], 1)[..., None]


def _expanded(value: Any, count: int) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(_expanded(one, count) for one in value)
    return value.expand(count, *value.shape[1:]) if isinstance(value, torch.Tensor) else value


def _scores(model: Module, image: Any, count: int, expand: Sequence[Module], masked: Callable[[], list[Any]]) -> Any:
    """Scores [M,K]: the outputs of `expand` are repeated M times; `masked` puts further hooks."""
    handles = [module.register_forward_hook(lambda _m, _i, out: _expanded(out, count)) for module in expand]
    handles += masked()
    with torch.no_grad():
        scores = model(image)
    for handle in handles:
        handle.remove()
    return scores


def _times(module: Module, masks: Any) -> Any:
    return module.register_forward_hook(lambda _m, _i, out: out * masks)


def class_attention(
    model: Module, image: Any, grid: tuple[int, int], expand: Sequence[Module], norms: Sequence[Module]
) -> Any:
    """Masks on the patch tokens behind the first norm of class-attention blocks."""
    masks = bells(*grid, 1)
    return _scores(model, image, len(masks), expand, lambda: [_times(norm, masks) for norm in norms])


def class_token(
    model: Module,
    image: Any,
    grid: tuple[int, int],
    norm: Module,
    attention: Module,
    expand: Sequence[Module] = (),
) -> Any:
    """Masks on the skip path of the last block and behind its first norm.

    The block adds its unmasked input x to what `attention` returns, so x * (mask - 1) is added there.
    """
    masks, seen = bells(*grid, 1), dict[str, Any]()
    original = norm.forward

    def masked_norm(x: Any) -> Any:
        seen["x"] = x
        return original(x) * masks

    def hooks() -> list[Any]:
        norm.forward = masked_norm
        return [attention.register_forward_hook(lambda _m, _i, out: out + seen["x"] * (masks - 1))]

    scores = _scores(model, image, len(masks), expand, hooks)
    norm.forward = original
    return scores


def cait(model: Module, image: Any) -> Any:
    """CaiT: two class-attention blocks."""
    norms = [block.norm1 for block in model.blocks_token_only]
    return class_attention(model, image, (14, 14), [model.blocks[-1]], norms)


def xcit(model: Module, image: Any) -> Any:
    """XCiT: two class-attention blocks that pass the patch tokens on."""
    return class_attention(model, image, (28, 28), [model.blocks[-1]], [block.norm1 for block in model.cls_attn_blocks])


def volo(model: Module, image: Any) -> Any:
    """VOLO: two class-attention blocks, and an auxiliary head that is left alone."""
    return class_attention(model, image, (14, 14), [model.network[-1]], [block.norm1 for block in model.post_network])


def crossvit(model: Module, image: Any) -> Any:
    """CrossViT, a part of the scores: the last fusion that attends to the finer of the two grids."""
    last = model.blocks[-1]
    return class_attention(model, image, (20, 20), list(last.blocks), [last.fusion[1].norm1])


def coat(model: Module, image: Any) -> Any:
    """CoaT, a part of the scores: the 14x14 tokens of the last parallel block."""
    block = model.parallel_blocks[-1]
    return class_attention(model, image, (14, 14), [model.parallel_blocks[-2]], [block.norm13])


def coat_lite(model: Module, image: Any) -> Any:
    """CoaT-Lite: a class token; the last block begins behind its convolutional position encoding."""
    block = model.serial_blocks4[-1]
    return class_token(model, image, (7, 7), block.norm1, block.factoratt_crpe)


def tnt(model: Module, image: Any) -> Any:
    """TNT: a class token; the outer part of the last block begins where the inner part has been added."""
    block = model.blocks[-1]
    return class_token(model, image, (14, 14), block.norm_out, block.attn_out)


def pit(model: Module, image: Any) -> Any:
    """PiT: a class token, which the stages carry beside the map."""
    last = model.transformers[-1]
    return class_token(model, image, (7, 7), last.blocks[-1].norm1, last.blocks[-1].attn, [last.pool])

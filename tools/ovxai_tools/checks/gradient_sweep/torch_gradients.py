"""Gradients of torch networks for their picture, and for what their modules return, by torch.autograd.

A network returns class scores, or class scores and the maps that they are made from.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.modules.batchnorm import _BatchNorm

Array = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Gradients:
    """Of one picture: scores, their best class, its gradient for the picture and for the maps that are returned.

    `inner`: (value, gradient) of modules' results.
    """

    scores: Array
    best: int
    picture: Array
    maps: tuple[Array, ...]
    inner: tuple[tuple[Array, Array], ...]

    def of(self, value: Array) -> Array | None:
        """The gradient for the result that has this value, whatever the order of its axes; None where none has."""
        for own, gradient in reversed(self.inner):
            if own.size != value.size:
                continue
            for order in itertools.permutations(range(own.ndim)):
                flat = own.transpose(order).reshape(value.shape)
                if np.abs(flat - value).max() < 1e-3 * np.abs(value).max():
                    return gradient.transpose(order).reshape(value.shape)
        return None


def calibrate(network: Any, size: tuple[int, int, int]) -> None:
    """Statistics of BatchNorm from the network's own maps: drawn ones let signals grow until f32 tells nothing."""
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    with torch.no_grad():
        network(torch.randn(4, *size, generator=torch.Generator().manual_seed(3)))
    for norm in norms:
        norm.eval()


def gradients(network: Any, picture: Array, best: int | None = None, moved: tuple[float, int] = (0, 0)) -> Gradients:
    """Of a class, or the best one, of the first picture; weights are given none.

    `moved`: (share, seed): what each module returns is moved by noise of this share of its root mean square.
    """
    network.requires_grad_(False)
    results: list[Any] = []
    share, noise = moved[0], torch.Generator().manual_seed(moved[1])

    def keep(_module: Any, _inputs: Any, result: Any) -> Any:
        if isinstance(result, torch.Tensor) and result.requires_grad:
            results.append(result)
            if share:
                drawn = torch.randn(result.shape, generator=noise, dtype=result.dtype)
                return result + share * result.detach().square().mean().sqrt() * drawn
            return result.clone()  # what comes next may write in place
        return None

    hooks = [module.register_forward_hook(keep) for module in network.modules()]
    image = torch.tensor(picture, requires_grad=True)
    with norms_are_given_contiguous_gradients():
        returned = network(image)
        scores, *maps = returned if isinstance(returned, tuple) else (returned,)
        best = int(scores[0].argmax()) if best is None else best
        tensors = [image, *maps, *results]
        found, *inner = torch.autograd.grad(scores[0, best], tensors, allow_unused=True)
    for hook in hooks:
        hook.remove()
    of_results = zip(results, inner[len(maps) :], strict=True)
    pairs = [(a.detach().numpy(), b.numpy()) for a, b in of_results if b is not None]
    of_maps = tuple(one.numpy() for one in inner[: len(maps)])
    return Gradients(scores.detach().numpy(), best, found.numpy(), of_maps, tuple(pairs))


@contextmanager
def norms_are_given_contiguous_gradients() -> Iterator[None]:
    """Torch 2.13 returns wrong gradients of BatchNorm in evaluation on a CPU for transposed ones, in f64, too."""
    own = torch.nn.functional.batch_norm

    def batch_norm(*given: Any, **more: Any) -> Any:
        result = own(*given, **more)
        if result.requires_grad:
            result.register_hook(lambda gradient: gradient.contiguous())
        return result

    torch.nn.functional.batch_norm = batch_norm
    try:
        yield
    finally:
        torch.nn.functional.batch_norm = own

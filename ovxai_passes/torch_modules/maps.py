"""What becomes of scores and features: maps as torch operations, equal to those of the branch of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch

from ovxai_passes.finish.scale import LIFT
from ovxai_passes.methods.eigencam import SQUARINGS
from ovxai_passes.vocabulary import Method


def scaled(raw: torch.Tensor, joint: bool) -> torch.Tensor:
    """Maps [...,h,w] as u8 of 0..255, each by itself, or (`joint`) all of an image by one range."""
    axes = (1, 2, 3) if joint and raw.ndim == 4 else (-2, -1)
    lowest = raw.amin(axes, keepdim=True)
    span = raw.amax(axes, keepdim=True) - lowest
    divisor = torch.where(span == 0, torch.ones_like(span), span)
    return ((raw - lowest) / divisor * 255 + LIFT).to(torch.uint8)


def principal(rows: torch.Tensor) -> torch.Tensor:
    """Rows [N,P,C] on their first principal component, [N,P], as `methods/eigencam.py` has it."""
    tiny = torch.finfo(torch.float32).tiny
    largest = rows.abs().amax((1, 2), keepdim=True).clamp(min=tiny)
    unit = rows / largest
    by_positions = rows.shape[1] < rows.shape[2]
    power = _normalised(unit @ unit.mT if by_positions else unit.mT @ unit)
    for _ in range(SQUARINGS):
        power = _normalised(power @ power)
    reached = power if by_positions else unit @ power
    longest = reached.square().sum(2).argmax(1)
    row = reached.gather(1, longest[:, None, None].expand(-1, 1, reached.shape[2]))
    scores = (unit @ _normalised(row @ unit if by_positions else row).mT)[..., 0]
    mean = unit.mean(2)
    covariance = ((scores - scores.mean(1, True)) * (mean - mean.mean(1, True))).sum(1, True)
    return torch.where(covariance < 0, -scores, scores) * largest[:, 0]


def _normalised(value: torch.Tensor) -> torch.Tensor:
    """Matrices [N,a,b] over their Frobenius norms; zeros stay zeros."""
    norm = value.square().sum((1, 2), keepdim=True).sqrt()
    return value / norm.clamp(min=torch.finfo(torch.float32).tiny)


def _mean(rows: torch.Tensor) -> torch.Tensor:
    return rows.mean(2)


OF_ROWS: Mapping[Method, Callable[[torch.Tensor], torch.Tensor]] = MappingProxyType(
    {Method.ACTIVATIONMAP: _mean, Method.EIGENCAM: principal}
)
"""What class-agnostic methods make of the rows [N,P,C] of a feature map: maps [N,P]."""

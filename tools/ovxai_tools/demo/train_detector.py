"""What training the demo detector takes: targets for its cells, losses, and its mAP50."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import click
import numpy as np
import torch
from torch import nn

from ovxai_passes.explainer.boxes import Detection, detections_of
from ovxai_tools.demo.average_precision import Truth, map_50
from ovxai_tools.demo.detector_network import STRIDES, DemoDetector
from ovxai_tools.demo.scenes import LARGE_SIDE, SIDE, Scene

_NEAR = 1.0
"""A cell is asked for an object whose centre is less than so many strides away along both axes: some four cells are."""

_FOCUS, _POSITIVE = 2.0, 0.25
"""Gamma and alpha of the focal loss (Lin et al., arXiv 1708.02002)."""

_BATCH = 64
_LEAST = 0.01
"""Score from which on detections count for mAP50."""


@dataclass(frozen=True)
class Scenes:
    """Scenes for training. `images`: u8 [N,3,96,96]. `labels`: i64 [N,3], −1 for none. `boxes`: f32 [N,3,4], pixels."""

    images: torch.Tensor
    labels: torch.Tensor
    boxes: torch.Tensor


@dataclass(frozen=True)
class Targets:
    """What cells should say. `classes`: f32 [N,8,P], 0 or 1. `boxes`: f32 [N,P,4], corners. `positive`: bool [N,P]."""

    classes: torch.Tensor
    boxes: torch.Tensor
    positive: torch.Tensor


def as_scenes(scenes: Sequence[Scene]) -> Scenes:
    """Scenes as tensors."""
    pixels = np.stack([scene.pixels for scene in scenes]).transpose(0, 3, 1, 2)
    most = max(len(scene.labels) for scene in scenes)
    labels = np.full((len(scenes), most), -1)
    boxes = np.zeros((len(scenes), most, 4), np.float32)
    for place, scene in enumerate(scenes):
        labels[place, : len(scene.labels)] = scene.labels
        boxes[place, : len(scene.boxes)] = np.array(scene.boxes) * SIDE
    return Scenes(torch.from_numpy(pixels.copy()), torch.from_numpy(labels), torch.from_numpy(boxes))


def turned(images: torch.Tensor, boxes: torch.Tensor, quarters: int, flip: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures and boxes after quarter turns to the left and, if asked for, after exchanging left and right."""
    images = torch.rot90(images, quarters, (2, 3))
    for _ in range(quarters):
        x0, y0, x1, y1 = boxes.unbind(2)
        boxes = torch.stack([y0, SIDE - x1, y1, SIDE - x0], 2)
    if not flip:
        return images, boxes
    x0, y0, x1, y1 = boxes.unbind(2)
    return images.flip(3), torch.stack([SIDE - x1, y0, SIDE - x0, y1], 2)


def targets(model: DemoDetector, labels: torch.Tensor, boxes: torch.Tensor) -> Targets:
    """Objects ask the cells near their centre, inside their box, at the level for their size; the nearest one wins."""
    centres, strides = model.centres[0].T, model.strides[0, 0]
    corner, opposite = boxes[:, :, None, :2], boxes[:, :, None, 2:]
    away = (centres - (corner + opposite) / 2).abs().amax(3)
    inside = ((centres > corner) & (centres < opposite)).all(3)
    large = (opposite - corner).amax(3) > LARGE_SIDE
    level = large == (strides == STRIDES[1])
    asked = inside & level & (away < _NEAR * strides) & (labels[:, :, None] >= 0)
    nearest = torch.where(asked, away, torch.inf).argmin(1)
    positive = asked.any(1)
    wanted = nn.functional.one_hot(labels.clamp(min=0), model.classes[0][-1].out_channels).float()
    rows = torch.arange(len(boxes))[:, None]
    classes = wanted[rows, nearest] * positive[..., None]
    return Targets(classes.transpose(1, 2), boxes[rows, nearest], positive)


def losses(model: DemoDetector, images: torch.Tensor, wanted: Targets, bf16: bool) -> torch.Tensor:
    """Focal loss of all class scores and GIoU loss of the boxes of positive cells, both by number of positive cells."""
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        logits, distances = model.raw(images)
    logits = logits.float()
    entropy = nn.functional.binary_cross_entropy_with_logits(logits, wanted.classes, reduction="none")
    wrong = (wanted.classes - logits.sigmoid()).abs()
    weight = wanted.classes * _POSITIVE + (1 - wanted.classes) * (1 - _POSITIVE)
    count = wanted.positive.sum().clamp(min=1)
    corners = model.corners(distances.float()).transpose(1, 2)[wanted.positive]
    apart = 1 - _giou(corners, wanted.boxes[wanted.positive])
    return ((weight * wrong**_FOCUS * entropy).sum() + apart.sum()) / count


def _giou(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Generalised IoU of boxes [M,4] (Rezatofighi et al., arXiv 1902.09630): it tells how far boxes are that miss."""
    larger, smaller = torch.maximum(one, other), torch.minimum(one, other)
    shared = (smaller[:, 2:] - larger[:, :2]).clamp(min=0).prod(1)
    both = (one[:, 2:] - one[:, :2]).prod(1) + (other[:, 2:] - other[:, :2]).prod(1) - shared
    hull = (larger[:, 2:] - smaller[:, :2]).prod(1)
    return shared / both - (hull - both) / hull


def train_detector(model: DemoDetector, scenes: Scenes, rate: float, epochs: int, bf16: bool) -> None:
    """Flips, quarter turns and changes of brightness; AdamW on a one-cycle schedule."""
    model.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=5e-2)
    steps = len(scenes.images) // _BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=epochs * steps)
    model.train()
    for epoch in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(scenes.images))[: steps * _BATCH].reshape(-1, _BATCH):
            quarters, flip = int(torch.randint(4, ())), bool(torch.rand(()) < 0.5)
            x, boxes = turned(scenes.images[rows].float(), scenes.boxes[rows], quarters, flip)
            x = (x - 128) * (0.7 + 0.6 * torch.rand(_BATCH, 1, 1, 1)) + 128 + 40 * (torch.rand(_BATCH, 1, 1, 1) - 0.5)
            wanted = targets(model, scenes.labels[rows], boxes)
            loss = losses(model, x.contiguous(memory_format=torch.channels_last), wanted, bf16)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 10.0)
            optimiser.step()
            schedule.step()
            total += loss.item()
        click.echo(f"epoch {epoch + 1} of {epochs}: loss {total / steps:.3f}", err=True)
    model.eval()


def truth_of(scene: Scene) -> list[Truth]:
    """The objects of a scene, boxes in pixels."""
    pairs = zip(scene.labels, scene.boxes, strict=True)
    return [Truth((x0 * SIDE, y0 * SIDE, x1 * SIDE, y1 * SIDE), label) for label, (x0, y0, x1, y1) in pairs]


def map_50_of(model: nn.Module, scenes: Sequence[Scene]) -> float:
    """mAP50 of a model on some scenes."""
    images = as_scenes(scenes).images
    found: list[list[Detection]] = []
    with torch.no_grad():
        for some in images.split(100):
            found += [detections_of(output, _LEAST) for output in model(some.float()).numpy()]
    return map_50(found, [truth_of(scene) for scene in scenes])

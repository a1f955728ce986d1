"""The demo detector as a torch module: single-stage, without anchors, two levels."""

from __future__ import annotations

import torch
from torch import nn

from ovxai_tools.demo.networks import conv
from ovxai_tools.demo.scenes import SIDE
from ovxai_tools.demo.shapes import LABELS

STRIDES = (8, 16)
"""Pixels between the cells of each level, the fine one first."""

CELLS = tuple((SIDE // stride) ** 2 for stride in STRIDES)

_WIDTH = 64
_RARE = -4.6
"""Initial bias of the class scores, σ(−4.6) = 0.01: most cells hold nothing, as most do in the end."""


class DemoDetector(nn.Module):
    """Scenes [N,3,96,96] f32, RGB 0..255 → detections [N,4+8,180] in the layout of YOLOv8.

    The last axis holds the cells of both levels, 12x12 and 6x6, row by row. Each level has a branch of its own for
    classes and one for boxes, and nothing mixes the levels' cells after the branches.
    """

    centres: torch.Tensor
    strides: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Sequential(
            conv(3, 24, 4, 2),
            conv(24, 32, 3, 1),
            conv(32, 48, 4, 2),
            conv(48, 48, 3, 1),
            conv(48, 72, 2, 2),
            conv(72, 72, 3, 1),
        )
        self.coarse = nn.Sequential(conv(72, 80, 2, 2), conv(80, 80, 3, 1))
        self.top = conv(80, _WIDTH, 1, 1)
        self.lateral = conv(72, _WIDTH, 1, 1)
        self.larger = nn.Upsample(scale_factor=2, mode="nearest")
        self.merged = conv(_WIDTH, _WIDTH, 3, 1)
        self.classes = nn.ModuleList(_branch(len(LABELS)) for _ in STRIDES)
        self.boxes = nn.ModuleList(_branch(4) for _ in STRIDES)
        for branch in self.classes:
            nn.init.constant_(branch[-1].bias, _RARE)
        centres, strides = _cells()
        # Not persistent: they follow from SIDE and STRIDES, and are no weights.
        self.register_buffer("centres", centres, persistent=False)
        self.register_buffer("strides", strides, persistent=False)

    def raw(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Class logits [N,8,180] and, as they are before the softplus, distances [N,4,180] in strides."""
        fine = self.fine(image / 255 - 0.5)
        top = self.top(self.coarse(fine))
        levels = (self.merged(self.lateral(fine) + self.larger(top)), top)
        found = [
            torch.cat(
                [
                    branch(level).reshape(-1, rows, cells)
                    for branch, level, cells in zip(branches, levels, CELLS, strict=True)
                ],
                2,
            )
            for branches, rows in ((self.classes, len(LABELS)), (self.boxes, 4))
        ]
        return found[0], found[1]

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Detections: rows of centre x, centre y, width, height in pixels, then of class scores in 0..1."""
        logits, distances = self.raw(image)
        x0, y0, x1, y1 = self.corners(distances).split(1, 1)
        return torch.cat([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0, logits.sigmoid()], 1)

    def corners(self, distances: torch.Tensor) -> torch.Tensor:
        """Boxes x0, y0, x1, y1 [N,4,180] in pixels, from raw distances from cell centres to the box's sides."""
        before, after = (nn.functional.softplus(distances) * self.strides).split(2, 1)
        return torch.cat([self.centres - before, self.centres + after], 1)


def _branch(outputs: int) -> nn.Sequential:
    """What reads one level; ends with a convolution that has a bias."""
    return nn.Sequential(conv(_WIDTH, _WIDTH, 3, 1), nn.Conv2d(_WIDTH, outputs, 1))


def _cells() -> tuple[torch.Tensor, torch.Tensor]:
    """Centres x, y [1,2,180] of all cells and their strides [1,1,180], in pixels."""
    centres, strides = [], []
    for stride in STRIDES:
        along = (torch.arange(SIDE // stride) + 0.5) * stride
        y, x = torch.meshgrid(along, along, indexing="ij")
        centres.append(torch.stack([x.flatten(), y.flatten()]))
        strides.append(torch.full((1, along.numel() ** 2), float(stride)))
    return torch.cat(centres, 1)[None], torch.cat(strides, 1)[None]

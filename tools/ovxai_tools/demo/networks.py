"""The demo classifiers as torch modules, and the convolution that all demo models are made of."""

from __future__ import annotations

import torch
from torch import nn

from ovxai_tools.demo.shapes import LABELS


def conv(inputs: int, outputs: int, size: int, stride: int) -> nn.Sequential:
    """Convolution, BatchNorm, ReLU. Even sizes with stride 2 and odd ones with stride 1 keep cells centred.

    A stride of 2 with size 3 looks half a pixel up and left of each cell; three of them shift a map by 3.5 pixels.
    """
    weights = nn.Conv2d(inputs, outputs, size, stride, (size - 1) // 2, bias=False)
    return nn.Sequential(weights, nn.BatchNorm2d(outputs), nn.ReLU())


class DemoCnn(nn.Module):
    """Pictures [N,3,64,64] f32, RGB 0..255 → logits [N,8]; last feature map 8x8."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            conv(3, 24, 3, 1),
            conv(24, 32, 2, 2),
            conv(32, 48, 3, 1),
            conv(48, 64, 2, 2),
            conv(64, 64, 3, 1),
            conv(64, 96, 2, 2),
            conv(96, 96, 3, 1),
        )
        self.hidden = nn.Linear(96, 64)
        self.classifier = nn.Linear(64, len(LABELS))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits."""
        x = self.features(image / 255 - 0.5)
        return self.classifier(torch.relu(self.hidden(x.mean((2, 3)))))


class _Block(nn.Module):
    """A pre-norm transformer block over tokens [N,T,C]."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: torch.Tensor, weights: torch.Tensor | None = None, exchange: bool = False) -> torch.Tensor:
        """Tokens; `weights` [N,T,1] weigh the input as the masks of ViT-ReciproCAM do: skip path and normed copy.

        `exchange`: half of the pictures get what attention gathers from another picture.
        """
        normed = self.norm1(x)
        if weights is not None:
            x, normed = x * weights, normed * weights
        n, tokens, width = x.shape
        parts = self.qkv(normed).reshape(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        attended = nn.functional.scaled_dot_product_attention(*parts.unbind(0))
        gathered = self.proj(attended.transpose(1, 2).reshape(n, tokens, width))
        if exchange:
            gathered = torch.where(torch.rand(n, 1, 1) < 0.5, gathered.roll(1, 0), gathered)
        x = x + gathered
        return x + self.mlp(self.norm2(x))


def _lighter_patches(x: torch.Tensor) -> torch.Tensor:
    """Weights [N,T,1] for tokens: patches of half of the pictures weigh less, the class token never."""
    n, tokens, _ = x.shape
    weights = torch.where(torch.rand(n, 1, 1) < 0.5, torch.rand(n, 1, 1), 1.0).repeat(1, tokens, 1)
    weights[:, 0] = 1
    return weights


class DemoVit(nn.Module):
    """Pictures [N,3,64,64] f32, RGB 0..255 → logits [N,8]; four blocks over a class token and 8x8 patch tokens.

    In training, what the attention of the blocks but the last one gathers is exchanged between pictures half of the
    time, so evidence stays where it is until the class token reads it in the last block: what the maps are made from.
    """

    def __init__(self, width: int = 64, depth: int = 4, heads: int = 4, hidden: int = 120) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            conv(3, 24, 4, 2),
            conv(24, 40, 4, 2),
            conv(40, 48, 3, 1),
            conv(48, 64, 4, 2),
            nn.Conv2d(64, width, 1),
        )
        self.token = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.places = nn.Parameter(0.02 * torch.randn(1, 65, width))
        self.blocks = nn.ModuleList(_Block(width, heads, hidden) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, len(LABELS))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits."""
        patches = self.stem(image / 255 - 0.5).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(image.shape[0], -1, -1), patches], 1) + self.places
        for block in self.blocks[:-1]:
            x = block(x, exchange=self.training)
        x = self.blocks[-1](x, _lighter_patches(x) if self.training else None)
        return self.head(self.norm(x)[:, 0])

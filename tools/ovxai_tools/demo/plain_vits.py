"""Two more transformers with a class token, of other kinds than DemoVit and trained without its exchange.

They stand for networks of users: masks and numbers of blocks that are good for class tokens are chosen on all three.
They are not shipped; ovxai_tools.demo.train trains them.
"""

from __future__ import annotations

import torch
from torch import nn

from ovxai_tools.demo.networks import conv
from ovxai_tools.demo.shapes import LABELS


class _PlainBlock(nn.Module):
    """A block over tokens [N,T,C]: x + f(norm(x)), or with `post_norm` norm(x + f(x)); f: attention, then MLP."""

    def __init__(self, width: int, heads: int, hidden: int, post_norm: bool) -> None:
        super().__init__()
        self.heads, self.post_norm = heads, post_norm
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def _attention(self, x: torch.Tensor) -> torch.Tensor:
        n, tokens, width = x.shape
        parts = self.qkv(x).reshape(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        attended = nn.functional.scaled_dot_product_attention(*parts.unbind(0))
        return self.proj(attended.transpose(1, 2).reshape(n, tokens, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Tokens."""
        if self.post_norm:
            x = self.norm1(x + self._attention(x))
            return self.norm2(x + self.mlp(x))
        x = x + self._attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PlainVit(nn.Module):
    """Pictures [N,3,64,64] f32, RGB 0..255 → logits [N,8], read from a class token beside 8x8 patch tokens.

    `registers`: so many tokens more, which nobody reads (Darcet et al., arXiv 2309.16588). `post_norm`: norms behind
    the sums (Vaswani et al., arXiv 1706.03762), and none after the last block.
    """

    def __init__(self, registers: int, post_norm: bool, width: int = 48, depth: int = 4, heads: int = 4) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            conv(3, 16, 4, 2),
            conv(16, 32, 4, 2),
            conv(32, 48, 4, 2),
            nn.Conv2d(48, width, 1),
        )
        self.tokens = nn.Parameter(0.02 * torch.randn(1, 1 + registers, width))
        self.places = nn.Parameter(0.02 * torch.randn(1, 64, width))
        self.blocks = nn.Sequential(*(_PlainBlock(width, heads, 2 * width, post_norm) for _ in range(depth)))
        self.norm = nn.Identity() if post_norm else nn.LayerNorm(width)
        self.head = nn.Linear(width, len(LABELS))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits."""
        patches = self.stem(image / 255 - 0.5).flatten(2).transpose(1, 2) + self.places
        x = torch.cat([self.tokens.expand(image.shape[0], -1, -1), patches], 1)
        return self.head(self.norm(self.blocks(x))[:, 0])


def post_norm_vit() -> PlainVit:
    """A class token alone, post-norm."""
    return PlainVit(registers=0, post_norm=True)


def register_vit() -> PlainVit:
    """A class token and four registers, pre-norm."""
    return PlainVit(registers=4, post_norm=False)

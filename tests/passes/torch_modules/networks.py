"""Small torch modules of the kinds that differ: what is pooled, where tokens lie, which axes hold what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch: Any = pytest.importorskip(
    "torch", reason="what is explained are torch modules: pip install 'ovxai-passes[torch]'"
)
nn = torch.nn

CLASSES, CHANNELS = 5, 12


class Residual(torch.nn.Module):
    """Norms that are folded into convolutions, activations in place, a shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, CHANNELS, 3, 4, 1)
        self.conv = nn.Conv2d(CHANNELS, CHANNELS, 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(CHANNELS)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(CHANNELS, CLASSES)

    def forward(self, x: Any) -> Any:
        x = self.relu(self.stem(x))
        x = self.relu(self.norm(self.conv(x)) + x)
        return self.fc(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))


class LastChannels(torch.nn.Module):
    """Channels last in the block and a head of a hidden layer, as in ConvNeXt and MobileNetV3; a dict of outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, CHANNELS, 4, 4)
        self.norm, self.mlp = nn.LayerNorm(CHANNELS), nn.Linear(CHANNELS, CHANNELS)
        self.hidden, self.fc = nn.Conv2d(CHANNELS, 2 * CHANNELS, 1), nn.Linear(2 * CHANNELS, CLASSES)

    def forward(self, x: Any) -> Any:
        x = self.stem(x).permute(0, 2, 3, 1)
        x = (x + nn.functional.gelu(self.mlp(self.norm(x)))).permute(0, 3, 1, 2)
        x = nn.functional.hardswish(self.hidden(x.mean((2, 3), keepdim=True)))
        return {"logits": self.fc(x.flatten(1))}


class Tokens(torch.nn.Module):
    """Pre-norm attention blocks over patches and a class token; `kept`: how many tokens come before the patches."""

    def __init__(self, kept: int = 1) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, CHANNELS, 4, 4)
        self.token = nn.Parameter(torch.randn(1, kept, CHANNELS))
        self.places = nn.Parameter(torch.randn(1, kept + 16, CHANNELS))
        self.blocks = nn.ModuleList([Block() for _ in range(2)])
        self.norm, self.head = nn.LayerNorm(CHANNELS), nn.Linear(CHANNELS, CLASSES)

    def forward(self, x: Any) -> Any:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, 0])


class Block(torch.nn.Module):
    """One of them."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(CHANNELS), nn.LayerNorm(CHANNELS)
        self.qkv, self.proj = nn.Linear(CHANNELS, 3 * CHANNELS), nn.Linear(CHANNELS, CHANNELS)
        self.mlp = nn.Linear(CHANNELS, CHANNELS)

    def forward(self, x: Any) -> Any:
        batch, rows, channels = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(batch, rows, 3, 2, channels // 2).permute(2, 0, 3, 1, 4).unbind(0)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, rows, channels)
        x = x + self.proj(mixed)
        return x + nn.functional.gelu(self.mlp(self.norm2(x)))


class Windows(torch.nn.Module):
    """Attention in windows, which are a batch of their own meanwhile, as in Swin; tokens are pooled."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.block = nn.Conv2d(3, CHANNELS, 4, 4), Block()
        self.norm, self.head = nn.LayerNorm(CHANNELS), nn.Linear(CHANNELS, CLASSES)

    def forward(self, x: Any) -> Any:
        x = self.patches(x).permute(0, 2, 3, 1)
        batch, height, width, channels = x.shape
        x = x.reshape(batch, height // 2, 2, width // 2, 2, channels).permute(0, 1, 3, 2, 4, 5)
        x = self.block(x.reshape(-1, 4, channels))
        x = x.reshape(batch, height // 2, width // 2, 2, 2, channels).permute(0, 1, 3, 2, 4, 5)
        return self.head(self.norm(x.reshape(batch, height * width, channels)).mean(1))


NETWORKS: dict[str, Callable[[], Any]] = {
    "residual": Residual,
    "channels last": LastChannels,
    "class token": Tokens,
    "distilled": lambda: Tokens(2),
    "windows": Windows,
}


def made(name: str) -> Any:
    """A network in evaluation mode, whose biases, norms and statistics are not trivial."""
    torch.manual_seed(0)
    network = NETWORKS[name]().eval()
    with torch.no_grad():
        for tensor in [*network.parameters(), *network.buffers()]:
            if tensor.ndim == 1:
                tensor.add_(0.2 * torch.randn(tensor.shape).abs())
    return network


def pictures(count: int = 2) -> Any:
    """A batch of noise."""
    return torch.randn(count, 3, 16, 16, generator=torch.Generator().manual_seed(1))

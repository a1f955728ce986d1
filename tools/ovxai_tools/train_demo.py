"""Trains the demo models and exports them as IRs.

    python -m ovxai_tools.train_demo OUT_DIR [--model cnn|vit] [--export]

Needs the extra `zoo` (torch) and `image` (Pillow). Writes NAME.npz (the trained weights), NAME.xml and NAME.bin for
each model, a dozen held-out pictures and pictures.json (label and box of each). `--export` writes the IRs of .npz files
in OUT_DIR and trains nothing. Seeds are fixed; a run takes ten minutes for each model on one core.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import openvino as ov
import torch
from PIL import Image
from torch import nn

from ovxai_tools.shapes import LABELS, SIDE, Picture, make_picture

HELD_OUT = 1_000_000
_TESTED = 2000
_SHIPPED = 12
_ACCURACY = "accuracy"


def _conv(inputs: int, outputs: int, size: int, stride: int) -> nn.Sequential:
    """Convolution, BatchNorm, ReLU. Even sizes with stride 2 and odd ones with stride 1 keep cells centred.

    A stride of 2 with size 3 looks half a pixel up and left of each cell; three of them shift a map by 3.5 pixels.
    """
    conv = nn.Conv2d(inputs, outputs, size, stride, (size - 1) // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU())


class DemoCnn(nn.Module):
    """Pictures [N,3,64,64] f32, RGB 0..255 → logits [N,8]; last feature map 8x8."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            _conv(3, 24, 3, 1),
            _conv(24, 32, 2, 2),
            _conv(32, 48, 3, 1),
            _conv(48, 64, 2, 2),
            _conv(64, 64, 3, 1),
            _conv(64, 96, 2, 2),
            _conv(96, 96, 3, 1),
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
            _conv(3, 24, 4, 2),
            _conv(24, 40, 4, 2),
            _conv(40, 48, 3, 1),
            _conv(48, 64, 4, 2),
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


@dataclass(frozen=True)
class Recipe:
    """How a demo model is made and trained. `rate`: peak of the learning rate. `bf16`: multiply in bf16, faster."""

    make: Callable[[], nn.Module]
    rate: float
    bf16: bool
    epochs: int = 8


RECIPES = {"cnn": Recipe(DemoCnn, 4e-3, bf16=True), "vit": Recipe(DemoVit, 3e-3, bf16=False, epochs=9)}


def make_pictures(numbers: Iterable[int]) -> list[Picture]:
    """Pictures by number, made on all cores."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(make_picture, numbers, chunksize=250))


def as_tensors(pictures: list[Picture]) -> tuple[torch.Tensor, torch.Tensor]:
    """u8 [N,3,64,64] and i64 [N]."""
    pixels = np.stack([picture.pixels for picture in pictures]).transpose(0, 3, 1, 2)
    return torch.from_numpy(pixels.copy()), torch.tensor([picture.label for picture in pictures])


def train(model: nn.Module, images: torch.Tensor, labels: torch.Tensor, recipe: Recipe, batch: int = 128) -> None:
    """Cross-entropy with flips, quarter turns and changes of brightness; AdamW on a one-cycle schedule."""
    model.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=5e-2)
    steps = recipe.epochs * (len(images) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=steps)
    model.train()
    for epoch in range(recipe.epochs):
        total = 0.0
        for rows in torch.randperm(len(images))[: len(images) // batch * batch].reshape(-1, batch):
            x = torch.rot90(images[rows].float(), int(torch.randint(4, ())), (2, 3))
            x = x.flip(3) if torch.rand(()) < 0.5 else x
            x = (x - 128) * (0.7 + 0.6 * torch.rand(batch, 1, 1, 1)) + 128 + 40 * (torch.rand(batch, 1, 1, 1) - 0.5)
            with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bf16):
                scores = model(x.contiguous(memory_format=torch.channels_last))
            loss = nn.functional.cross_entropy(scores.float(), labels[rows], label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        click.echo(f"epoch {epoch + 1} of {recipe.epochs}: loss {total * batch / len(images):.3f}", err=True)
    model.eval()


def accuracy(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of pictures whose best class is the label."""
    with torch.no_grad():
        right = [
            (model(x.float()).argmax(1) == y).float().mean()
            for x, y in zip(images.split(250), labels.split(250), strict=True)
        ]
    return float(torch.stack(right).mean())


def rounded_weights(model: nn.Module) -> dict[str, Any]:
    """All weights and running statistics as f16, by name."""
    state = model.state_dict()
    return {name: value.numpy().astype(np.float16) for name, value in state.items() if value.is_floating_point()}


def set_weights(model: nn.Module, weights: dict[str, Any]) -> None:
    """Give a model, f32 and in evaluation mode from now on, such weights."""
    state = model.state_dict()
    state.update({name: torch.from_numpy(value.astype(np.float32)) for name, value in weights.items()})
    model.load_state_dict(state)
    model.eval()


def export(model: nn.Module, path: Path, accuracy: float) -> None:
    """The model as an IR with a dynamic batch, f16 constants, and labels in rt_info where clients look for them."""
    converted = ov.convert_model(model, example_input=torch.zeros(2, 3, SIDE, SIDE), input=[-1, 3, SIDE, SIDE])
    converted.inputs[0].set_names({"image"})
    converted.outputs[0].set_names({"logits"})
    converted.get_parameters()[0].layout = ov.Layout("NCHW")
    converted.set_rt_info("Classification", ["model_info", "model_type"])
    converted.set_rt_info(" ".join(LABELS), ["model_info", "labels"])
    converted.set_rt_info(f"{accuracy:.4f}", ["demo", "accuracy"])
    ov.save_model(converted, path)


def stored_model(npz: Path) -> tuple[nn.Module, float]:
    """The model whose weights `npz`, named after it, holds, and its accuracy."""
    with np.load(npz) as stored:
        weights = {name: stored[name] for name in stored.files}
    held_out = float(weights.pop(_ACCURACY))
    model = RECIPES[npz.stem].make()
    set_weights(model, weights)
    return model, held_out


def export_stored(npz: Path, path: Path) -> None:
    """The IR of the model whose weights `npz`, named after it, holds."""
    model, held_out = stored_model(npz)
    export(model, path, held_out)


def ship_pictures(folder: Path) -> None:
    """The first held-out pictures that make a dozen with every label, and what is on them."""
    chosen: list[Picture] = []
    for number in range(HELD_OUT, HELD_OUT + 200):
        picture = make_picture(number)
        if len(chosen) < len(LABELS) and picture.label != len(chosen):
            continue
        chosen.append(picture)
        if len(chosen) == _SHIPPED:
            break
    truth = {}
    for place, picture in enumerate(chosen):
        name = f"{place:02d}_{LABELS[picture.label]}.png"
        Image.fromarray(picture.pixels).save(folder / name, optimize=True)
        truth[name] = {"label": LABELS[picture.label], "box": [round(edge, 4) for edge in picture.box]}
    (folder / "pictures.json").write_text(json.dumps(truth, indent=1) + "\n")


def train_and_store(npz: Path, images: torch.Tensor, labels: torch.Tensor, recipe: Recipe) -> None:
    """Train a demo model from its seed and write its weights, and the accuracy that they give, as f16 .npz."""
    name = npz.stem
    torch.manual_seed(0)
    model = recipe.make()
    click.echo(f"{name}: {sum(p.numel() for p in model.parameters())} parameters", err=True)
    train(model, images, labels, recipe)
    weights = rounded_weights(model)
    set_weights(model, weights)
    held_out = accuracy(model, *as_tensors(make_pictures(range(HELD_OUT, HELD_OUT + _TESTED))))
    click.echo(f"{name}: accuracy on {_TESTED} held-out pictures: {held_out:.4f}")
    stored: dict[str, Any] = {**weights, _ACCURACY: np.float64(round(held_out, 4))}
    np.savez_compressed(npz, **stored)


@click.command()
@click.argument("out_dir", type=click.Path(file_okay=False, path_type=Path))
@click.option("--model", "names", type=click.Choice(sorted(RECIPES)), multiple=True, help="Default: all.")
@click.option("--pictures", default=24_000, show_default=True, help="Pictures to train on.")
@click.option("--epochs", type=int, help="Default: as the model's recipe says.")
@click.option("--export", "only_export", is_flag=True, help="Train nothing, write the IRs of the weights in OUT_DIR.")
def main(out_dir: Path, names: tuple[str, ...], pictures: int, epochs: int | None, only_export: bool) -> None:
    """Train the demo models and write them, with a dozen pictures, to OUT_DIR."""
    names = names or tuple(sorted(RECIPES))
    out_dir.mkdir(parents=True, exist_ok=True)
    if not only_export:
        click.echo(f"making {pictures} pictures", err=True)
        images, labels = as_tensors(make_pictures(range(pictures)))
        for name in names:
            recipe = replace(RECIPES[name], epochs=epochs or RECIPES[name].epochs)
            train_and_store(out_dir / f"{name}.npz", images, labels, recipe)
        ship_pictures(out_dir)
    for name in names:
        export_stored(out_dir / f"{name}.npz", out_dir / f"{name}.xml")


if __name__ == "__main__":
    main()

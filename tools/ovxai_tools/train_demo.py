"""Trains the demo models and exports them as IRs.

    python -m ovxai_tools.train_demo OUT_DIR [--pictures 30000] [--epochs 16]

Needs the extra `zoo` (torch) and `image` (Pillow). Writes cnn.xml, cnn.bin, a dozen held-out pictures and
pictures.json (label and box of each). Seeds are fixed; a run takes about ten minutes on two cores.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

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


class DemoCnn(nn.Module):
    """Pictures [N,3,64,64] f32, RGB 0..255 → logits [N,8]; about 220,000 parameters, last feature map 8x8."""

    def __init__(self) -> None:
        super().__init__()

        def block(inputs: int, outputs: int, stride: int) -> nn.Sequential:
            conv = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU())

        self.features = nn.Sequential(
            block(3, 24, 1),
            block(24, 32, 2),
            block(32, 48, 1),
            block(48, 64, 2),
            block(64, 64, 1),
            block(64, 96, 2),
            block(96, 96, 1),
        )
        self.hidden = nn.Linear(96, 64)
        self.classifier = nn.Linear(64, len(LABELS))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits."""
        x = self.features(image / 255 - 0.5)
        return self.classifier(torch.relu(self.hidden(x.mean((2, 3)))))


def make_pictures(numbers: Iterable[int]) -> list[Picture]:
    """Pictures by number, made on all cores."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(make_picture, numbers, chunksize=250))


def as_tensors(pictures: list[Picture]) -> tuple[torch.Tensor, torch.Tensor]:
    """u8 [N,3,64,64] and i64 [N]."""
    pixels = np.stack([picture.pixels for picture in pictures]).transpose(0, 3, 1, 2)
    return torch.from_numpy(pixels.copy()), torch.tensor([picture.label for picture in pictures])


def train(model: nn.Module, images: torch.Tensor, labels: torch.Tensor, epochs: int, batch: int = 128) -> None:
    """Cross-entropy with flips, quarter turns and changes of brightness; AdamW on a one-cycle schedule."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=5e-2)
    steps = epochs * (len(images) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    model.train()
    for epoch in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(images))[: len(images) // batch * batch].reshape(-1, batch):
            x = torch.rot90(images[rows].float(), int(torch.randint(4, ())), (2, 3))
            x = x.flip(3) if torch.rand(()) < 0.5 else x
            x = (x - 128) * (0.7 + 0.6 * torch.rand(batch, 1, 1, 1)) + 128 + 40 * (torch.rand(batch, 1, 1, 1) - 0.5)
            loss = nn.functional.cross_entropy(model(x), labels[rows], label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        click.echo(f"epoch {epoch + 1} of {epochs}: loss {total * batch / len(images):.3f}", err=True)
    model.eval()


def accuracy(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of pictures whose best class is the label."""
    with torch.no_grad():
        right = [
            (model(x.float()).argmax(1) == y).float().mean()
            for x, y in zip(images.split(250), labels.split(250), strict=True)
        ]
    return float(torch.stack(right).mean())


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


@click.command()
@click.argument("out_dir", type=click.Path(file_okay=False, path_type=Path))
@click.option("--pictures", default=30_000, show_default=True, help="Pictures to train on.")
@click.option("--epochs", default=16, show_default=True)
def main(out_dir: Path, pictures: int, epochs: int) -> None:
    """Train demo:cnn and write it, with a dozen pictures, to OUT_DIR."""
    torch.manual_seed(0)
    out_dir.mkdir(parents=True, exist_ok=True)
    model = DemoCnn()
    click.echo(f"{sum(p.numel() for p in model.parameters())} parameters; making {pictures} pictures", err=True)
    images, labels = as_tensors(make_pictures(range(pictures)))
    train(model, images, labels, epochs)
    held_out = accuracy(model, *as_tensors(make_pictures(range(HELD_OUT, HELD_OUT + _TESTED))))
    click.echo(f"accuracy on {_TESTED} held-out pictures: {held_out:.4f}")
    export(model, out_dir / "cnn.xml", held_out)
    ship_pictures(out_dir)


if __name__ == "__main__":
    main()

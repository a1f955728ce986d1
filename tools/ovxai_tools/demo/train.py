"""Trains the demo models, and two further networks with class tokens, and exports them as IRs.

    python -m ovxai_tools.demo.train OUT_DIR [--model cnn|vit|detector|vit-postnorm|vit-registers] [--export]

Needs the extra `zoo` (torch) and `image` (Pillow). Writes NAME.npz (the trained weights), NAME.xml and NAME.bin for
each model; for classifiers a dozen held-out pictures and pictures.json (label and box of each), for the detector eight
held-out scenes and scenes.json in the folder scenes. `--export` writes the IRs of .npz files in OUT_DIR and trains
nothing. Seeds are fixed; a run takes ten minutes for each model, on one core for classifiers, on two for the detector.
Without `--model` the demo models, which are shipped, are trained.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import click
import numpy as np
import torch
from torch import nn

from ovxai_passes.pictures.encoding import encoded_small
from ovxai_tools.demo.detector_network import DemoDetector
from ovxai_tools.demo.networks import DemoCnn, DemoVit
from ovxai_tools.demo.plain_vits import post_norm_vit, register_vit
from ovxai_tools.demo.scenes import LARGE_SIDE, Scene, make_scene
from ovxai_tools.demo.shapes import HELD_OUT, LABELS, Picture, make_picture
from ovxai_tools.demo.shipped import MODELS
from ovxai_tools.demo.train_detector import as_scenes, map_50_of, train_detector
from ovxai_tools.demo.weights import CLASSIFIER, DETECTOR, Facts, export, rounded_weights, set_weights, store, stored

_SHIPPED = 12
_SHIPPED_SCENES = 8


def make_pictures(numbers: Iterable[int]) -> list[Picture]:
    """Pictures by number, made on all cores."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(make_picture, numbers, chunksize=250))


def make_scenes(numbers: Iterable[int]) -> list[Scene]:
    """Scenes by number, made on all cores."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(make_scene, numbers, chunksize=250))


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
        (folder / name).write_bytes(encoded_small(picture.pixels))
        truth[name] = {"label": LABELS[picture.label], "box": [round(edge, 4) for edge in picture.box]}
    (folder / "pictures.json").write_text(json.dumps(truth, indent=1) + "\n")


def ship_scenes(folder: Path) -> None:
    """The first held-out scenes with an object of either size and, in turn, every label; and what is on them."""
    chosen: list[Scene] = []
    for number in range(HELD_OUT, HELD_OUT + 500):
        scene = make_scene(number)
        large = {max(x1 - x0, y1 - y0) > LARGE_SIDE / len(scene.pixels) for x0, y0, x1, y1 in scene.boxes}
        if len(large) == 2 and len(chosen) in scene.labels:
            chosen.append(scene)
        if len(chosen) == _SHIPPED_SCENES:
            break
    (folder / "scenes").mkdir(exist_ok=True)
    truth = {}
    for place, scene in enumerate(chosen):
        labels = [LABELS[label] for label in scene.labels]
        name = "_".join([f"{place:02d}", *labels]) + ".png"
        (folder / "scenes" / name).write_bytes(encoded_small(scene.pixels))
        truth[name] = {"labels": labels, "boxes": [[round(edge, 4) for edge in box] for box in scene.boxes]}
    (folder / "scenes" / "scenes.json").write_text(json.dumps(truth, indent=1) + "\n")


@cache
def _training_pictures(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    click.echo(f"making {count} pictures", err=True)
    return as_tensors(make_pictures(range(count)))


def _train_classifier(model: nn.Module, recipe: Recipe, count: int) -> None:
    train(model, *_training_pictures(count), recipe)


def _train_detector(model: nn.Module, recipe: Recipe, count: int) -> None:
    assert isinstance(model, DemoDetector)
    click.echo(f"making {count} scenes", err=True)
    train_detector(model, as_scenes(make_scenes(range(count))), recipe.rate, recipe.epochs, recipe.bf16)


def _judge_classifier(model: nn.Module, count: int) -> float:
    return accuracy(model, *as_tensors(make_pictures(range(HELD_OUT, HELD_OUT + count))))


def _judge_detector(model: nn.Module, count: int) -> float:
    return map_50_of(model, make_scenes(range(HELD_OUT, HELD_OUT + count)))


@dataclass(frozen=True)
class Kind:
    """What differs between classifiers and detectors.

    `train`: a model by its recipe on so many pictures. `judge`: the figure that a model reaches on `tested` held-out
    pictures. `ship`: writes some pictures to a folder.
    """

    facts: Facts
    train: Callable[[nn.Module, Recipe, int], None]
    judge: Callable[[nn.Module, int], float]
    tested: int
    ship: Callable[[Path], None]


@dataclass(frozen=True)
class Recipe:
    """How a model is made and trained. `rate`: peak of the learning rate. `bf16`: multiply in bf16, faster."""

    kind: Kind
    make: Callable[[], nn.Module]
    rate: float
    bf16: bool
    epochs: int
    pictures: int = 24_000


_CLASSIFIER = Kind(CLASSIFIER, _train_classifier, _judge_classifier, 2000, ship_pictures)
_DETECTOR = Kind(DETECTOR, _train_detector, _judge_detector, 500, ship_scenes)
RECIPES = {
    "cnn": Recipe(_CLASSIFIER, DemoCnn, 4e-3, bf16=True, epochs=8),
    "vit": Recipe(_CLASSIFIER, DemoVit, 3e-3, bf16=False, epochs=9),
    "vit-postnorm": Recipe(_CLASSIFIER, post_norm_vit, 3e-3, bf16=False, epochs=10, pictures=16_000),
    "vit-registers": Recipe(_CLASSIFIER, register_vit, 3e-3, bf16=False, epochs=10, pictures=16_000),
    "detector": Recipe(_DETECTOR, DemoDetector, 4e-3, bf16=True, epochs=14),
}


def export_stored(npz: Path, path: Path) -> None:
    """The IR of the model whose weights `npz`, named after it, holds."""
    recipe = RECIPES[npz.stem]
    weights, value = stored(npz, recipe.kind.facts)
    model = recipe.make()
    set_weights(model, weights)
    export(model, path, recipe.kind.facts, value)


def train_and_store(npz: Path, recipe: Recipe) -> None:
    """Train a model from its seed and write its weights, and how good they are, as f16 .npz."""
    name, kind = npz.stem, recipe.kind
    torch.manual_seed(0)
    model = recipe.make()
    click.echo(f"{name}: {sum(p.numel() for p in model.parameters())} parameters", err=True)
    kind.train(model, recipe, recipe.pictures)
    weights = rounded_weights(model)
    set_weights(model, weights)
    value = kind.judge(model, kind.tested)
    click.echo(f"{name}: {kind.facts.figure} on {kind.tested} held-out pictures: {value:.4f}")
    store(npz, weights, kind.facts, value)


@click.command()
@click.argument("out_dir", type=click.Path(file_okay=False, path_type=Path))
@click.option("--model", "names", type=click.Choice(sorted(RECIPES)), multiple=True, help="Default: the demo models.")
@click.option("--pictures", type=int, help="Pictures to train on. Default: as the model's recipe says.")
@click.option("--epochs", type=int, help="Default: as the model's recipe says.")
@click.option("--export", "only_export", is_flag=True, help="Train nothing, write the IRs of the weights in OUT_DIR.")
def main(out_dir: Path, names: tuple[str, ...], pictures: int | None, epochs: int | None, only_export: bool) -> None:
    """Train the models and write them, with some pictures, to OUT_DIR."""
    names = names or MODELS
    out_dir.mkdir(parents=True, exist_ok=True)
    if not only_export:
        for name in names:
            recipe = RECIPES[name]
            asked = replace(recipe, epochs=epochs or recipe.epochs, pictures=pictures or recipe.pictures)
            train_and_store(out_dir / f"{name}.npz", asked)
        for ship in {RECIPES[name].kind.ship for name in names}:
            ship(out_dir)
    for name in names:
        export_stored(out_dir / f"{name}.npz", out_dir / f"{name}.xml")


if __name__ == "__main__":
    main()

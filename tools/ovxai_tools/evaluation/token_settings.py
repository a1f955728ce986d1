"""Which mask, number of blocks, scaling and contrast class tokens ask for: settings compared over several networks.

    python -m ovxai_tools.evaluation.token_settings demo:vit vit-postnorm.xml vit-registers.xml [--pictures 500]

`ovxai_tools.demo.train` trains the other two. Measured on demo pictures that a network classifies correctly, by the
unrounded maps of their class: the pointing game, and the share of the map that is in the object's box. A setting is
judged by the network that it is worst for, on the first held-out pictures. Of settings whose maps cost no more than the
network, those that point within 0.01 of the best, the one with most of the map in the box is chosen. As many other
pictures then tell how good it is.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click
import numpy as np
import openvino as ov

from ovxai_passes.errors import OptionError
from ovxai_passes.insert import insert
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.model_info.read import read_model
from ovxai_passes.ops.precision import F32
from ovxai_passes.vocabulary import Contrast, MapType, Mask, Scaling
from ovxai_tools.common.click_types import parsed_by
from ovxai_tools.common.exits import with_exit_codes
from ovxai_tools.demo.shapes import HELD_OUT, SIDE, Picture, make_picture
from ovxai_tools.demo.shipped import classifier_path
from ovxai_tools.evaluation.compared.settings import Setting, parsed_setting
from ovxai_tools.evaluation.compared.shown import Floats, Shown, above_zero, as_large
from ovxai_tools.evaluation.metrics.localisation import energy
from ovxai_tools.evaluation.pointing import points_inside
from ovxai_tools.pictures.fitting import Box

_BATCH = 25
_ANY_COST = 1000.0
_AS_GOOD = 0.01
_MOST_COST = 1.0
_WHOLE = Box(0, 0, SIDE, SIDE)


@dataclass(frozen=True)
class Figures:
    """Of a network and a setting: the shares on the pictures that are chosen by, and on the others.

    `cost`: multiply-adds of the maps over the model's.
    """

    setting: str
    model: str
    cost: float
    pointing: tuple[float, float]
    energy: tuple[float, float]


def default_settings() -> Iterator[Setting]:
    """Every mask, scaling and contrast for one and two blocks."""
    scalings = (Scaling.MAP, Scaling.POSITIVE)
    for k, mask, contrast, scaling in itertools.product((1, 2), Mask, Contrast, scalings):
        yield parsed_setting(f"mask={mask.value} k={k} scaling={scaling.value} contrast={contrast.value}")


def measure(path: Path, settings: Sequence[Setting], halves: Sequence[Sequence[Picture]]) -> Iterator[Figures]:
    """The figures of each setting of one network. Raises as `insert` does."""
    model = read_model(path)
    shape = model.inputs[0].get_partial_shape()
    if not shape.compatible(ov.PartialShape([-1, 3, SIDE, SIDE])):
        raise OptionError(f"{path.name} takes {shape}, and demo pictures are [N,3,{SIDE},{SIDE}]")
    for setting in settings:
        found = insert(model, replace(setting.options, max_cost=_ANY_COST, output_dtype=MapType.F32))
        if found.report.chosen is not None or not found.method.per_class:
            raise OptionError(f"the setting {setting.name!r} makes no map of every class, which are compared here")
        compiled = ov.compile_model(found.model, "CPU", F32)
        from_zero = 0.0 if found.report.scaling == Scaling.POSITIVE.value else None
        pointing, energies = zip(*(_shares(compiled, pictures, from_zero) for pictures in halves), strict=True)
        yield Figures(setting.name, path.stem, found.report.cost, pointing, energies)


def _shares(compiled: ov.CompiledModel, pictures: Sequence[Picture], zero: float | None) -> tuple[float, float]:
    """Pointing and energy, the means over pictures that are classified correctly."""
    found = []
    for start in range(0, len(pictures), _BATCH):
        some = pictures[start : start + _BATCH]
        results = compiled(np.stack([one.pixels for one in some]).transpose(0, 3, 1, 2).astype(np.float32))
        for picture, scores, maps in zip(some, results[0], results[OUTPUT_NAME], strict=True):
            if int(scores.argmax()) == picture.label:
                found.append(_of_one(above_zero(maps[picture.label], zero), picture))
    pointing, inside = np.mean(found, axis=0)
    return float(pointing), float(inside)


def _of_one(saliency: Floats, picture: Picture) -> tuple[float, float]:
    x0, y0, x1, y1 = (edge * SIDE for edge in picture.box)
    inside = Shown("", picture.pixels, picture.label, _WHOLE, ((x0, y0, x1, y1),)).inside
    return float(points_inside(saliency, picture.box)), energy(as_large(saliency, (SIDE, SIDE)), inside)


def chosen(figures: Sequence[Figures]) -> str:
    """The setting that is best for the network that it is worst for, on the pictures that are chosen by.

    Among those whose maps cost no more than the network, in each; among all, where all cost more.
    """
    costly = {one.setting for one in figures if one.cost > _MOST_COST}
    names = list(dict.fromkeys(one.setting for one in figures))
    worst = {name: worst_of(figures, name, 0) for name in names if name not in costly or costly.issuperset(names)}
    best = max(pointing for pointing, _ in worst.values())
    return max((name for name in worst if worst[name][0] >= best - _AS_GOOD), key=lambda name: worst[name][1])


def worst_of(figures: Sequence[Figures], setting: str, half: int) -> tuple[float, float]:
    """The least pointing and the least energy of any network."""
    own = [one for one in figures if one.setting == setting]
    return min(one.pointing[half] for one in own), min(one.energy[half] for one in own)


def table(figures: Sequence[Figures], half: int) -> str:
    """In Markdown: pointing and energy of each network, the worst of both, the best worst first."""
    models = list(dict.fromkeys(one.model for one in figures))
    of = {(one.setting, one.model): one for one in figures}
    lines = [f"| Setting | worst | {' | '.join(models)} | cost |", "| --- " * (len(models) + 3) + "|"]
    worst = {name: worst_of(figures, name, half) for name in dict.fromkeys(one.setting for one in figures)}
    for name in sorted(worst, key=worst.__getitem__, reverse=True):
        own = [of[name, model] for model in models]
        cells = [worst[name], *((one.pointing[half], one.energy[half]) for one in own)]
        costs = max(one.cost for one in own)
        shown = " | ".join(f"{pointing:.3f} {inside:.3f}" for pointing, inside in cells)
        lines.append(f"| {name} | {shown} | {costs:.2f} |")
    return "\n".join(lines)


@click.command()
@click.argument("models", metavar="MODEL|demo:NAME...", nargs=-1, required=True)
@click.option("--pictures", type=click.IntRange(min=1), default=500, show_default=True, help="So many twice.")
@click.option(
    "--setting",
    "settings",
    multiple=True,
    metavar="'NAME=VALUE ...'",
    callback=parsed_by(parsed_setting),
    help="Options of ovxai transform. Default: all masks, scalings and contrasts, of one block and of two.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@with_exit_codes
def main(models: tuple[str, ...], pictures: int, settings: tuple[Setting, ...], as_json: bool) -> None:
    """Compare settings over networks with a class token that take demo pictures."""
    numbers = range(HELD_OUT, HELD_OUT + 2 * pictures)
    drawn = [make_picture(number) for number in numbers]
    halves = (drawn[:pictures], drawn[pictures:])
    figures: list[Figures] = []
    for name in models:
        for one in measure(classifier_path(name), settings or tuple(default_settings()), halves):
            figures.append(one)
            click.echo(f"{one.model}: {one.setting}", err=True)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in figures], indent=1))
        return
    said = ("Pictures that are chosen by; pointing and energy:", "Others:")
    for half, title in enumerate(said):
        click.echo(f"{title}\n\n{table(figures, half)}\n")
    click.echo(f"chosen: {chosen(figures)}")


if __name__ == "__main__":
    main()

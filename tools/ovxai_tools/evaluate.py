"""The pointing game: how often the maps of the demo classifiers point at the object.

    python -m ovxai_tools.evaluate [demo:cnn] [demo:vit] [--pictures 500]

Held-out pictures that the model classifies correctly; the map of the labelled class without scaling, upsampled
bilinearly to the size of the picture; its largest value has to lie in the object's box (Zhang et al., Top-down Neural
Attention by Excitation Backprop, arXiv 1608.00507, section 4.2, without a margin).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.errors import OptionError
from ovxai_passes.insert import insert
from ovxai_passes.options import Mask, Method, Options
from ovxai_passes.passes import OUTPUT_NAME
from ovxai_passes.read import read_model
from ovxai_passes.testing import F32
from ovxai_tools import demo
from ovxai_tools.exits import EXIT_CODES, with_exit_codes
from ovxai_tools.progress import stage
from ovxai_tools.shapes import SIDE, Picture, make_picture

HELD_OUT = 1_000_000
"""Pictures from this number on are not trained on."""

_BATCH = 50
_ANY_COST = 1000.0

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Pointing:
    """The result of one setting. `accuracy`: of the classifier; `inside`: share of its correct answers."""

    model: str
    method: str
    mask: str | None
    k: int | None
    default: bool
    accuracy: float
    inside: float


def held_out(count: int) -> list[Picture]:
    """The first held-out pictures."""
    return [make_picture(number) for number in range(HELD_OUT, HELD_OUT + count)]


def settings_of(path: Path) -> list[Options]:
    """What a model can be asked for: its defaults, every mask and number of blocks, ActivationMap."""
    default = insert(read_model(path), Options()).report
    blocks = (1, 2, 3, 4) if default.method == Method.VITRECIPROCAM.value else (0,)
    found = [Options()]
    found += [Options(k=k, mask=mask) for mask in Mask for k in blocks]
    return [*found, Options(method=Method.ACTIVATIONMAP)]


def pointing(path: Path, options: Options, pictures: list[Picture]) -> Pointing:
    """Play the game with one setting. Raises TargetNotFoundError where the model cannot be asked for it."""
    raw = replace(options, embed_scaling=False, max_cost=_ANY_COST)
    found = insert(read_model(path), raw)
    compiled = ov.compile_model(found.model, "CPU", F32)
    inside = []
    for picture, scores, maps in _answers(compiled, pictures):
        if int(scores.argmax()) == picture.label:
            inside.append(points_inside(maps if maps.ndim == 2 else maps[picture.label], picture.box))
    report = found.report
    return Pointing(
        model=path.stem,
        method=report.method,
        mask=report.mask,
        k=report.k,
        default=options == Options(),
        accuracy=len(inside) / len(pictures),
        inside=float(np.mean(inside)),
    )


def _answers(compiled: ov.CompiledModel, pictures: list[Picture]) -> Iterator[tuple[Picture, Floats, Floats]]:
    for start in range(0, len(pictures), _BATCH):
        shown = pictures[start : start + _BATCH]
        images = np.stack([picture.pixels for picture in shown]).transpose(0, 3, 1, 2).astype(np.float32)
        results = compiled(images)
        yield from zip(shown, results[0], results[OUTPUT_NAME], strict=True)


def points_inside(saliency: Floats, box: tuple[float, float, float, float]) -> bool:
    """Whether the largest value of a map [h,w], upsampled bilinearly, lies in a box of fractions x0, y0, x1, y1.

    Among equal values the middle one counts: towards the border an upsampled map is constant.
    """
    rows, columns = (upsampling(size) for size in saliency.shape)
    large = rows @ saliency @ columns.T
    y, x = (np.flatnonzero((large >= large.max()).any(axis)) for axis in (1, 0))
    middle_x, middle_y = (x.mean() + 0.5) / SIDE, (y.mean() + 0.5) / SIDE
    return bool(box[0] <= middle_x <= box[2] and box[1] <= middle_y <= box[3])


def upsampling(cells: int) -> Floats:
    """Bilinear weights [64,cells], cell centres at half pixels, constant beyond the outer ones."""
    places = np.clip((np.arange(SIDE) + 0.5) * cells / SIDE - 0.5, 0, cells - 1)
    return np.maximum(0, 1 - np.abs(places[:, None] - np.arange(cells))).astype(np.float32)


@click.command(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("models", metavar="[demo:NAME]...", nargs=-1)
@click.option("--pictures", type=click.IntRange(min=1), default=500, show_default=True, help="Held-out pictures.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@with_exit_codes
def main(models: tuple[str, ...], pictures: int, as_json: bool) -> None:
    """Play the pointing game with demo classifiers (all of them by default), every method and setting."""
    names = models or tuple(demo.PREFIX + name for name in demo.CLASSIFIERS)
    if any(not name.startswith(demo.PREFIX) for name in names):
        raise OptionError(f"the game is played on the demo pictures, so with {demo.PREFIX} models only")
    paths = [demo.classifier_path(name) for name in names]
    with stage(f"Drawing {pictures} pictures"):
        shown = held_out(pictures)
    results = []
    for path in paths:
        for options in settings_of(path):
            with stage(f"Asking {path.stem}"):
                results.append(pointing(path, options, shown))
    if as_json:
        click.echo(json.dumps([asdict(result) for result in results], indent=1))
        return
    click.echo(f"{'model':6} {'method':14} {'mask':9} k  accuracy  inside")
    for one in results:
        setting = f"{one.mask or '-':9} {'-' if one.k is None else one.k}"
        click.echo(
            f"{one.model:6} {one.method:14} {setting}  {one.accuracy:8.3f}  {one.inside:6.3f}"
            f"{'  (default)' if one.default else ''}"
        )


if __name__ == "__main__":
    main()

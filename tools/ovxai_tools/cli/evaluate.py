"""The pointing game: how often the maps of the demo models point at the object.

    python -m ovxai_tools.cli.evaluate [demo:cnn] [demo:vit] [demo:detector] [--pictures 500]

Held-out pictures that the model classifies correctly; the map of the labelled class without scaling, upsampled
bilinearly to the size of the picture; its largest value has to lie in the object's box (Zhang et al., Top-down Neural
Attention by Excitation Backprop, arXiv 1608.00507, section 4.2, without a margin). With the detector: see
`evaluate_detector.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.errors import OptionError
from ovxai_passes.insert import insert
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.model_info.read import read_model
from ovxai_passes.model_info.shapes import StatedShape
from ovxai_passes.options import Method, Options
from ovxai_passes.reference.classifiers import F32
from ovxai_passes.vocabulary import Mask
from ovxai_tools.common.exits import EXIT_CODES, with_exit_codes
from ovxai_tools.common.progress import stage
from ovxai_tools.common.reading import read_named
from ovxai_tools.common.shared_options import shape_option
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.scenes import make_scene
from ovxai_tools.demo.shapes import Picture, make_picture
from ovxai_tools.evaluation.detectors import DETECTOR_SETTINGS, pointing_in_scenes
from ovxai_tools.evaluation.outcome import Pointing
from ovxai_tools.evaluation.pointing import points_inside
from ovxai_tools.evaluation.quality import (
    Quality,
    demo_samples,
    folder_samples,
    is_demo_classifier,
    quality_of,
    table,
)

HELD_OUT = 1_000_000
"""Pictures from this number on are not trained on."""

_BATCH = 50
_ANY_COST = 1000.0
_COMPARED = 50

Floats = npt.NDArray[np.float32]


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
        map_size="x".join(map(str, report.grid)),
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


@click.command(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("models", metavar="[demo:NAME]...", nargs=-1)
@click.option("--pictures", type=click.IntRange(min=1), default=500, show_default=True, help="Held-out pictures.")
@click.option("--quality", is_flag=True, help="Compare all methods by several metrics instead, on 50 pictures.")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="--quality: pictures with images.json and imagenet_labels.txt, for models of ImageNet classes.",
)
@shape_option
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@with_exit_codes
def main(  # noqa: PLR0913, PLR0917  # one parameter an option
    models: tuple[str, ...],
    pictures: int,
    quality: bool,
    data: Path | None,
    shapes: tuple[StatedShape, ...],
    as_json: bool,
) -> None:
    """Play the pointing game with demo models (all of them by default), every method and setting.

    With --quality: demo classifiers, and with --data other classifiers (.xml, .tflite, ...), by all metrics.
    """
    if quality:
        _compare(models or tuple(demo.PREFIX + name for name in demo.CLASSIFIERS), pictures, data, shapes, as_json)
        return
    if shapes:
        raise OptionError("--shape is for models of your own, with --quality: demo pictures are of one size")
    names = models or tuple(demo.PREFIX + name for name in demo.MODELS)
    if any(not name.startswith(demo.PREFIX) for name in names):
        raise OptionError(f"the game is played on the demo pictures, so with {demo.PREFIX} models only")
    paths = [demo.model_path(name) for name in names]
    with stage(f"Drawing {pictures} pictures"):
        shown = held_out(pictures)
        scenes = [make_scene(number) for number in range(HELD_OUT, HELD_OUT + pictures)]
    results = []
    for path in paths:
        with stage(f"Asking {path.stem}"):
            if path.stem in demo.CLASSIFIERS:
                results += [pointing(path, options, shown) for options in settings_of(path)]
            else:
                results += [pointing_in_scenes(path, options, scenes) for options in DETECTOR_SETTINGS]
    if as_json:
        click.echo(json.dumps([asdict(result) for result in results], indent=1))
        return
    click.echo(f"{'model':8} {'method':22} {'mask':9} k  {'map':6} accuracy  inside")
    for one in results:
        setting = f"{one.mask or '-':9} {'-' if one.k is None else one.k}"
        click.echo(
            f"{one.model:8} {one.method:22} {setting}  {one.map_size:6} {one.accuracy:8.3f}  {one.inside:6.3f}"
            f"{'  (default)' if one.default else ''}"
        )


def _compare(
    names: tuple[str, ...], pictures: int, data: Path | None, shapes: tuple[StatedShape, ...], as_json: bool
) -> None:
    shown = demo_samples(min(pictures, _COMPARED))
    found: list[Quality] = []
    for name in names:
        if not is_demo_classifier(name) and data is None:
            raise OptionError(f"{name} is compared on pictures of its own: give --data FOLDER")
        is_own = not is_demo_classifier(name)
        model = read_named(name, shapes if is_own else ())
        samples = folder_samples(model, data) if is_own and data is not None else shown
        with stage(f"Comparing methods on {name}"):
            found += quality_of(Path(name).name if is_own else name, model, samples)
    click.echo(json.dumps([asdict(one) for one in found], indent=1) if as_json else table(found))


if __name__ == "__main__":
    main()

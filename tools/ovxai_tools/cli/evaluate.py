"""ovxai evaluate: which explanation to trust for a model, measured on pictures.

ovxai evaluate MODEL --images DIR [--labels FILE] [--boxes FILE] --out report/
ovxai evaluate [demo:cnn] [demo:vit] [demo:detector] [--pictures 500]
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import click

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.black_box.running import Preset
from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.model_info.shapes import StatedShape
from ovxai_passes.model_info.told import retold
from ovxai_passes.option_groups.info_options import InfoOptions
from ovxai_passes.options import Options
from ovxai_passes.pictures.extras import opencv
from ovxai_tools.checks.transformation import TransformRequest, transform
from ovxai_tools.common.click_types import NamedPath, choice_of, parsed_by
from ovxai_tools.common.command_line import colours
from ovxai_tools.common.command_line.config_file import config_option
from ovxai_tools.common.command_line.deciding import deciding
from ovxai_tools.common.command_line.help_page import PagedCommand
from ovxai_tools.common.command_line.log_levels import log_level_option, log_on_stderr
from ovxai_tools.common.command_line.model_names import ModelName
from ovxai_tools.common.command_line.pages import EVALUATE_PAGE
from ovxai_tools.common.exits import with_exit_codes
from ovxai_tools.common.insertion_options import info_of, info_options
from ovxai_tools.common.model_files import check_targets, weights_of
from ovxai_tools.common.model_loading import load_model
from ovxai_tools.common.progress import stage
from ovxai_tools.common.shared_options import read_labels, shape_option
from ovxai_tools.demo import shipped as demo
from ovxai_tools.evaluation import pointing_game
from ovxai_tools.evaluation import quality as qualities
from ovxai_tools.evaluation.compared.evaluated_model import EvaluatedModel
from ovxai_tools.evaluation.compared.settings import FittingSetting, Setting, parsed_setting
from ovxai_tools.evaluation.data.box_files import read_boxes
from ovxai_tools.evaluation.data.picture_classes import read_classes
from ovxai_tools.evaluation.data.picture_set import LabelledPicture, demo_pictures, pictures_of
from ovxai_tools.evaluation.prepare import Asked, fitting_settings
from ovxai_tools.evaluation.report_folder import Comparison, Report, write_report
from ovxai_tools.evaluation.results.table import table
from ovxai_tools.pictures.model_input import preparation_notices
from ovxai_tools.pictures.picture_files import check_extras, picture_files

_WITHOUT_EFFECT_ON_RESULTS = ("models", "out", "apply", "log_level", "as_json", "force", "quiet")
_OF_REPORTS = ("images", "labels", "boxes", "names", "settings", "apply", "black_box")


@dataclass(frozen=True)
class _Given:
    """What the command line says of pictures."""

    images: Path | None
    labels: Path | None
    boxes: Path | None
    names: tuple[str, ...]


@dataclass(frozen=True)
class _Source:
    """The models named, and what the command line says of their input. `apply`: the model to write."""

    models: tuple[str, ...]
    shapes: tuple[StatedShape, ...]
    info: Options
    apply: Path | None


@click.command(cls=PagedCommand, page=EVALUATE_PAGE)
@click.argument("models", metavar="[MODEL|demo:NAME]...", nargs=-1, type=ModelName())
@click.option(
    "--out",
    type=NamedPath(file_okay=False),
    metavar="FOLDER",
    help="Folder of the report: evaluate one MODEL by all metrics.",
)
@click.option("--images", type=NamedPath(file_okay=False), metavar="DIR", help="--out: pictures; of demo:NAME its own.")
@click.option(
    "--labels",
    type=NamedPath(),
    metavar="FILE",
    help="--out: the class of each picture: JSON {picture: class}, or lines picture,class. GridPG needs them. "
    "Default: the best class.",
)
@click.option(
    "--boxes",
    type=NamedPath(),
    metavar="FILE|DIR",
    help="--out: boxes of objects: JSON {picture: [[class, x0, y0, x1, y1]]} in fractions, JSON of COCO, XML of VOC, "
    "text of YOLO.",
)
@click.option("--names", type=NamedPath(), metavar="FILE", help="--out: names of the classes, a line each.")
@click.option(
    "--setting",
    "settings",
    multiple=True,
    metavar="'NAME=VALUE ...'",
    callback=parsed_by(parsed_setting),
    help="--out: options of ovxai transform to compare with the default, as 'method=activationmap'. May be given "
    "several times. Default: all that fit.",
)
@click.option("--apply", type=NamedPath(), metavar="OUT.xml", help="--out: write MODEL with the maps of the verdict.")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", default=100, show_default=True, help="--out: pictures at most."
)
@click.option(
    "--grids",
    type=click.IntRange(min=0),
    metavar="N",
    default=60,
    show_default=True,
    help="--out: GridPG, of each size.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="NUMBER",
    default=0,
    show_default=True,
    help="--out: of all that is random.",
)
@click.option(
    "--black-box",
    type=choice_of(Preset),
    help="--out: compare RISE and AISE with this preset, too: hundreds of inferences for each map.",
)
@click.option(
    "--pictures", type=click.IntRange(min=1), metavar="N", default=500, show_default=True, help="Held-out pictures."
)
@click.option("--quality", is_flag=True, help="Compare all methods by several metrics instead, on 50 pictures.")
@click.option(
    "--data",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="--quality: pictures with images.json and imagenet_labels.txt, for models of ImageNet classes.",
)
@info_options
@shape_option
@config_option
@log_level_option
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--force", is_flag=True, help="--out: overwrite an existing report.")
@click.option("-q", "--quiet", is_flag=True, help="--out: print no progress.")
@with_exit_codes
def main(  # noqa: PLR0913, PLR0917  # one parameter an option
    models: tuple[str, ...],
    out: Path | None,
    images: Path | None,
    labels: Path | None,
    boxes: Path | None,
    names: Path | None,
    settings: tuple[Setting, ...],
    apply: Path | None,
    limit: int,
    grids: int,
    seed: int,
    black_box: str | None,
    pictures: int,
    quality: bool,
    data: Path | None,
    shapes: tuple[StatedShape, ...],
    log_level: str | None,
    as_json: bool,
    force: bool,
    quiet: bool,
    **info: Any,
) -> None:
    """Measure how good maps are: of any MODEL on pictures of yours with --out, else of the demo models.

    With --out: every method and setting that fits the model, and baselines, by all metrics, with intervals; values.csv,
    evaluation.json and index.html in the folder, a table and a sentence on the terminal. After an interrupt the same
    command goes on.

    Without: the pointing game with demo models (all of them by default), every method and setting; with --quality demo
    classifiers, and with --data other classifiers (.xml, .tflite, ...), by four metrics.
    """
    log_on_stderr(log_level, "warning")
    if out is not None:
        given = _Given(images, labels, boxes, () if names is None else read_labels(names))
        asked = Asked(settings, limit, grids, seed, None if black_box is None else Preset(black_box))
        report = Report(out, deciding(list(map(demo.model_path, models)), _WITHOUT_EFFECT_ON_RESULTS), force, quiet)
        source = _Source(models, shapes, info_of(info), apply)
        _evaluate(source, given, asked, report, as_json)
        return
    context = click.get_current_context()
    if any(context.params[name] for name in _OF_REPORTS):
        raise OptionError("pictures of your own are measured into a folder: give --out FOLDER")
    if quality:
        compared = qualities.compare(models, pictures, data, shapes)
        click.echo(json.dumps([asdict(one) for one in compared], indent=1) if as_json else qualities.table(compared))
        return
    if shapes:
        raise OptionError("--shape is for models of your own, with --quality: demo pictures are of one size")
    results = pointing_game.play(models, pictures)
    click.echo(json.dumps([asdict(one) for one in results], indent=1) if as_json else pointing_game.table(results))


def _evaluate(source: _Source, given: _Given, asked: Asked, report: Report, as_json: bool) -> None:
    """Evaluate one model into a folder, and print what came of it. Raises OvxaiError."""
    if len(source.models) != 1:
        raise OptionError(f"--out is the folder of one model's report: name one model, not {len(source.models)}")
    name = source.models[0]
    report.check()
    if source.apply is not None:
        path = demo.model_path(name)
        check_targets(source.apply, [path, weights_of(path)], report.force)
    check_extras()
    opencv("pictures").setNumThreads(1)  # more would only wait, beside those of OpenVINO
    with stage(f"Preparing {name}", report.quiet):
        model = retold(load_model(name, source.shapes), source.info)
        of = EvaluatedModel.of(model)
        fitting = fitting_settings(of, asked.settings)
        names = of.classes(given.names, fitting[0].insertion).names
        pictures = _pictures(name, of, given, asked, fitting)
    outcome = write_report(Comparison(name, of, fitting, pictures, asked, names), report)
    written = "" if source.apply is None else _applied(source, outcome.verdict.best.options, source.apply, report)
    if as_json:
        click.echo(json.dumps(outcome.as_dict(), indent=1))
        return
    click.echo(table(outcome.standings))
    is_demo, preparation = name.startswith(demo.PREFIX), Preparation.from_model(model)
    notices = () if is_demo else preparation_notices(model, preparation, name, not of.is_classifier)
    for notice in (*outcome.notices, *notices):
        click.echo(f"{colours.notice('notice:')} {notice}", err=True)
    for line in filter(None, (str(outcome.verdict), written)):
        click.echo(line)


def _applied(source: _Source, best: Options, target: Path, report: Report) -> str:
    """Write the model with the maps of a setting, told what the command line says; a line on what was written."""
    values = {one.name: getattr(source.info, one.name) for one in fields(InfoOptions)}
    told = {name: value for name, value in values.items() if value is not None}
    request = TransformRequest(source.models[0], source.shapes, report.force, quiet=report.quiet)
    return transform(request, replace(best, **told), target).message


def _pictures(
    name: str, of: EvaluatedModel, given: _Given, asked: Asked, fitting: list[FittingSetting]
) -> list[LabelledPicture]:
    """The pictures that the command line means. Raises OptionError."""
    if given.images is None:
        if not name.startswith(demo.PREFIX):
            raise OptionError(f"{name} is measured on pictures of its own: give --images DIR")
        if given.labels or given.boxes:
            raise OptionError("--labels and --boxes are of pictures in --images DIR: demo pictures have their own")
        return demo_pictures(not of.is_classifier, asked.limit)
    known = of.classes(given.names, fitting[0].insertion)
    classes = None if given.labels is None else read_classes(given.labels)
    boxes = None if given.boxes is None else read_boxes(given.boxes)
    return pictures_of(picture_files([given.images]), known, classes, boxes)


if __name__ == "__main__":
    main()

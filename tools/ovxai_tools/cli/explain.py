"""ovxai-explain: pictures in, maps and overlays out, with a page to look at."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from ovxai_passes import __version__
from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.black_box.running import Preset
from ovxai_passes.model_info.shapes import StatedShape
from ovxai_passes.pictures.colormaps import COLORMAPS
from ovxai_passes.pictures.extras import opencv
from ovxai_passes.vocabulary import Contrast, Defaults, Method, Scaling
from ovxai_tools.common.click_types import NamedPath, NumberRange, WordChoice, choice_of
from ovxai_tools.common.command_line import colours
from ovxai_tools.common.command_line.config_file import config_option
from ovxai_tools.common.command_line.deciding import deciding
from ovxai_tools.common.command_line.devices import DeviceType
from ovxai_tools.common.command_line.exit_codes import LEFT_OUT
from ovxai_tools.common.command_line.help_page import PagedCommand
from ovxai_tools.common.command_line.insertion_help import INPUT_OPTIONS
from ovxai_tools.common.command_line.log_levels import log_level_option, log_on_stderr
from ovxai_tools.common.command_line.model_names import ModelName
from ovxai_tools.common.command_line.pages import EXPLAIN_PAGE
from ovxai_tools.common.exits import with_exit_codes
from ovxai_tools.common.insertion_options import WHITE_BOX, info_options, told_to
from ovxai_tools.common.model_loading import load_model
from ovxai_tools.common.progress import stage
from ovxai_tools.common.resumable import check_folder
from ovxai_tools.common.shared_options import parse_size, read_labels, shape_option
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures.map_drawing import COLOURS, Style
from ovxai_tools.pictures.picture_batches import BatchedRun
from ovxai_tools.pictures.picture_files import check_extras, picture_files
from ovxai_tools.pictures.picture_search import PictureSearch
from ovxai_tools.pictures.results.given_options import given_flags, given_options
from ovxai_tools.pictures.results.result_folder import PAGE, Destination, write_maps
from ovxai_tools.pictures.results.said import are_numbers, look_at, map_lines, notices_before
from ovxai_tools.pictures.results.ways import check_ways, model_names, saying_which, ways_of
from ovxai_tools.pictures.run_settings import RunSettings

_LARGEST = 10_000
_WITHOUT_EFFECT_ON_RESULTS = (
    *("model", "images", "recursive", "listed", "batch", "output"),
    *("log_level", "as_json", "force", "quiet"),
)
_TOLD_OTHERWISE = (
    *_WITHOUT_EFFECT_ON_RESULTS,
    *("labels", "compare", "methods", "targets", "top_k", "single_file", "config"),
)


@click.command(cls=PagedCommand, page=EXPLAIN_PAGE)
@click.argument("model", type=ModelName())
@click.argument("images", metavar="IMAGES...", nargs=-1, type=NamedPath())
@click.option("--recursive", is_flag=True, help="Folders with all that is below them.")
@click.option("--list", "listed", type=NamedPath(), metavar="FILE", help="Further pictures or folders, a path a line.")
@click.option("--output", required=True, type=NamedPath(file_okay=False), metavar="FOLDER", help="Folder of results.")
@click.option("--targets", metavar="CLASS,...", help="Classes by number or name; default: the best ones.")
@click.option(
    "--top-k",
    type=click.IntRange(min=1),
    metavar="K",
    default=1,
    show_default=True,
    help="How many of the best classes; after the first without those under 0.05 %.",
)
@click.option("--labels", type=NamedPath(), metavar="FILE", help="Names of the classes, a line each.")
@click.option(
    "--method",
    "methods",
    multiple=True,
    type=choice_of([*WHITE_BOX, Method.RISE, Method.AISE]),
    metavar="METHOD",
    help="Explanation method; rise and aise only run the model. Default: as the model asks. "
    "May be given several times, and is shown side by side then.",
)
@click.option(
    "--compare",
    type=ModelName(),
    multiple=True,
    metavar="MODEL",
    help="Explain the pictures by another model, too, and show both side by side. May be given several times. "
    "Preprocessing and labels hold for all models; where they differ, write them into each first: ovxai transform "
    "M.xml M2.xml --mean ... --scale ... --labels ...",
)
@click.option(
    "--defaults",
    type=choice_of(Defaults),
    help="What --scaling, --contrast and masks are where they are left out (default: measured): see ovxai transform.",
)
@click.option(
    "--scaling",
    type=choice_of([one for one in Scaling if one is not Scaling.NONE]),
    help="What full scale is: of each map (map), or of all of a picture (joint; positive and signed keep the zero).",
)
@click.option("--contrast", type=choice_of(Contrast), help="What a class is told apart from.")
@click.option("--black-box", is_flag=True, help="Only run the model, on masked pictures; slow.")
@click.option("--preset", type=choice_of(Preset), help="How much a black-box method computes (default: balance).")
@click.option("--device", type=DeviceType(), metavar="NAME", default="CPU", show_default=True, help="Where models run.")
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    metavar="N",
    default=1,
    show_default=True,
    help="Pictures in one inference, where the model takes batches.",
)
@click.option("--size", metavar="HxW", callback=parse_size, help="Size of maps and overlays; default: the picture's.")
@click.option(
    "--colormap",
    type=WordChoice([one.name for one in COLORMAPS]),
    default=COLOURS,
    show_default=True,
    help="The colours of maps and overlays.",
)
@click.option(
    "--overlay-weight", type=NumberRange(0, 1), metavar="WEIGHT", default=0.5, show_default=True, help="Of the map."
)
@click.option(
    "--overlay-format",
    type=WordChoice(["jpg", "png"]),
    default="jpg",
    show_default=True,
    help="The files of overlays.",
)
@click.option("--single-file", is_flag=True, help="A page that holds its pictures itself, some 70 kB each.")
@info_options
@shape_option
@config_option
@log_level_option
@click.option("--json", "as_json", is_flag=True, help="Print predictions and files as JSON.")
@click.option("--force", is_flag=True, help="Overwrite existing files.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.version_option(__version__, prog_name="ovxai-explain")
@with_exit_codes
def main(  # noqa: PLR0913, PLR0917  # one parameter an option
    model: str,
    images: tuple[Path, ...],
    recursive: bool,
    listed: Path | None,
    output: Path,
    targets: str | None,
    top_k: int,
    labels: Path | None,
    methods: tuple[str, ...],
    compare: tuple[str, ...],
    defaults: str | None,
    scaling: str | None,
    contrast: str | None,
    black_box: bool,
    preset: str | None,
    device: str,
    batch: int,
    size: tuple[int, int] | str | None,
    colormap: str,
    overlay_weight: float,
    overlay_format: str,
    single_file: bool,
    shapes: tuple[StatedShape, ...],
    log_level: str | None,
    as_json: bool,
    force: bool,
    quiet: bool,
    **info: Any,
) -> None:
    """Explain what MODEL (.xml with or without maps, .onnx, ..., or demo:cnn) says of IMAGES.

    IMAGES are files, folders, or patterns in quotes: 'photos/*.jpg', '**/*.png'.

    A picture has at most 100 million pixels; it is turned upright as its camera says.

    Writes NAME_CLASS_map.png and NAME_CLASS_overlay.jpg for each picture and class, and index.html to look at. Results
    are written as they come: after an interrupt the same command goes on, and what is complete is not done again.
    """
    log_on_stderr(log_level, "error")
    check_extras()
    opencv("pictures").setNumThreads(1)  # more would only wait, beside those of OpenVINO
    if isinstance(size, str):
        raise OptionError(f"--size takes HEIGHTxWIDTH, not {size!r}")
    if size is not None and max(size) > _LARGEST:
        raise OptionError(f"--size is at most {_LARGEST}x{_LARGEST}")
    if targets is not None and not targets.strip(" ,"):
        raise OptionError("--targets names no class")
    if not images and listed is None:
        raise click.UsageError("which pictures? name pictures or folders, or give --list FILE")
    files = picture_files(PictureSearch(recursive, output).files(images, listed))
    settings = RunSettings(
        targets=tuple(part.strip() for part in targets.split(",") if part.strip()) if targets else (),
        top_k=top_k,
        labels=() if labels is None else read_labels(labels),
        black_box=black_box,
        preset=preset,
        device=device,
        defaults=defaults,
        scaling=scaling,
        contrast=contrast,
    )
    asked_by_method = settings.for_methods(methods)
    _check_cost(asked_by_method, preset, batch)
    style = Style(size, overlay_weight, colormap, f".{overlay_format}")
    models = (model, *compare)
    check_ways(models, methods)
    about = deciding([demo.model_path(one) for one in models], _WITHOUT_EFFECT_ON_RESULTS, labels=settings.labels)
    check_folder(output, about, PAGE, force)
    runs: list[tuple[str, BatchedRun]] = []
    for path, name in zip(models, model_names(models), strict=True):
        with stage(f"Preparing {path}", quiet), saying_which(path, models):
            told = told_to(load_model(path, shapes), info)
            runs += [(name, BatchedRun(told, asked, files, batch, quiet)) for asked in asked_by_method]
    ways = ways_of(runs)
    if not quiet:
        _tell_single([run for _, run in runs])
        _notify(notices_before(ways, given_flags(click.get_current_context(), (*INPUT_OPTIONS, "labels"))))
    options = given_options(click.get_current_context(), _TOLD_OTHERWISE)
    destination = Destination(output, about, force, options, single_file)
    has_bars = any(asked.black_box for asked in asked_by_method)  # one for each picture
    summary = write_maps(ways, files, destination, style, quiet or has_bars)
    if as_json:
        click.echo(json.dumps({"model": model, "explained": summary.maps, "left_out": summary.left_out}, indent=1))
    elif not quiet:
        for line in map_lines(summary.maps, ways):
            click.echo(line)
        if are_numbers(summary.maps, ways):
            _notify(["classes are numbers: --labels FILE names them"])
        before = f" ({summary.already_complete} pictures were complete already)" if summary.already_complete else ""
        click.echo(f"wrote {summary.files} files to {output}{before}: {look_at(output / PAGE, single_file)}")
    if summary.left_out:
        sys.exit(LEFT_OUT)


def _notify(notices: Iterable[str]) -> None:
    for notice in notices:
        click.echo(f"{colours.notice('notice:')} {notice}", err=True)


def _check_cost(runs: Sequence[RunSettings], preset: str | None, batch: int) -> None:
    """Raises OptionError for options of black-box methods without one, and the other way round."""
    if preset is not None and not any(one.black_box for one in runs):
        raise OptionError("--preset is for --black-box, --method rise and --method aise: give one of them")
    if batch > 1 and all(one.black_box for one in runs):
        raise OptionError("--batch is for maps that are made in the model: a black box runs masked pictures together")


def _tell_single(runs: Sequence[BatchedRun]) -> None:
    """Say where --batch has no effect, and why."""
    reasons = [run.refusal for run in runs if run.batch > 1 and not run.settings.black_box]
    for reason in dict.fromkeys(filter(None, reasons)):
        click.echo(f"{colours.notice('notice:')} --batch has no effect: {reason}", err=True)


if __name__ == "__main__":
    main()

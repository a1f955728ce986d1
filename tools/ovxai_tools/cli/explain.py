"""ovxai-explain: pictures in, maps and overlays out, with a page to look at."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ovxai_passes import __version__
from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.checksum import file_digest
from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.model_info.shapes import StatedShape
from ovxai_passes.pictures.colormaps import COLORMAPS
from ovxai_passes.pictures.extras import opencv
from ovxai_passes.vocabulary import Contrast, Defaults, Method, Scaling
from ovxai_tools.common.click_types import NamedPath, NumberRange, choice_of
from ovxai_tools.common.exits import EXIT_CODES, with_exit_codes
from ovxai_tools.common.insertion_options import WHITE_BOX, info_options, told_to
from ovxai_tools.common.model_loading import load_model
from ovxai_tools.common.progress import stage
from ovxai_tools.common.resumable import check_folder
from ovxai_tools.common.shared_options import parse_size, read_labels, shape_option
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures.map_drawing import COLOURS, Style
from ovxai_tools.pictures.model_input import preparation_notices
from ovxai_tools.pictures.picture_files import check_extras, picture_files
from ovxai_tools.pictures.picture_run import PictureRun, RunSettings
from ovxai_tools.pictures.results.given_options import given_options
from ovxai_tools.pictures.results.result_folder import PAGE, Destination, write_maps
from ovxai_tools.pictures.results.ways import check_ways, model_names, saying_which, ways_of

_SKIPPED = 5
_LARGEST = 10_000
_WITHOUT_EFFECT_ON_RESULTS = ("model", "images", "output", "labels", "as_json", "force", "quiet")
_TOLD_OTHERWISE = (*_WITHOUT_EFFECT_ON_RESULTS, "compare", "methods", "targets", "top_k", "single_file")


@click.command(
    epilog=EXIT_CODES.rstrip() + "\n  5    done, but pictures that could not be read were left out\n",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("model")
@click.argument("images", nargs=-1, required=True, type=NamedPath())
@click.option("--output", required=True, type=NamedPath(file_okay=False), help="Folder of results.")
@click.option("--targets", metavar="CLASS,...", help="Classes by number or name; default: the best ones.")
@click.option("--top-k", type=click.IntRange(min=1), default=1, show_default=True, help="How many of the best classes.")
@click.option("--labels", type=NamedPath(), metavar="FILE", help="Names of the classes, a line each.")
@click.option(
    "--method",
    "methods",
    multiple=True,
    type=choice_of([*WHITE_BOX, Method.RISE, Method.AISE]),
    help="Explanation method; rise and aise only run the model. Default: as the model asks. "
    "May be given several times, and is shown side by side then.",
)
@click.option(
    "--compare",
    multiple=True,
    metavar="MODEL",
    help="Explain the pictures by another model, too, and show both side by side. May be given several times.",
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
@click.option("--size", metavar="HxW", callback=parse_size, help="Size of maps and overlays; default: the picture's.")
@click.option(
    "--colormap",
    type=click.Choice([one.name for one in COLORMAPS]),
    default=COLOURS,
    show_default=True,
    help="The colours of maps and overlays.",
)
@click.option("--overlay-weight", type=NumberRange(0, 1), default=0.5, show_default=True, help="Of the map.")
@click.option(
    "--overlay-format",
    type=click.Choice(["jpg", "png"]),
    default="jpg",
    show_default=True,
    help="The files of overlays.",
)
@click.option("--single-file", is_flag=True, help="A page that holds its pictures itself, some 70 kB each.")
@info_options
@shape_option
@click.option("--json", "as_json", is_flag=True, help="Print predictions and files as JSON.")
@click.option("--force", is_flag=True, help="Overwrite existing files.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.version_option(__version__, prog_name="ovxai-explain")
@with_exit_codes
def main(  # noqa: PLR0913, PLR0917  # one parameter an option
    model: str,
    images: tuple[Path, ...],
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
    size: tuple[int, int] | str | None,
    colormap: str,
    overlay_weight: float,
    overlay_format: str,
    single_file: bool,
    shapes: tuple[StatedShape, ...],
    as_json: bool,
    force: bool,
    quiet: bool,
    **info: Any,
) -> None:
    """Explain what MODEL (.xml with or without maps, .onnx, ..., or demo:cnn) says of IMAGES, files or folders.

    A picture has at most 100 million pixels; it is turned upright as its camera says.

    Writes NAME_CLASS_map.png and NAME_CLASS_overlay.jpg for each picture and class, and index.html to look at. Results
    are written as they come: after an interrupt the same command goes on, and what is complete is not done again.
    """
    logging.basicConfig(format="%(message)s", level=logging.ERROR)
    check_extras()
    opencv("pictures").setNumThreads(1)  # more would only wait, beside those of OpenVINO
    if isinstance(size, str):
        raise OptionError(f"--size takes HEIGHTxWIDTH, not {size!r}")
    if size is not None and max(size) > _LARGEST:
        raise OptionError(f"--size is at most {_LARGEST}x{_LARGEST}")
    if targets is not None and not targets.strip(" ,"):
        raise OptionError("--targets names no class")
    files = picture_files(images)
    settings = RunSettings(
        targets=tuple(part.strip() for part in targets.split(",") if part.strip()) if targets else (),
        top_k=top_k,
        labels=() if labels is None else read_labels(labels),
        black_box=black_box,
        defaults=defaults,
        scaling=scaling,
        contrast=contrast,
    )
    style = Style(size, overlay_weight, colormap, f".{overlay_format}")
    models = (model, *compare)
    check_ways(models, methods)
    about = _about([demo.model_path(one) for one in models], settings.labels)
    check_folder(output, about, PAGE, force)
    loaded, runs = [], []
    for path, name in zip(models, model_names(models), strict=True):
        with stage(f"Preparing {path}", quiet), saying_which(path, models):
            loaded.append(told_to(load_model(path, shapes), info))
            runs += [(name, PictureRun(loaded[-1], asked)) for asked in settings.for_methods(methods)]
    ways = ways_of(runs)
    options = given_options(click.get_current_context(), _TOLD_OTHERWISE)
    destination = Destination(output, about, force, options, single_file)
    summary = write_maps(ways, files, destination, style, quiet)
    if as_json:
        click.echo(json.dumps({"model": model, "explained": summary.maps, "left_out": summary.left_out}, indent=1))
    elif not quiet:
        for one in summary.maps:
            score = "" if one["score"] is None else f" ({one['score']:.3g})"
            way = "" if len(ways) == 1 else f" [{one['model']}, {one['method']}]"
            click.echo(f"{one['picture']}: {one['class']}{score}{way}")
        for path, network in zip(models, loaded, strict=True):
            notices = (
                () if path.startswith(demo.PREFIX) else preparation_notices(network, Preparation.from_model(network))
            )
            for notice in notices:
                click.echo(f"notice: {notice if len(models) == 1 else f'{path}: {notice}'}", err=True)
        before = f" ({summary.already_complete} pictures were complete already)" if summary.already_complete else ""
        click.echo(f"wrote {summary.files} files to {output}{before}: look at {output / PAGE}")
    if summary.left_out:
        sys.exit(_SKIPPED)


def _about(sources: Sequence[Path], labels: tuple[str, ...]) -> dict[str, Any]:
    """What decides on the results: the version, the models' content, and the options that do not only say where to."""
    given = {
        f"--{name.replace('_', '-')}": value
        for name, value in click.get_current_context().params.items()
        if name not in _WITHOUT_EFFECT_ON_RESULTS
    }
    told = [_content_of(source) for source in sources]
    about = {"version": __version__, "model": told, "options": given | {"--labels": labels}}
    return json.loads(json.dumps(about, default=str))


def _content_of(source: Path) -> list[str] | str:
    """What tells a model from others: the digests of its files, or its name where it has none."""
    pair = (source, source.with_suffix(".bin")) if source.name else ()
    try:
        return [file_digest(path) for path in pair if path.is_file()] or str(source)
    except OSError:  # told where it is read
        return str(source)


if __name__ == "__main__":
    main()

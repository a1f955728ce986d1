"""ovxai-transform: a model in, the same model with saliency maps out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ovxai_passes import __version__
from ovxai_passes.model_info.shapes import StatedShape
from ovxai_tools.checks.removal import remove_map
from ovxai_tools.checks.transformation import TransformRequest, check_request, plan_transform, transform
from ovxai_tools.common.click_types import NamedPath
from ovxai_tools.common.command_line.config_file import config_option
from ovxai_tools.common.command_line.help_page import PagedCommand
from ovxai_tools.common.command_line.log_levels import log_level_option, log_on_stderr
from ovxai_tools.common.command_line.model_names import ModelName
from ovxai_tools.common.command_line.pages import TRANSFORM_PAGE
from ovxai_tools.common.exits import with_exit_codes
from ovxai_tools.common.insertion_options import insertion_options, options_of
from ovxai_tools.common.report_printing import Outcome, PrintStyle, print_notice, print_report
from ovxai_tools.common.shared_options import check_alone, shape_option


@click.command(cls=PagedCommand, page=TRANSFORM_PAGE)
@click.argument("source", metavar="IN", type=ModelName())
@click.argument("target", metavar="[OUT.xml]", required=False, type=NamedPath())
@insertion_options
@click.option("--dry-run", is_flag=True, help="Say what would be done and why; write nothing.")
@click.option("--verify", is_flag=True, help="Compare with the original model and the definition of the map.")
@click.option("--image", type=NamedPath(), metavar="FILE", help="Picture for --verify and --preview.")
@click.option(
    "--preview",
    type=NamedPath(),
    metavar="FILE",
    help="Draw what the model sees in --image: the map of the best class, as a picture of the kind that its name ends "
    "in (.png, .jpg, ...). Demo models have pictures of their own.",
)
@click.option(
    "--plot",
    type=NamedPath(),
    metavar="FILE.svg",
    help="Draw the graph around the target, with branch, read-out and head. Without OUT.xml it is all that is written.",
)
@shape_option
@config_option
@log_level_option
@click.option("--remove", is_flag=True, help="Take the map off IN again; OUT is the model as it was without.")
@click.option("--force", is_flag=True, help="Overwrite existing output files.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Say more: why this layer, what was declined.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.version_option(__version__, prog_name="ovxai-transform")
@with_exit_codes
def main(  # noqa: PLR0913, PLR0917  # one parameter an option
    source: str,
    target: Path | None,
    dry_run: bool,
    verify: bool,
    image: Path | None,
    preview: Path | None,
    plot: Path | None,
    shapes: tuple[StatedShape, ...],
    log_level: str | None,
    remove: bool,
    force: bool,
    as_json: bool,
    verbose: bool,
    quiet: bool,
    **insertion: Any,
) -> None:
    """Write the model IN (.xml, .onnx, .tflite, ..., or demo:cnn) to OUT.xml with one more output, saliency_map.

    Also IN: .pt2, .keras, .h5, the folder of a SavedModel or of Hugging Face.

    The map shows, for every class, where in the picture the evidence for it lies. Any OpenVINO runtime computes it. OUT
    appears whole or not at all.
    """
    log_on_stderr(log_level, "debug" if verbose else "error")
    style = PrintStyle(as_json, quiet, verbose)
    if remove:
        check_alone("remove", ("source", "target", "force", "as_json", "verbose", "quiet"))
        written = _needed(target)
        print_notice(source, remove_map(source, written, force), (written, written.with_suffix(".bin")), style)
        return
    options = options_of(insertion)
    request = TransformRequest(source, shapes, force, verify, image, preview, quiet, plot)
    dry_run = dry_run or (plot is not None and target is None)
    check_request(request, dry_run)
    result = plan_transform(request, options) if dry_run else transform(request, options, _needed(target))
    if result.report is None:
        print_notice(source, result.message, result.files, style)
    else:
        print_report(result.report, Outcome(result.verified, result.files, result.message, result.planned), style)


def _needed(target: Path | None) -> Path:
    if target is None:
        raise click.UsageError("OUT.xml is missing (only --dry-run and --plot go without it)")
    return target


if __name__ == "__main__":
    main()

"""ovxai-transform: a model in, the same model with saliency maps out."""

from __future__ import annotations

import json
import logging
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import openvino as ov

from ovxai_passes import __version__
from ovxai_passes.errors import OptionError
from ovxai_passes.insert import AnyInsertion, DetectorInsertion, insert_any, is_augmented, plan
from ovxai_passes.model_info.checksum import add_checksum
from ovxai_passes.model_info.read import read_model
from ovxai_passes.model_info.recorded import check_same_map
from ovxai_passes.model_info.shapes import StatedShape
from ovxai_passes.options import Options
from ovxai_passes.vocabulary import Scaling
from ovxai_tools.checks.verify import Case, random_case, verify
from ovxai_tools.common.click_types import NamedPath
from ovxai_tools.common.exits import EXIT_CODES, OutputError, with_exit_codes
from ovxai_tools.common.files import check_output, model_moves, publish, same_file, staged_model, staging
from ovxai_tools.common.insertion_options import insertion_options, options_of
from ovxai_tools.common.progress import stage
from ovxai_tools.common.reading import read_named
from ovxai_tools.common.shared_options import preparation_options, shape_option
from ovxai_tools.common.showing import Telling, show
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures.images import Preparation, as_inputs, check_picture_name, open_picture, pillow
from ovxai_tools.pictures.preview import Shown, write_preview
from ovxai_tools.pictures.preview_detector import write_detector_preview


@dataclass(frozen=True)
class Request:
    """The command line, apart from the explanation's own options."""

    source: str
    target: Path | None
    shapes: tuple[StatedShape, ...]
    force: bool
    verify: bool
    image: Path | None
    preview: Path | None
    preparation: Preparation | None
    as_json: bool
    quiet: bool
    verbose: bool


@click.command(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("source", metavar="IN")
@click.argument("target", metavar="[OUT.xml]", required=False, type=NamedPath())
@insertion_options
@click.option("--dry-run", is_flag=True, help="Say what would be done and why; write nothing.")
@click.option("--verify", "check", is_flag=True, help="Compare with the original model and the definition of the map.")
@click.option("--image", type=NamedPath(), help="Picture for --verify and --preview.")
@click.option(
    "--preview",
    type=NamedPath(),
    metavar="FILE",
    help="Write the overlay of the best class, as a picture of the kind that its name ends in (.png, .jpg, ...).",
)
@preparation_options
@shape_option
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
    check: bool,
    image: Path | None,
    preview: Path | None,
    mean: tuple[float, ...] | None,
    scale: tuple[float, ...] | None,
    bgr: bool,
    shapes: tuple[StatedShape, ...],
    force: bool,
    as_json: bool,
    verbose: bool,
    quiet: bool,
    **insertion: Any,
) -> None:
    """Write the model IN (.xml, .onnx, .tflite, ..., or demo:cnn) to OUT.xml with one more output, saliency_map.

    The map shows, for every class, where in the picture the evidence for it lies. Any OpenVINO runtime computes it. OUT
    appears whole or not at all.
    """
    logging.basicConfig(format="%(message)s", level=logging.DEBUG if verbose else logging.ERROR)
    logging.getLogger("PIL").setLevel(logging.INFO)
    options = options_of(insertion)
    given = mean is not None or scale is not None or bgr
    preparation = Preparation(mean or (0.0,), scale or (1.0,), bgr) if given else None
    request = Request(source, target, shapes, force, check, image, preview, preparation, as_json, quiet, verbose)
    _check_request(request, dry_run)
    if dry_run:
        _dry_run(request, options)
    else:
        _transform(request, options)


def _check_request(request: Request, dry_run: bool) -> None:
    """Raises OptionError for options that would have no effect."""
    if dry_run:
        unused = {"--verify": request.verify, "--preview": request.preview, "--image": request.image}
        given = [name for name, value in unused.items() if value]
        if given:
            raise OptionError(f"{given[0]} needs the model that --dry-run does not make: leave one of them out")
    if request.image is not None and not (request.verify or request.preview):
        raise OptionError("--image is used by --verify and --preview only: give one of them")
    if request.preparation is not None and not (request.image or request.preview):
        raise OptionError(
            "--mean, --scale and --bgr say how a picture becomes input, and there is none: give --image or --preview"
        )


def _dry_run(request: Request, options: Options) -> None:
    model = read_named(request.source, request.shapes)
    if is_augmented(model):
        _refuse_options(request, options, model)
        _tell_of_copy(request, "it would be copied as it is")
        return
    report = replace(plan(model, options), input=request.source)
    show(report, Telling(request.as_json, request.quiet, request.verbose), [], None)


def _transform(request: Request, options: Options) -> None:
    target = request.target
    if target is None:
        raise click.UsageError("OUT.xml is missing (only --dry-run goes without it)")
    source = demo.model_path(request.source)
    _check_paths(request, source, target)
    started = time.perf_counter()
    with stage(f"Reading {request.source}", request.quiet):
        model = read_named(request.source, request.shapes)
    if is_augmented(model):
        _copy_augmented(request, options, model, target)
        return
    with stage("Inserting the explanation", request.quiet):
        insertion = insert_any(model, options)
    with staging(target.parent) as folder:
        with stage("Saving", request.quiet):
            written = _save(insertion.model, folder, target)
            growth = _bin_growth(model, source, folder, staged_model(folder).with_suffix(".bin"))
        held = _verified(request, options, model, written) if request.verify else []
        moves = model_moves(folder, target)
        notices: tuple[str, ...] = ()
        if request.preview is not None:
            notices = _preview(request, model, written, insertion, folder)
            moves.append((folder / f"preview{request.preview.suffix}", request.preview))
        publish(folder, moves, request.force)
    report = replace(insertion.report, input=request.source, bin_growth=growth)
    report = replace(report, seconds=round(time.perf_counter() - started, 3), notices=report.notices + notices)
    files = [str(target), target.with_suffix(".bin").name, *([str(request.preview)] if request.preview else [])]
    show(report, Telling(request.as_json, request.quiet, request.verbose), held, f"wrote {', '.join(files)}")


def _check_paths(request: Request, source: Path, target: Path) -> None:
    if target.suffix != ".xml":
        raise OutputError(f"cannot write {target}: an OpenVINO model is a pair of files; give a name that ends in .xml")
    written = [target, target.with_suffix(".bin"), *([request.preview] if request.preview else [])]
    inputs = [source, _weights_of(source), *([request.image] if request.image else [])]
    for place, path in enumerate(written):
        if any(same_file(path, other) for other in inputs):
            raise OutputError(f"cannot write {path}: it is an input; choose another name")
        if any(same_file(path, other) for other in written[:place]):
            raise OutputError(f"cannot write {path}: the model itself is written there; choose another name")
        check_output(path, request.force)
    if request.preview is not None:
        check_picture_name(request.preview)
    if request.image is not None:
        pillow()
    if request.image is not None:
        open_picture(request.image)


def _copy_augmented(request: Request, options: Options, model: ov.Model, target: Path) -> None:
    _refuse_options(request, options, model)
    with staging(target.parent) as folder:
        _save(model, folder, target)
        publish(folder, model_moves(folder, target), request.force)
    _tell_of_copy(request, f"copied to {target} as it is")


def _refuse_options(request: Request, options: Options, model: ov.Model) -> None:
    check_same_map(model, options)
    if request.verify or request.preview or request.image or request.preparation:
        raise OptionError(
            f"{request.source} has a saliency_map output already, so --verify and --preview have no effect: "
            "give the model without it, or leave them out to copy it"
        )


def _tell_of_copy(request: Request, done: str) -> None:
    notice = f"{request.source} has a saliency_map output already: {done}"
    if request.as_json:
        click.echo(json.dumps({"input": request.source, "notices": [notice]}, indent=1))
    elif not request.quiet:
        click.echo(notice)


def _save(model: ov.Model, folder: Path, target: Path) -> ov.Model:
    """Save in `folder` with constants of the types they have, and read back: a disk that filled up shows here."""
    path = staged_model(folder)
    try:
        ov.save_model(model, path, compress_to_fp16=False)
        written = read_model(path)
        add_checksum(path)
        return written
    except Exception as error:  # OpenVINO raises RuntimeError for a full disk, and for the torn file it leaves
        free = shutil.disk_usage(path.parent).free
        raise OutputError(f"cannot write {target.name}: {error} ({free >> 20} MiB are free on that disk)") from error


def _weights_of(source: Path) -> Path:
    """The .bin of an .xml; of a folder, which may be ".", a name that nothing has."""
    return source.parent / f"{source.stem}.bin"


def _bin_growth(model: ov.Model, source: Path, folder: Path, written: Path) -> int:
    """Bytes of weights added; a model that is no IR is saved as one to be compared."""
    plain = _weights_of(source)
    if source.suffix != ".xml":
        (folder / "plain").mkdir()
        plain = folder / "plain" / "plain.bin"
        ov.save_model(model, plain.with_suffix(".xml"), compress_to_fp16=False)
    growth = written.stat().st_size - plain.stat().st_size
    if plain.is_relative_to(folder):
        plain.unlink()
    return growth


def _verified(request: Request, options: Options, model: ov.Model, written: ov.Model) -> list[str]:
    with stage("Verifying", request.quiet):
        raw = insert_any(model, replace(options, embed_scaling=False, scaling=None, only_map=False))
        cases = [random_case(model)]
        if request.image is not None:
            preparation = request.preparation or Preparation.from_model(model)
            cases.append(Case(request.image.name, as_inputs(open_picture(request.image), model, preparation)))
        return verify(model, written, raw, cases, options.effective_scaling is Scaling.JOINT)


def _preview(
    request: Request, model: ov.Model, written: ov.Model, insertion: AnyInsertion, folder: Path
) -> tuple[str, ...]:
    """Write the preview into `folder`; returns notices."""
    preparation = request.preparation or Preparation.from_model(written)
    options = insertion.locate.options
    assert request.preview is not None, "a preview was asked for"
    drawn = folder / f"preview{request.preview.suffix}"
    labels = options.labels or ()
    if options.only_map:  # a caption needs the scores
        written = insert_any(model, replace(options, only_map=False)).model
    with stage("Making the preview", request.quiet):
        if isinstance(insertion, DetectorInsertion):
            write_detector_preview(model, written, insertion, labels, request.image, preparation, drawn)
        else:
            shown = Shown(model, insertion.locate.result.scores, insertion.report.chosen, labels)
            write_preview(written, shown, request.image, preparation, drawn)
    plain_floats = preparation == Preparation() and written.inputs[0].get_element_type().is_real()
    if plain_floats and not request.source.startswith(demo.PREFIX):
        return ("the picture was fed as 0..255 RGB; give --mean, --scale, --bgr if the model was trained otherwise",)
    return ()


if __name__ == "__main__":
    main()

"""ovxai-transform: a model in, the same model with saliency maps out."""

from __future__ import annotations

import json
import logging
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

import click
import openvino as ov

from ovxai_passes import __version__
from ovxai_passes.checksum import add_checksum
from ovxai_passes.errors import OptionError
from ovxai_passes.insert import AnyInsertion, DetectorInsertion, insert_any, is_augmented, plan
from ovxai_passes.options import LARGEST, MIDDLE, Mask, Method, Options, Scaling, Task
from ovxai_passes.read import read_model
from ovxai_passes.report import Report
from ovxai_tools import demo
from ovxai_tools.exits import EXIT_CODES, OutputError, with_exit_codes
from ovxai_tools.files import check_output, model_moves, publish, same_file, staging
from ovxai_tools.images import Preparation, as_inputs, open_picture, pillow
from ovxai_tools.preview import Shown, write_preview
from ovxai_tools.preview_detector import write_detector_preview
from ovxai_tools.progress import stage
from ovxai_tools.verify import Case, random_case, verify


@dataclass(frozen=True)
class Request:
    """The command line, apart from the explanation's own options."""

    source: str
    target: Path | None
    force: bool
    verify: bool
    image: Path | None
    preview: Path | None
    preparation: Preparation | None
    as_json: bool
    quiet: bool
    verbose: bool


def _values(kind: type[Task] | type[Method] | type[Mask] | type[Scaling]) -> click.Choice[str]:
    return click.Choice([member.value for member in kind], case_sensitive=False)


def numbers_given(_context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[float, ...] | None:
    """One number, or three with commas between them."""
    if value is None:
        return None
    try:
        numbers = tuple(float(part) for part in value.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) not in (1, 3) or (parameter.name == "scale" and 0 in numbers):
        raise click.BadParameter(f"{value!r} is not one number, or three with commas between them (0 is no scale)")
    return numbers


def size_given(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[int, int] | str | None:
    """HEIGHTxWIDTH, or the name of a level."""
    if value is None or value in (MIDDLE, LARGEST):
        return value
    parts = value.lower().split("x")
    if len(parts) != 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise click.BadParameter(f"{value!r} is not HEIGHTxWIDTH, as in 32x48, and not {MIDDLE} or {LARGEST}")
    return int(parts[0]), int(parts[1])


@click.command(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("source", metavar="IN")
@click.argument("target", metavar="[OUT.xml]", required=False, type=click.Path(path_type=Path))
@click.option("--task", type=_values(Task), default="auto", show_default=True, help="What the model does.")
@click.option("--method", type=_values(Method), help="Explanation method; default: as the read-out asks.")
@click.option(
    "--target-layer",
    "target_layers",
    metavar="NAME",
    multiple=True,
    help="Friendly name of the layer to explain; several times for a detector's class heads. Default: found by itself.",
)
@click.option(
    "--num-anchors",
    type=click.IntRange(min=1),
    multiple=True,
    help="Detectors: anchors a place of the target layers, once for all or for each of them.",
)
@click.option(
    "--map-size",
    metavar="HxW|middle|largest",
    callback=size_given,
    help="Detectors: size of the map, or of that level (default 23x23, masks 56x56); activationmap: which level.",
)
@click.option(
    "--background", type=int, help="Detectors: the class that stands for nothing, -1 the last; default: found."
)
@click.option("--keep-background", is_flag=True, help="Detectors: make a map of the background, too.")
@click.option("--objectness", is_flag=True, help="Detectors: weigh class scores by objectness.")
@click.option("--only-map", is_flag=True, help="Leave the original outputs out, for clients that take no further ones.")
@click.option("--feature-vector", is_flag=True, help="Add the output feature_vector: class token, or pooled target.")
@click.option("--k", type=click.IntRange(min=0), help="vitreciprocam: attention blocks to re-run.")
@click.option("--mask", type=_values(Mask), help="Mask over positions; default: onehot for k=0, gaussian for more.")
@click.option("--output", "output", metavar="NAME|INDEX", help="The output with the class scores, if several could be.")
@click.option("--keep-quantization", is_flag=True, help="Keep the 8-bit rounding of quantised class scores in the map.")
@click.option("--reference", is_flag=True, help="Write the naive branch, which repeats the head for each position.")
@click.option("--trim", is_flag=True, help="Leave out of the network what nobody reads; outputs change by rounding.")
@click.option(
    "--class",
    "classes",
    multiple=True,
    metavar="NUMBER|NAME",
    help="Make a map for this class only; several times for several classes. Default: for all.",
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Names of the classes, a line each; default: those in the model.",
)
@click.option("--top-k", type=click.IntRange(min=1), help="Make maps for the best classes of each image only.")
@click.option(
    "--max-cost",
    type=click.FloatRange(min=0, min_open=True),
    default=20.0,
    show_default=True,
    help="Refuse a map that takes more multiply-adds than so many times the model's.",
)
@click.option(
    "--max-tensor-gib",
    type=click.FloatRange(min=0, min_open=True),
    default=2.0,
    show_default=True,
    help="Refuse a map that makes a larger tensor.",
)
@click.option(
    "--scaling",
    type=_values(Scaling),
    help="What is 0 and 255: each map by itself (map, default), all classes of an image together (joint), or raw f32 "
    "scores (none).",
)
@click.option("--no-embed-scaling", is_flag=True, help="The same as --scaling none.")
@click.option("--dry-run", is_flag=True, help="Say what would be done and why; write nothing.")
@click.option("--verify", "check", is_flag=True, help="Compare with the original model and the definition of the map.")
@click.option("--image", type=click.Path(path_type=Path), help="Picture for --verify and --preview.")
@click.option(
    "--preview",
    type=click.Path(path_type=Path),
    metavar="PNG",
    help="Write the overlay of the best class.",
)
@click.option(
    "--mean", callback=numbers_given, help="Subtracted from the pixels (0..255) of --image: one number, or R,G,B."
)
@click.option("--scale", callback=numbers_given, help="Divides the pixels of --image after --mean.")
@click.option("--bgr", is_flag=True, help="The model takes blue, green, red.")
@click.option("--force", is_flag=True, help="Overwrite existing output files.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Say more: why this layer, what was declined.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.version_option(__version__, prog_name="ovxai-transform")
@with_exit_codes
def main(  # noqa: PLR0913, PLR0917  # one parameter an option
    source: str,
    target: Path | None,
    task: str,
    method: str | None,
    target_layers: tuple[str, ...],
    num_anchors: tuple[int, ...],
    map_size: tuple[int, int] | str | None,
    background: int | None,
    keep_background: bool,
    objectness: bool,
    only_map: bool,
    feature_vector: bool,
    k: int | None,
    mask: str | None,
    output: str | None,
    keep_quantization: bool,
    reference: bool,
    trim: bool,
    classes: tuple[str, ...],
    labels: Path | None,
    top_k: int | None,
    max_cost: float,
    max_tensor_gib: float,
    scaling: str | None,
    no_embed_scaling: bool,
    dry_run: bool,
    check: bool,
    image: Path | None,
    preview: Path | None,
    mean: tuple[float, ...] | None,
    scale: tuple[float, ...] | None,
    bgr: bool,
    force: bool,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> None:
    """Write the model IN (.xml, .onnx, .tflite, ..., or demo:cnn) to OUT.xml with one more output, saliency_map.

    The map shows, for every class, where in the picture the evidence for it lies. Any OpenVINO runtime computes it. OUT
    appears whole or not at all.
    """
    logging.basicConfig(format="%(message)s", level=logging.DEBUG if verbose else logging.ERROR)
    logging.getLogger("PIL").setLevel(logging.INFO)
    options = Options.checked(
        task=task,
        method=method,
        target_layer=target_layers[0] if len(target_layers) == 1 else target_layers or None,
        num_anchors=num_anchors or None,
        saliency_map_size=map_size,
        background=background,
        keep_background=keep_background,
        objectness=objectness,
        only_map=only_map,
        feature_vector=feature_vector,
        embed_scaling=not no_embed_scaling,
        scaling=scaling,
        k=k,
        mask=mask,
        output=output,
        keep_quantization=keep_quantization,
        reference=reference,
        trim=trim,
        classes=classes or None,
        labels=None if labels is None else read_labels(labels),
        top_k=top_k,
        max_cost=max_cost,
        max_tensor_gib=max_tensor_gib,
    )
    given = mean is not None or scale is not None or bgr
    preparation = Preparation(mean or (0.0,), scale or (1.0,), bgr) if given else None
    request = Request(source, target, force, check, image, preview, preparation, as_json, quiet, verbose)
    if dry_run:
        _dry_run(request, options)
    else:
        _transform(request, options)


def read_labels(path: Path) -> tuple[str, ...]:
    """Names of classes, a line each. Raises OptionError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise OptionError(f"cannot read the labels in {path}: {reason}") from error
    return tuple(line.strip() for line in lines if line.strip())


def _dry_run(request: Request, options: Options) -> None:
    model = read_model(demo.model_path(request.source))
    if is_augmented(model):
        _refuse_options(request, options)
        _tell_of_copy(request, "it would be copied as it is")
        return
    report = replace(plan(model, options), input=request.source)
    _show(report, request, [], None)


def _transform(request: Request, options: Options) -> None:
    target = request.target
    if target is None:
        raise click.UsageError("OUT.xml is missing (only --dry-run goes without it)")
    source = demo.model_path(request.source)
    _check_paths(request, source, target)
    started = time.perf_counter()
    with stage(f"Reading {request.source}", request.quiet):
        model = read_model(source)
    if is_augmented(model):
        _copy_augmented(request, options, model, target)
        return
    with stage("Inserting the explanation", request.quiet):
        insertion = insert_any(model, options)
    with staging(target.parent) as folder:
        with stage("Saving", request.quiet):
            written = _save(insertion.model, folder / target.name)
            growth = _bin_growth(model, source, folder, folder / target.with_suffix(".bin").name)
        held = _verified(request, options, model, written) if request.verify else []
        moves = model_moves(folder, target)
        notices: tuple[str, ...] = ()
        if request.preview is not None:
            notices = _preview(request, model, written, insertion, folder)
            moves.append((folder / "preview.png", request.preview))
        publish(folder, moves, request.force)
    report = replace(insertion.report, input=request.source, bin_growth=growth)
    report = replace(report, seconds=round(time.perf_counter() - started, 3), notices=report.notices + notices)
    files = [str(target), target.with_suffix(".bin").name, *([str(request.preview)] if request.preview else [])]
    _show(report, request, held, f"wrote {', '.join(files)}")


def _check_paths(request: Request, source: Path, target: Path) -> None:
    if target.suffix != ".xml":
        raise OutputError(f"cannot write {target}: an OpenVINO model is a pair of files; give a name that ends in .xml")
    written = [target, target.with_suffix(".bin"), *([request.preview] if request.preview else [])]
    inputs = [source, source.with_suffix(".bin"), *([request.image] if request.image else [])]
    for place, path in enumerate(written):
        if any(same_file(path, other) for other in inputs):
            raise OutputError(f"cannot write {path}: it is an input; choose another name")
        if any(same_file(path, other) for other in written[:place]):
            raise OutputError(f"cannot write {path}: the model itself is written there; choose another name")
        check_output(path, request.force)
    if request.image is not None and not (request.verify or request.preview):
        raise OptionError("--image is used by --verify and --preview only: give one of them")
    if request.preview is not None or request.image is not None:
        pillow()
    if request.image is not None:
        open_picture(request.image)


def _copy_augmented(request: Request, options: Options, model: ov.Model, target: Path) -> None:
    _refuse_options(request, options)
    with staging(target.parent) as folder:
        _save(model, folder / target.name)
        publish(folder, model_moves(folder, target), request.force)
    _tell_of_copy(request, f"copied to {target} as it is")


def _refuse_options(request: Request, options: Options) -> None:
    if options != Options() or request.verify or request.preview or request.preparation:
        raise OptionError(
            f"{request.source} has a saliency_map output already, so options have no effect: "
            "give the model without it, or no options to copy it"
        )


def _tell_of_copy(request: Request, done: str) -> None:
    notice = f"{request.source} has a saliency_map output already: {done}"
    if request.as_json:
        click.echo(json.dumps({"input": request.source, "notices": [notice]}, indent=1))
    elif not request.quiet:
        click.echo(notice)


def _save(model: ov.Model, path: Path) -> ov.Model:
    """Save with constants of the types they have, and read back: a disk that filled up shows here."""
    try:
        ov.save_model(model, path, compress_to_fp16=False)
        written = read_model(path)
        add_checksum(path)
        return written
    except Exception as error:  # OpenVINO raises RuntimeError for a full disk, and for the torn file it leaves
        free = shutil.disk_usage(path.parent).free
        raise OutputError(f"cannot write {path.name}: {error} ({free >> 20} MiB are free on that disk)") from error


def _bin_growth(model: ov.Model, source: Path, folder: Path, written: Path) -> int:
    """Bytes of weights added; a model that is no IR is saved as one to be compared."""
    plain = source.with_suffix(".bin")
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
    labels = options.labels or ()
    if options.only_map:  # a caption needs the scores
        written = insert_any(model, replace(options, only_map=False)).model
    with stage("Making the preview", request.quiet):
        if isinstance(insertion, DetectorInsertion):
            write_detector_preview(
                model, written, insertion, labels, request.image, preparation, folder / "preview.png"
            )
        else:
            shown = Shown(insertion.locate.result.scores, insertion.report.chosen, labels)
            write_preview(written, shown, request.image, preparation, folder / "preview.png")
    plain_floats = preparation == Preparation() and written.inputs[0].get_element_type().is_real()
    if plain_floats and not request.source.startswith(demo.PREFIX):
        return ("the picture was fed as 0..255 RGB; give --mean, --scale, --bgr if the model was trained otherwise",)
    return ()


def _show(report: Report, request: Request, held: list[str], done: str | None) -> None:
    """Print the report; `done` None: nothing was written, and the story behind the choice is told."""
    if request.as_json:
        click.echo(json.dumps(report.as_dict() | {"verified": held}, indent=1))
        return
    if request.quiet:
        return
    grid = "x".join(str(size) for size in report.grid)
    masked = f", k={report.k}, mask {report.mask}" if report.mask else ""
    lines = [
        f"task:         {report.task}",
        f"method:       {report.method}{masked}",
        f"read-out:     {report.readout}",
        f"target layer: {report.target.name} ({report.target.type} {report.target.shape})",
        f"grid:         {f'dynamic ({grid} for a picture of 224x224)' if report.dynamic else grid}",
        *(
            f"level:        {level.name} ({level.type} {level.shape}), grid {level.grid[0]}x{level.grid[1]}, "
            f"anchors {level.anchors}"
            for level in report.levels
        ),
        *([f"kept tokens:  {report.kept_tokens}"] if report.mask else []),
        *([f"classes:      {report.classes}{_with_maps(report)}"] if report.classes else []),
        f"scaling:      {report.scaling}",
        *([f"multiplied out: {report.multiplied_out} operations"] if report.mask else []),
        f"cost:         {report.cost:.3f} times the model's multiply-adds",
    ]
    if report.ops_growth is not None and report.bin_growth is not None:
        lines.append(f"growth:       {report.bin_growth} bytes of .bin, {report.ops_growth} operations")
        lines += [f"trimmed:      {report.trimmed} operations"] if report.trimmed else []
        lines.append(f"seconds:      {report.seconds:.2f}")
    if done is None and not request.verbose:  # -v has logged it already
        lines += [f"why:          {line}" for line in report.story]
    lines += [f"notice:       {line}" for line in report.notices]
    lines += [f"verified:     {line}" for line in held]
    click.echo("\n".join([*lines, done or "dry run: nothing was written"]))


def _with_maps(report: Report) -> str:
    if report.top_k is not None:
        return f", maps for the best {report.top_k} of each image"
    if report.chosen is not None:
        background = f" (background: {report.background})" if report.background is not None else ""
        return f", maps for {_ranges(report.chosen)}{background}"
    return ""


def _ranges(numbers: tuple[int, ...]) -> str:
    """Numbers with runs of three and more shortened: 1 to 90."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    told = [f"{part[0]} to {part[-1]}" if len(part) > 2 else ", ".join(map(str, part)) for part in parts]
    return ", ".join(told)


if __name__ == "__main__":
    main()

"""The work of ovxai-transform: a model is read, gets its map, is verified, drawn and written whole or not at all."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import openvino as ov

from ovxai_passes.errors import OptionError
from ovxai_passes.insert import Insertion, insert, planned
from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.model_info.recorded import check_same_map, is_augmented
from ovxai_passes.model_info.shapes import StatedShape
from ovxai_passes.model_info.told import retold
from ovxai_passes.options import Options
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.report import Report
from ovxai_passes.vocabulary import Defaults, Task
from ovxai_tools.checks.verify import Case, random_case, verify
from ovxai_tools.common.files import model_moves, publish, staging
from ovxai_tools.common.model_files import bin_growth, check_targets, check_written, save, weights_of
from ovxai_tools.common.model_loading import load_model
from ovxai_tools.common.progress import stage
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures.model_input import as_inputs, preparation_notices
from ovxai_tools.pictures.picture_files import check_extras, check_picture_name
from ovxai_tools.pictures.previews.preview import write_preview
from ovxai_tools.pictures.previews.shown_class import PreviewSubject
from ovxai_tools.plots.plot_file import check_plot_name, write_plot


@dataclass(frozen=True)
class TransformRequest:
    """What is to be done, apart from the options of the insertion.

    `source`: a path or demo:NAME; `shapes`: of its inputs. `verify`: before anything is written. `image`: for that and
    for `preview`, the picture file to write. `plot`: the file of the drawn graph. `force`: replace files. `quiet`: do
    not name stages that take long.
    """

    source: str
    shapes: tuple[StatedShape, ...] = ()
    force: bool = False
    verify: bool = False
    image: Path | None = None
    preview: Path | None = None
    quiet: bool = False
    plot: Path | None = None


@dataclass(frozen=True)
class TransformResult:
    """`report`: None where the model has a map already; `verified`: what held.

    `message`: what was written, a line; before it what the model saw in the picture of a preview.

    `files`: what was written. `planned`: nothing was done to the model.
    """

    report: Report | None
    message: str
    verified: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    planned: bool = False


def check_request(request: TransformRequest, dry_run: bool) -> None:
    """Raises OptionError for options that would have no effect, and for a preview of a picture that says nothing."""
    if dry_run:
        unused = {"--verify": request.verify, "--preview": request.preview, "--image": request.image}
        given = [name for name, value in unused.items() if value]
        if given:
            raise OptionError(f"{given[0]} needs the model that --dry-run does not make: leave one of them out")
    if request.image is not None and not (request.verify or request.preview):
        raise OptionError("--image is used by --verify and --preview only: give one of them")
    if request.preview is not None and request.image is None and not request.source.startswith(demo.PREFIX):
        raise OptionError(
            "--preview needs a picture of what the model knows: give --image FILE (the pictures that come with this "
            "package mean something to the demo models alone)"
        )


def plan_transform(request: TransformRequest, options: Options) -> TransformResult:
    """What `transform` would do; nothing is written but the drawn graph. Raises OvxaiError."""
    if request.plot is not None:
        check_plot_name(request.plot)
        source = demo.model_path(request.source)
        check_written([request.plot], [source, weights_of(source)], request.force)
    model = load_model(request.source, request.shapes)
    if is_augmented(model):
        _check_copy(request, options, model)
        return TransformResult(None, _about_copy(request, "it would be copied as it is"))
    report, states = planned(model, _with_defaults(options))
    report = replace(report, input=request.source)
    if request.plot is None:
        return TransformResult(report, "dry run: nothing was written", planned=True)
    with staging(request.plot.parent) as folder:
        drawn = write_plot(folder, request.source, model, states)
        publish(folder, [(drawn, request.plot)], request.force)
    return TransformResult(report, f"dry run: wrote {request.plot} alone", files=(request.plot,), planned=True)


def transform(request: TransformRequest, options: Options, target: Path) -> TransformResult:
    """Write the model with its map to `target` (.xml) and the .bin beside it. Raises OvxaiError."""
    source = demo.model_path(request.source)
    _check_paths(request, source, target)
    started = time.perf_counter()
    with stage(f"Reading {request.source}", request.quiet):
        model = load_model(request.source, request.shapes)
    if is_augmented(model):
        return _copy_augmented(request, options, model, target)
    options = _with_defaults(options)
    with stage("Inserting the explanation", request.quiet):
        insertion = insert(model, options)
    with staging(target.parent) as folder:
        with stage("Saving", request.quiet):
            written = save(insertion.model, folder, target)
            growth = bin_growth(model, source, folder)
        verified = _verified(request, options, insertion, model, written) if request.verify else []
        moves = model_moves(folder, target)
        notices: tuple[str, ...] = ()
        seen: tuple[str, ...] = ()
        if request.preview is not None:
            drawn = folder / f"preview{request.preview.suffix}"
            notices, seen = _preview(request, model, written, insertion, drawn)
            moves.append((drawn, request.preview))
        if request.plot is not None:
            moves.append((write_plot(folder, request.source, model, insertion.states), request.plot))
        publish(folder, moves, request.force)
    report = replace(insertion.report, input=request.source, bin_growth=growth)
    report = replace(report, seconds=round(time.perf_counter() - started, 3), notices=report.notices + notices)
    beside = [path for path in (request.preview, request.plot) if path is not None]
    wrote = ", ".join([str(target), target.with_suffix(".bin").name, *map(str, beside)])
    files = (target, target.with_suffix(".bin"), *beside)
    return TransformResult(report, "\n".join([*seen, f"wrote {wrote}"]), tuple(verified), files)


def _with_defaults(options: Options) -> Options:
    """The defaults of the command line where none were asked for, which ask for nothing of maps that are there."""
    return options if options.defaults is not None else replace(options, defaults=Defaults.MEASURED)


def _check_paths(request: TransformRequest, source: Path, target: Path) -> None:
    inputs = [source, weights_of(source), *([request.image] if request.image else [])]
    if request.plot is not None:
        check_plot_name(request.plot)
    check_targets(target, inputs, request.force, [path for path in (request.preview, request.plot) if path])
    if request.image is not None or request.preview is not None:
        check_extras()
    if request.preview is not None:
        check_picture_name(request.preview)
    if request.image is not None:
        read_picture(request.image)


def _copy_augmented(request: TransformRequest, options: Options, model: ov.Model, target: Path) -> TransformResult:
    _check_copy(request, options, model)
    copied = retold(model, options)
    with staging(target.parent) as folder:
        save(copied, folder, target)
        publish(folder, model_moves(folder, target), request.force)
    how = "as it is" if copied is model else "with what it was told of itself"
    files = (target, target.with_suffix(".bin"))
    return TransformResult(None, _about_copy(request, f"copied to {target} {how}"), files=files)


def _check_copy(request: TransformRequest, options: Options, model: ov.Model) -> None:
    """Raises OptionError for options that a copy has no use for."""
    check_same_map(model, options)
    if request.verify or request.preview or request.image or request.plot:
        raise OptionError(
            f"{request.source} has a saliency_map output already, so --verify, --preview and --plot have no effect: "
            "give the model without it, or leave them out to copy it"
        )


def _about_copy(request: TransformRequest, done: str) -> str:
    return f"{request.source} has a saliency_map output already: {done}"


def _verified(
    request: TransformRequest, options: Options, made: Insertion, model: ov.Model, written: ov.Model
) -> list[str]:
    with stage("Verifying", request.quiet):
        task = Task(made.report.task)
        each = [replace(state.options, only_map=False).of_raw_map(task) for state in made.states]
        raw = insert(model, replace(options, only_map=False).of_raw_map(task), each)
        cases = [random_case(model)]
        if request.image is not None:
            inputs = as_inputs(read_picture(request.image), written, Preparation.from_model(written))
            cases.append(Case(request.image.name, inputs))
        return verify(model, written, raw, cases, made)


def _preview(
    request: TransformRequest, model: ov.Model, written: ov.Model, insertion: Insertion, drawn: Path
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write the preview to `drawn`; returns notices, and a line on what the model saw."""
    preparation = Preparation.from_model(written)
    options = insertion.state.options
    labels = options.labels or ()
    if options.only_map:  # a caption needs the scores
        written = insert(model, replace(options, only_map=False)).model
    with stage("Making the preview", request.quiet):
        image = request.image or _demo_picture(insertion)
        caption = write_preview(written, PreviewSubject(model, insertion, labels), image, preparation, drawn)
    caption = caption.removeprefix(f"{insertion.report.method}: ")  # there where a picture has rows of several methods
    finds_objects = insertion.of_each_map()[0].target.site is None
    is_demo = request.source.startswith(demo.PREFIX)
    notices = () if is_demo else preparation_notices(written, preparation, "the model", finds_objects)
    return notices, (f"{image.name} → {caption}",)


def _demo_picture(insertion: Insertion) -> Path:
    """The picture of a demo model's preview: of one object, or a scene for what finds objects."""
    finds_objects = insertion.of_each_map()[0].target.site is None
    return (demo.scenes() if finds_objects else demo.pictures())[0].path

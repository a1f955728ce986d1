"""ovxai-explain: pictures in, maps and overlays out, with a page to look at."""

from __future__ import annotations

import json
import logging
import sys
from itertools import count
from pathlib import Path
from typing import Any

import click

from ovxai_passes import __version__
from ovxai_passes.errors import OptionError
from ovxai_passes.options import Method, Task
from ovxai_passes.shapes import StatedShape
from ovxai_tools.contact_sheet import Entry, Shown, contact_sheet
from ovxai_tools.exits import EXIT_CODES, OutputError, with_exit_codes
from ovxai_tools.explaining import Explaining, Said, UnreadableError, Wanted, picture_files
from ovxai_tools.files import publish, staging
from ovxai_tools.given import (
    WHITE_BOX,
    NamedPath,
    NumberRange,
    preparation_options,
    read_labels,
    shape_option,
    size_given,
)
from ovxai_tools.images import Preparation, pillow
from ovxai_tools.progress import stage
from ovxai_tools.reading import read_named

_SKIPPED = 5
_LARGEST = 10_000


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
    type=click.Choice([*WHITE_BOX, "rise", "aise"], case_sensitive=False),
    help="Explanation method; rise and aise only run the model. Default: as the model asks.",
)
@click.option("--black-box", is_flag=True, help="Only run the model, on masked pictures; slow.")
@click.option("--size", metavar="HxW", callback=size_given, help="Size of maps and overlays; default: the picture's.")
@click.option("--colormap", type=click.Choice(["jet", "grey"]), default="jet", show_default=True)
@click.option("--overlay-weight", type=NumberRange(0, 1), default=0.5, show_default=True, help="Of the map.")
@preparation_options
@click.option("--layout", type=click.Choice(["NCHW", "NHWC"], case_sensitive=False), help="Of the model's input.")
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
    method: str | None,
    black_box: bool,
    size: tuple[int, int] | str | None,
    colormap: str,
    overlay_weight: float,
    mean: tuple[float, ...] | None,
    scale: tuple[float, ...] | None,
    bgr: bool,
    layout: str | None,
    shapes: tuple[StatedShape, ...],
    as_json: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Explain what MODEL (.xml with or without maps, .onnx, ..., or demo:cnn) says of IMAGES, files or folders.

    Writes NAME_CLASS_map.png and NAME_CLASS_overlay.png for each picture and class, and index.html to look at.
    """
    logging.basicConfig(format="%(message)s", level=logging.ERROR)
    pillow()
    if isinstance(size, str):
        raise OptionError(f"--size takes HEIGHTxWIDTH, not {size!r}")
    if size is not None and max(size) > _LARGEST:
        raise OptionError(f"--size is at most {_LARGEST}x{_LARGEST}")
    if targets is not None and not targets.strip(" ,"):
        raise OptionError("--targets names no class")
    files = picture_files(images)
    given = mean is not None or scale is not None or bgr
    wanted = Wanted(
        targets=tuple(part.strip() for part in targets.split(",") if part.strip()) if targets else (),
        top_k=top_k,
        labels=() if labels is None else read_labels(labels),
        method=method,
        black_box=black_box or method in (Method.RISE.value, Method.AISE.value),
        size=size,
        weight=overlay_weight,
        coloured=colormap == "jet",
        preparation=Preparation(mean or (0.0,), scale or (1.0,), bgr) if given else None,
    )
    with stage(f"Preparing {model}", quiet):
        loaded = read_named(model, shapes)
        if layout is not None:
            loaded.get_parameters()[0].layout = _layout(layout)
        explaining = Explaining(loaded, wanted)
    _write(explaining, files, output, model, force, as_json, quiet)


def _layout(layout: str) -> Any:
    import openvino as ov  # noqa: PLC0415  # only where a layout is given

    return ov.Layout(layout.upper())


def _write(  # noqa: PLR0913, PLR0917  # what the command line says
    explaining: Explaining, files: list[Path], output: Path, model: str, force: bool, as_json: bool, quiet: bool
) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write to {output}: {error.strerror}") from error
    if (output / "index.html").exists() and not force:
        raise OutputError(f"cannot write {output / 'index.html'}: it exists; choose another folder or give --force")
    skipped: list[str] = []
    told: list[dict[str, Any]] = []
    entries: list[Entry] = []
    hidden = quiet or not sys.stderr.isatty()
    with staging(output) as folder:
        with click.progressbar(files, label="Explaining", file=sys.stderr, hidden=hidden) as bar:
            for path in bar:
                try:
                    entries.append(_explained(explaining, path, folder, told))
                except UnreadableError as error:
                    skipped.append(str(error))
                    click.echo(f"left out: {error}", err=True)
        page = contact_sheet(f"What {model} says, and why", entries, skipped)
        (folder / "index.html").write_text(page, encoding="utf-8")
        moves = [(path, output / path.name) for path in sorted(folder.iterdir())]
        taken = [target for _, target in moves if target.exists()]
        if taken and not force:
            raise OutputError(f"cannot write {taken[0]}: it exists; choose another folder or give --force to overwrite")
        publish(folder, moves)
    if as_json:
        click.echo(json.dumps({"model": model, "explained": told, "left_out": skipped}, indent=1))
    elif not quiet:
        for one in told:
            score = "" if one["score"] is None else f" ({one['score']:.3g})"
            click.echo(f"{one['picture']}: {one['class']}{score}")
        click.echo(f"wrote {len(moves)} files to {output}: look at {output / 'index.html'}")
    if skipped:
        sys.exit(_SKIPPED)


def _explained(explaining: Explaining, path: Path, folder: Path, told: list[dict[str, Any]]) -> Entry:
    """Explain one picture and write its maps and overlays into `folder`. Raises UnreadableError."""
    from PIL import Image  # noqa: PLC0415  # an optional extra, imported where used

    picture, found = explaining.picture(path)
    shown = []
    for said in found:
        stem = _unused(folder, _stem(path, said, explaining))
        names = [f"{stem}_map.png", f"{stem}_overlay.png"]
        drawn = [Image.fromarray(pixels) for pixels in explaining.drawn(picture, said)]
        for name, one in zip(names, drawn, strict=True):
            one.save(folder / name)
        shown.append(Shown(drawn[1], said.label, said.score))
        about = {"picture": str(path), "target": said.target, "class": said.label, "score": said.score}
        told.append({**about, "files": names})
    return Entry(str(path), picture, shown)


def _unused(folder: Path, stem: str) -> str:
    """A stem that nothing is written as yet: numbered, where pictures or classes have the same name."""
    stems = (stem if number == 1 else f"{stem}_{number}" for number in count(1))
    return next(one for one in stems if not (folder / f"{one}_map.png").exists())


def _stem(path: Path, said: Said, explaining: Explaining) -> str:
    """NAME_CLASS for the files of one map; boxes of detections are numbered, for several may be of one class."""
    label = "all" if said.target is None else said.label.split(",", maxsplit=1)[0].strip()
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in label)
    number = f"_{said.target}" if explaining.wanted.black_box and explaining.task is Task.DETECTION else ""
    return f"{path.stem}_{plain}{number}"


if __name__ == "__main__":
    main()

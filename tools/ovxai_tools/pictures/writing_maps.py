"""Maps of many pictures, written as they come, with a page to look at: the loop of ovxai-explain.

One picture at a time is in memory, and of what is complete only names, classes and scores.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import click

from ovxai_passes.vocabulary import Task
from ovxai_tools.common.exits import OutputError
from ovxai_tools.common.files import publish, staging
from ovxai_tools.common.interrupts import INTERRUPTED, held
from ovxai_tools.common.locks import BusyError, locked
from ovxai_tools.pictures.contact_sheet import figure, page, row
from ovxai_tools.pictures.explaining import Explaining, Said, UnreadableError
from ovxai_tools.pictures.keeping import Record, check_folder, stamp_of

PAGE = "index.html"
_LOCK = ".ovxai-explain.lock"
_LONGEST = 100  # bytes of a picture's name, and of a class's, in names of files; disks take 255 for all


@dataclass(frozen=True)
class Results:
    """Where results go, and of what they are (`about`); `force`: also over files that are there."""

    folder: Path
    about: dict[str, Any]
    force: bool
    title: str


@dataclass
class Written:
    """What was said of the pictures, sentences on those left out, files written, pictures complete before."""

    told: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    files: int = 0
    before: int = 0


def write_maps(explaining: Explaining, files: list[Path], results: Results, quiet: bool) -> Written:
    """Explain pictures into a folder; whatever ends it, what is complete stays, with a page of it.

    An interrupt ends with exit code 130 and a sentence on how to go on. Raises OvxaiError; OutputError also where
    another process is writing there. With nothing complete, nothing is left.
    """
    written = Written()
    with _folder(results.folder):
        try:
            with locked(results.folder / _LOCK, wait=False), staging(results.folder) as staged:
                check_folder(results.folder, results.about, PAGE, results.force)
                record = Record(results.folder, results.about)
                record.begin()
                try:
                    with _bar(files, quiet) as bar:
                        for path in bar:
                            _explain(explaining, path, _Place(staged, record, results.force), written)
                except BaseException as error:
                    with held():
                        _end(record, staged, files, results.title, written, finished=False)
                    if record.kept and isinstance(error, Exception | KeyboardInterrupt):
                        _tell_how_to_go_on(error, record, files)
                    raise
                with held():
                    _end(record, staged, files, results.title, written, finished=True)
        except BusyError:
            raise OutputError(
                f"cannot write to {results.folder}: another ovxai-explain is writing there; choose another folder"
            ) from None
    return written


@contextlib.contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """The folder, made where it is not there, and removed again if nothing came into it."""
    made = [one for one in (folder, *folder.absolute().parents) if not one.exists()]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot write to {folder}: {error.strerror}; choose another folder") from error
        yield
    finally:
        for one in made:
            with contextlib.suppress(OSError):  # it holds something
                one.rmdir()


@contextlib.contextmanager
def _bar(files: list[Path], quiet: bool) -> Iterator[Any]:
    if quiet or not sys.stderr.isatty():
        yield files
        return
    with click.progressbar(files, label="Explaining", file=sys.stderr) as bar:
        yield bar


def _tell_how_to_go_on(error: BaseException, record: Record, files: list[Path]) -> None:
    done = sum(record.complete(path) is not None for path in files)
    there = f"{record.folder} holds the maps of {done} of {len(files)} pictures, and {PAGE} shows them"
    interrupted = isinstance(error, KeyboardInterrupt)
    click.echo(f"{'Interrupted; ' if interrupted else ''}{there}. The same command goes on from there.", err=True)
    if interrupted:
        raise SystemExit(INTERRUPTED) from None


def _end(  # noqa: PLR0913, PLR0917  # what the page is made of
    record: Record, staged: Path, files: list[Path], title: str, written: Written, finished: bool
) -> None:
    """The page of what is complete. The record goes when there is nothing to go on with."""
    if record.kept or finished:
        with (staged / PAGE).open("w", encoding="utf-8") as file:
            file.writelines(page(title, record.rows(files), written.skipped))
        publish(staged, [(staged / PAGE, record.folder / PAGE)])
        written.files += 1
    if finished or not record.kept:
        record.remove()


@dataclass(frozen=True)
class _Place:
    """Where the files of one picture are made, and where they are going."""

    staged: Path
    record: Record
    force: bool


def _explain(explaining: Explaining, path: Path, place: _Place, written: Written) -> None:
    """Explain one picture, unless it is complete."""
    known = place.record.complete(path)
    if known is not None:
        written.before += 1
        written.told += known
        return
    stamp = stamp_of(path)
    try:
        told, part = _drawn(explaining, path, place)
    except UnreadableError as error:
        written.skipped.append(str(error))
        click.echo(f"left out: {error}", err=True)
        return
    names = [name for one in told for name in one["files"]]
    folder = place.record.folder
    _refuse_foreign(folder, names, place)
    place.record.will_write(path, names)
    with held():
        publish(place.staged, [(place.staged / name, folder / name) for name in names])
        place.record.has_written(path, stamp, told, part)
    written.files += len(names)
    written.told += told


def _refuse_foreign(folder: Path, names: list[str], place: _Place) -> None:
    """Raise OutputError where a file is there that no run of this command has written."""
    for name in names:
        if (folder / name).exists() and not place.force and name not in place.record.owned:
            raise OutputError(
                f"cannot write {folder / name}: it exists; choose another folder or give --force to overwrite"
            )


def _drawn(explaining: Explaining, path: Path, place: _Place) -> tuple[list[dict[str, Any]], str]:
    """What is said of a picture, and its part of the page; maps and overlays are in `place.staged`.

    Raises UnreadableError.
    """
    from PIL import Image  # noqa: PLC0415  # an optional extra, imported where used

    picture, found = explaining.picture(path)
    figures, told = [figure(picture, "picture", None)], []
    for said in found:
        stem = _unused(_stem(path, said, explaining), path, place)
        names = [f"{stem}_map.png", f"{stem}_overlay.png"]
        drawn = [Image.fromarray(pixels) for pixels in explaining.drawn(picture, said)]
        for name, one in zip(names, drawn, strict=True):
            one.save(place.staged / name)
        figures.append(figure(drawn[1], said.label, said.score))
        about = {"picture": str(path), "target": said.target, "class": said.label, "score": said.score}
        told.append({**about, "files": names})
    return told, row(str(path), figures)


def _unused(stem: str, path: Path, place: _Place) -> str:
    """A stem that nothing is written as yet: numbered, where pictures or classes have the same name."""
    stems = (stem if number == 1 else f"{stem}_{number}" for number in count(1))
    names = ((one, f"{one}_map.png") for one in stems)
    return next(one for one, name in names if place.record.is_free(name, path) and not (place.staged / name).exists())


def _stem(path: Path, said: Said, explaining: Explaining) -> str:
    """NAME_CLASS for the files of one map; boxes of detections are numbered, for several may be of one class."""
    label = "all" if said.target is None else said.label.split(",", maxsplit=1)[0].strip()
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in label)
    number = f"_{said.target}" if explaining.wanted.black_box and explaining.task is Task.DETECTION else ""
    return f"{_short(path.stem)}_{_short(plain)}{number}"


def _short(name: str) -> str:
    """Part of a name of a file: of UTF-8, and short enough for what comes behind it."""
    text = "".join("_" if 0xD800 <= ord(letter) <= 0xDFFF else letter for letter in name)
    return text.encode()[:_LONGEST].decode(errors="ignore")

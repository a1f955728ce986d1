"""Maps of many pictures, written as they come, with a page to look at: the loop of ovxai-explain.

One picture at a time is in memory, and of what is complete only names, classes and scores.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import click

from ovxai_passes.pictures.encoding import encoded_map, write_picture
from ovxai_passes.vocabulary import Task
from ovxai_tools.common.exits import OutputError
from ovxai_tools.common.files import publish
from ovxai_tools.common.interrupts import INTERRUPTED, deferring_signals
from ovxai_tools.common.progress import counted
from ovxai_tools.common.resumable import check_folder, result_folder
from ovxai_tools.pictures.contact_sheet import figure, page, row
from ovxai_tools.pictures.map_drawing import Backdrop, Style
from ovxai_tools.pictures.picture_run import ClassMap, PictureRun, UnreadableError
from ovxai_tools.pictures.resume_journal import ResumeJournal, stamp_of

PAGE = "index.html"
_LONGEST = 100  # bytes of a picture's name, and of a class's, in names of files; disks take 255 for all


@dataclass(frozen=True)
class Destination:
    """Where results go, and of what they are (`about`); `force`: also over files that are there."""

    folder: Path
    about: dict[str, Any]
    force: bool
    title: str


@dataclass
class RunSummary:
    """The maps of all complete pictures, why pictures were left out, how many files were written.

    `already_complete`: how many pictures an earlier run has done.
    """

    maps: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    files: int = 0
    already_complete: int = 0


def write_maps(run: PictureRun, files: list[Path], destination: Destination, style: Style, quiet: bool) -> RunSummary:
    """Explain pictures into a folder; whatever ends it, what is complete stays, with a page of it.

    An interrupt ends with exit code 130 and a sentence on how to go on. Raises OvxaiError; OutputError also where
    another process is writing there. With nothing complete, nothing is left.
    """
    summary = RunSummary()
    with result_folder(destination.folder, "ovxai-explain") as staged:
        check_folder(destination.folder, destination.about, PAGE, destination.force)
        journal = ResumeJournal(destination.folder, destination.about)
        journal.begin()
        try:
            with counted("Explaining", len(files), quiet) as done:
                for path in files:
                    _explain(run, path, _Workspace(staged, journal, destination.force, style), summary)
                    done(1)
        except BaseException as error:
            with deferring_signals():
                _end(journal, staged, files, destination.title, summary, finished=False)
            if journal.kept and isinstance(error, Exception | KeyboardInterrupt):
                _print_how_to_resume(error, journal, files)
            raise
        with deferring_signals():
            _end(journal, staged, files, destination.title, summary, finished=True)
    return summary


def _print_how_to_resume(error: BaseException, journal: ResumeJournal, files: list[Path]) -> None:
    done = sum(journal.maps_of(path) is not None for path in files)
    there = f"{journal.folder} holds the maps of {done} of {len(files)} pictures, and {PAGE} shows them"
    interrupted = isinstance(error, KeyboardInterrupt)
    click.echo(f"{'Interrupted; ' if interrupted else ''}{there}. The same command goes on from there.", err=True)
    if interrupted:
        raise SystemExit(INTERRUPTED) from None


def _end(  # noqa: PLR0913, PLR0917  # what the page is made of
    journal: ResumeJournal, staged: Path, files: list[Path], title: str, summary: RunSummary, finished: bool
) -> None:
    """The page of what is complete. The journal goes when there is nothing to go on with."""
    if journal.kept or finished:
        with (staged / PAGE).open("w", encoding="utf-8") as file:
            file.writelines(page(title, journal.rows(files), summary.left_out))
        publish(staged, [(staged / PAGE, journal.folder / PAGE)])
        summary.files += 1
    if finished or not journal.kept:
        journal.remove()


@dataclass(frozen=True)
class _Workspace:
    """Where the files of one picture are made, and where they are going; `style`: how."""

    staged: Path
    journal: ResumeJournal
    force: bool
    style: Style


def _explain(run: PictureRun, path: Path, workspace: _Workspace, summary: RunSummary) -> None:
    """Explain one picture, unless it is complete."""
    known = workspace.journal.maps_of(path)
    if known is not None:
        summary.already_complete += 1
        summary.maps += known
        return
    stamp = stamp_of(path)
    try:
        maps, part = _draw(run, path, workspace)
    except UnreadableError as error:
        summary.left_out.append(str(error))
        click.echo(f"left out: {error}", err=True)
        return
    if not maps:
        click.echo(f"{path}: nothing was found in it", err=True)
    names = [name for one in maps for name in one["files"]]
    folder = workspace.journal.folder
    _check_not_foreign(folder, names, workspace)
    workspace.journal.announce(path, names)
    with deferring_signals():
        publish(workspace.staged, [(workspace.staged / name, folder / name) for name in names])
        workspace.journal.add(path, stamp, maps, part)
    summary.files += len(names)
    summary.maps += maps


def _check_not_foreign(folder: Path, names: list[str], workspace: _Workspace) -> None:
    """Raise OutputError where a file is there that no run of this command has written."""
    for name in names:
        if (folder / name).exists() and not workspace.force and name not in workspace.journal.owned:
            raise OutputError(
                f"cannot write {folder / name}: it exists; choose another folder or give --force to overwrite"
            )


def _draw(run: PictureRun, path: Path, workspace: _Workspace) -> tuple[list[dict[str, Any]], str]:
    """The maps of a picture, and its part of the page; their files and overlays are in `workspace.staged`.

    Raises UnreadableError.
    """
    picture, found = run.explain(path)
    backdrop = Backdrop(picture, workspace.style)
    figures, maps = [figure(backdrop.small, "picture", None)], []
    for class_map in found:
        stem = _unused(_stem(path, class_map, run), path, workspace)
        names = [f"{stem}_map.png", f"{stem}_overlay{workspace.style.overlay_kind}"]
        drawn = backdrop.draw(class_map.levels, alone=not run.scaled_together)
        (workspace.staged / names[0]).write_bytes(encoded_map(drawn.levels, drawn.table))
        write_picture(drawn.overlay, workspace.staged / names[1])
        figures.append(figure(drawn.small, class_map.label, class_map.score))
        about = {"picture": str(path), "target": class_map.target, "class": class_map.label, "score": class_map.score}
        maps.append({**about, "files": names})
    return maps, row(str(path), figures)


def _unused(stem: str, path: Path, workspace: _Workspace) -> str:
    """A stem that nothing is written as yet: numbered, where pictures or classes have the same name."""
    stems = (stem if number == 1 else f"{stem}_{number}" for number in count(1))
    names = ((one, f"{one}_map.png") for one in stems)
    return next(
        one for one, name in names if workspace.journal.is_free(name, path) and not (workspace.staged / name).exists()
    )


def _stem(path: Path, class_map: ClassMap, run: PictureRun) -> str:
    """NAME_CLASS for the files of one map; boxes of detections are numbered, for several may be of one class."""
    label = "all" if class_map.target is None else class_map.label.split(",", maxsplit=1)[0].strip()
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in label)
    number = f"_{class_map.target}" if run.settings.black_box and run.task is Task.DETECTION else ""
    return f"{_short(path.stem)}_{_short(plain)}{number}"


def _short(name: str) -> str:
    """Part of a name of a file: of UTF-8, and short enough for what comes behind it."""
    text = "".join("_" if 0xD800 <= ord(letter) <= 0xDFFF else letter for letter in name)
    return text.encode()[:_LONGEST].decode(errors="ignore")

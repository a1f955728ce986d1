"""Maps of many pictures, written as they come, with a page to look at: the loop of ovxai-explain.

One picture at a time is in memory, and of what is complete only names, classes and scores.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from ovxai_tools.common.exits import OutputError
from ovxai_tools.common.files import publish
from ovxai_tools.common.interrupts import INTERRUPTED, deferring_signals
from ovxai_tools.common.progress import counted
from ovxai_tools.common.resumable import check_folder, result_folder
from ovxai_tools.pictures.map_drawing import Style
from ovxai_tools.pictures.page.explain_page import explain_page
from ovxai_tools.pictures.page.facts import PageFacts
from ovxai_tools.pictures.page.images import FOLDER, ImageStore
from ovxai_tools.pictures.picture_run import UnreadableError
from ovxai_tools.pictures.results.page_facts import facts_of
from ovxai_tools.pictures.results.picture_results import Drawer
from ovxai_tools.pictures.results.resume_journal import ResumeJournal, stamp_of
from ovxai_tools.pictures.results.ways import Way

PAGE = "index.html"


@dataclass(frozen=True)
class Destination:
    """Where results go, and of what they are (`about`); `force`: also over files that are there.

    `options`: those of the command line, as the page shows them; `single_file`: the page holds its pictures itself.
    """

    folder: Path
    about: dict[str, Any]
    force: bool
    options: str = ""
    single_file: bool = False


@dataclass
class RunSummary:
    """The maps of all complete pictures, why pictures could not be read, how many files were written.

    `already_complete`: how many pictures an earlier run has done.
    """

    maps: list[dict[str, Any]] = field(default_factory=list)
    unreadable: dict[Path, str] = field(default_factory=dict)
    files: int = 0
    already_complete: int = 0

    @property
    def left_out(self) -> list[str]:
        """A sentence for each picture that was left out."""
        return list(self.unreadable.values())

    @property
    def left_out_by_name(self) -> list[str]:
        """The same with names for paths, for a page that is sent."""
        return [sentence.replace(str(path), path.name) for path, sentence in self.unreadable.items()]


def write_maps(
    ways: Sequence[Way], files: list[Path], destination: Destination, style: Style, quiet: bool
) -> RunSummary:
    """Explain pictures into a folder; whatever ends it, what is complete stays, with a page of it.

    An interrupt ends with exit code 130 and a sentence on how to go on. Raises OvxaiError; OutputError also where
    another process is writing there. With nothing complete, nothing is left.
    """
    summary = RunSummary()
    facts = facts_of(ways, style, destination.options)
    with result_folder(destination.folder, "ovxai-explain") as staged:
        check_folder(destination.folder, destination.about, PAGE, destination.force)
        journal = ResumeJournal(destination.folder, destination.about)
        journal.begin()
        images = ImageStore(None if destination.single_file else staged)
        workspace = _Workspace(journal, destination.force, Drawer(ways, style, staged, images, journal.is_free))
        try:
            with counted("Explaining", len(files), quiet) as done:
                for path in files:
                    _explain(path, workspace, summary)
                    done(1)
        except BaseException as error:
            with deferring_signals():
                _end(workspace, files, facts, summary, finished=False)
            if journal.kept and isinstance(error, Exception | KeyboardInterrupt):
                _print_how_to_resume(error, journal, files)
            raise
        with deferring_signals():
            _end(workspace, files, facts, summary, finished=True)
    return summary


@dataclass(frozen=True)
class _Workspace:
    """What makes the files of pictures, and where they are going."""

    journal: ResumeJournal
    force: bool
    drawer: Drawer


def _print_how_to_resume(error: BaseException, journal: ResumeJournal, files: list[Path]) -> None:
    done = sum(journal.maps_of(path) is not None for path in files)
    there = f"{journal.folder} holds the maps of {done} of {len(files)} pictures, and {PAGE} shows them"
    interrupted = isinstance(error, KeyboardInterrupt)
    click.echo(f"{'Interrupted; ' if interrupted else ''}{there}. The same command goes on from there.", err=True)
    if interrupted:
        raise SystemExit(INTERRUPTED) from None


def _end(workspace: _Workspace, files: list[Path], facts: PageFacts, summary: RunSummary, finished: bool) -> None:
    """The page of what is complete. The journal goes when there is nothing to go on with."""
    journal, staged = workspace.journal, workspace.drawer.staged
    if journal.kept or finished:
        with (staged / PAGE).open("w", encoding="utf-8") as file:
            file.writelines(explain_page(facts, len(journal.kept), journal.shown(files), summary.left_out_by_name))
        publish(staged, [(staged / PAGE, journal.folder / PAGE)])
        summary.files += 1
    with contextlib.suppress(OSError):  # it holds something, or is not there
        (journal.folder / FOLDER).rmdir()
    if finished or not journal.kept:
        journal.remove()


def _explain(path: Path, workspace: _Workspace, summary: RunSummary) -> None:
    """Explain one picture, unless it is complete."""
    journal, drawer = workspace.journal, workspace.drawer
    known = journal.maps_of(path)
    if known is not None:
        summary.already_complete += 1
        summary.maps += known
        return
    stamp = stamp_of(path)
    try:
        results = drawer.draw(path)
    except UnreadableError as error:
        summary.unreadable[path] = str(error)
        click.echo(f"left out: {error}", err=True)
        return
    if not results.maps:
        click.echo(f"{path}: nothing was found in it", err=True)
    names = results.files
    _check_not_foreign(journal.folder, names, workspace)
    journal.announce(path, names)
    if results.shown.files:
        (journal.folder / FOLDER).mkdir(exist_ok=True)
    with deferring_signals():
        publish(drawer.staged, [(drawer.staged / name, journal.folder / name) for name in names])
        journal.add(path, stamp, results)
    summary.files += len(names) - len(results.shown.files)
    summary.maps += results.maps


def _check_not_foreign(folder: Path, names: list[str], workspace: _Workspace) -> None:
    """Raise OutputError where a file is there that no run of this command has written."""
    for name in names:
        if (folder / name).exists() and not workspace.force and name not in workspace.journal.owned:
            raise OutputError(
                f"cannot write {folder / name}: it exists; choose another folder or give --force to overwrite"
            )

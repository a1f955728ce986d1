"""A whole evaluation, into a folder; whatever ends it, the same command goes on from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ovxai_tools.common.exits import OutputError
from ovxai_tools.common.files import publish
from ovxai_tools.common.interrupts import INTERRUPTED
from ovxai_tools.common.progress import counted, stage
from ovxai_tools.common.resumable import check_folder, result_folder
from ovxai_tools.evaluation.compared.baselines import BASELINES, BOX_BASELINES
from ovxai_tools.evaluation.compared.evaluated_model import EvaluatedModel
from ovxai_tools.evaluation.compared.settings import FittingSetting
from ovxai_tools.evaluation.data.picture_set import LabelledPicture
from ovxai_tools.evaluation.page.report_page import PageSubject, report_page
from ovxai_tools.evaluation.prepare import Asked, contestants_of, grid_sets, limited, shown_pictures
from ovxai_tools.evaluation.results.result_files import SUMMARY, Outcome, write_outcome
from ovxai_tools.evaluation.results.rows import RowJournal
from ovxai_tools.evaluation.results.table import standings
from ovxai_tools.evaluation.results.verdict import verdict_of
from ovxai_tools.evaluation.run import Evaluation

PAGE = "index.html"


@dataclass(frozen=True)
class Report:
    """Where results go, and of what they are (`about`); `force`: also over files that are there."""

    folder: Path
    about: dict[str, Any]
    force: bool
    quiet: bool

    def check(self) -> None:
        """Raises OutputError where results cannot be written, before any work is done."""
        check_folder(self.folder, self.about, SUMMARY, self.force)


@dataclass(frozen=True)
class Comparison:
    """What is compared on what. `class_names`: none where they are not known."""

    name: str
    of: EvaluatedModel
    settings: Sequence[FittingSetting]
    pictures: Sequence[LabelledPicture]
    asked: Asked
    class_names: Sequence[str] = ()


def write_report(compared: Comparison, report: Report) -> Outcome:
    """Measure, and write what is found. An interrupt ends with exit code 130. Raises OvxaiError."""
    asked = compared.asked
    with stage("Showing pictures to the model", report.quiet):
        evaluation, notices = _evaluation(compared)
    with_boxes = all(one.boxes for one in evaluation.shown)
    contestants = contestants_of(compared.of, compared.settings, with_boxes, asked)
    try:
        with result_folder(report.folder, "ovxai evaluate") as staged:
            report.check()
            journal = RowJournal(report.folder, report.about)
            journal.begin()
            try:
                with counted("Measuring maps", len(contestants) * evaluation.maps, report.quiet) as done:
                    rows = evaluation.run(contestants, journal, done)
            except KeyboardInterrupt:
                click.echo(
                    f"Interrupted; {report.folder} holds {len(journal.rows)} measured maps. The same command goes on "
                    "from there.",
                    err=True,
                )
                raise SystemExit(INTERRUPTED) from None
            found = standings(rows, [one.name for one in contestants], asked.seed)
            verdict = verdict_of(rows, found, [one.setting for one in compared.settings], asked.seed)
            outcome = Outcome(compared.name, rows, found, verdict, notices)
            names = [*write_outcome(outcome, staged), PAGE]
            own = [one.name for one in contestants if one.name not in {**BASELINES, **BOX_BASELINES}]
            with (staged / PAGE).open("w", encoding="utf-8") as file:
                file.writelines(report_page(PageSubject(outcome, evaluation.shown, own, compared.class_names)))
            publish(staged, [(staged / name, report.folder / name) for name in names])
            journal.remove()
    except OSError as error:
        raise OutputError(f"cannot write to {report.folder}: {error.strerror}; choose another folder") from error
    return outcome


def _evaluation(compared: Comparison) -> tuple[Evaluation, tuple[str, ...]]:
    asked = compared.asked
    chosen = limited(compared.pictures, asked)
    shown = tuple(shown_pictures(compared.of, chosen))
    if not compared.of.is_classifier:
        said = ["GridPG is measured of classifiers only"]
        if compared.of.scored is None:
            said.append("insertion, deletion, ADCC and ROAD are measured where classes have scores")
        return Evaluation(compared.of, shown, (), asked.seed), tuple(said)
    if not asked.grids:
        return Evaluation(compared.of, shown, (), asked.seed), ()
    if any(one.label is None for one in chosen):
        return Evaluation(compared.of, shown, (), asked.seed), (
            "no grids: which pictures the model gets right is not known of pictures without classes (--labels)",
        )
    grids, notices = grid_sets(compared.of, shown, asked)
    return Evaluation(compared.of, shown, grids, asked.seed), notices

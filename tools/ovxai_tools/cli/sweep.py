"""ovxai-sweep: which of many models can be explained, and how."""

from __future__ import annotations

from pathlib import Path

import click

from ovxai_passes import __version__
from ovxai_passes.model_info.shapes import StatedShape
from ovxai_tools.checks.model_sweep import Limits
from ovxai_tools.checks.sweep_report import examined, find_models, read_report, summary, write_report
from ovxai_tools.common.click_types import NamedPath, NumberRange
from ovxai_tools.common.command_line.exit_codes import FAILED
from ovxai_tools.common.command_line.help_page import PagedCommand
from ovxai_tools.common.command_line.pages import SWEEP_PAGE
from ovxai_tools.common.exits import with_exit_codes
from ovxai_tools.common.shared_options import shape_option


@click.command(cls=PagedCommand, page=SWEEP_PAGE)
@click.argument("sources", metavar="DIR_OR_FILES...", nargs=-1, required=True, type=NamedPath())
@click.option("--out", type=NamedPath(), required=True, metavar="FILE.csv", help="The report, a row a model.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", default=1, show_default=True, help="Models at a time.")
@click.option(
    "--timeout", type=NumberRange(min=1), metavar="SECONDS", default=300, show_default=True, help="Seconds for a model."
)
@click.option(
    "--memory", type=NumberRange(min=1), metavar="GIB", default=16, show_default=True, help="GiB for a model."
)
@click.option(
    "--runs", type=click.IntRange(min=0), metavar="N", default=5, show_default=True, help="Timed runs; 0: no ratio."
)
@shape_option
@click.option("--again", is_flag=True, help="Look again at models that are in the report and are not ok.")
@click.option("--force", is_flag=True, help="Begin anew, whatever the report holds.")
@click.option("-q", "--quiet", is_flag=True, help="No progress bar, no summary.")
@click.version_option(__version__, prog_name="ovxai-sweep")
@with_exit_codes
def main(  # noqa: PLR0913, PLR0917  # one parameter an option
    sources: tuple[Path, ...],
    out: Path,
    jobs: int,
    timeout: float,
    memory: float,
    runs: int,
    shapes: tuple[StatedShape, ...],
    again: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Transform, verify and time every model of some folders, each in a process of its own.

    Nothing is written but the report. It is kept up to date model by model: an interrupted sweep goes on where it
    ended when the same command is given again; with other shapes (--shape), give another report or --force.
    """
    models = find_models(sources)
    rows = {} if force else read_report(out)
    todo = [path for path in models if str(path) not in rows or (again and rows[str(path)]["status"] != "ok")]
    write_report(out, list(rows.values()))  # now, so that a report that cannot be written is told before the work
    limits = Limits(timeout, memory, runs, tuple(one.text for one in shapes))
    try:
        with click.progressbar(length=len(todo), label="Sweeping", hidden=quiet, item_show_func=_last_name) as bar:
            for row in examined(todo, limits, jobs):
                rows[row["model"]] = row
                write_report(out, [rows[name] for name in sorted(rows)])
                bar.update(1, row["model"])
    except KeyboardInterrupt:
        click.echo(f"\nInterrupted; {out} holds {len(rows)} models. The same command goes on from there.", err=True)
        raise SystemExit(130) from None
    chosen = [rows[str(path)] for path in models]
    if not quiet:
        click.echo("\n".join(summary(chosen)))
    if any(row["status"] != "ok" for row in chosen):
        raise SystemExit(FAILED)


def _last_name(name: str | None) -> str:
    return "" if name is None else Path(name).name


if __name__ == "__main__":
    main()

"""Printing the report of an insertion."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from ovxai_patterns.wording import counted

from ovxai_passes.report import Report
from ovxai_passes.vocabulary import Contrast
from ovxai_tools.common.exits import told

_UNDER, _TIMES = 0.001, 2.0
"""Costs, in the model's multiply-adds: below the first they are said to be small, from the second on as a multiple."""

_SHOWN = {
    "saliency_map_size": "size",
    "threshold": "0 below",
    "output_dtype": "0 to 1 in",
    "colormap": "in colours",
    "overlay": "over the picture with weight",
}


@dataclass(frozen=True)
class PrintStyle:
    """How a report is printed: as JSON, not at all, or with more words."""

    as_json: bool
    quiet: bool
    verbose: bool


def print_notice(source: str, notice: str, files: Sequence[Path], style: PrintStyle) -> None:
    """Print what was done with a model that gets no report, and wrote `files`."""
    if style.as_json:
        click.echo(json.dumps({"input": source, "notices": [notice], "files": _paths(files)}, indent=1))
    elif not style.quiet:
        click.echo(notice)


@dataclass(frozen=True)
class Outcome:
    """What became of an insertion. `verified`: what held; `files`: those written; `message`: the same, as a line.

    `planned`: nothing was done to the model, and the story behind the choice is printed.
    """

    verified: Sequence[str]
    files: Sequence[Path]
    message: str
    planned: bool


def print_report(report: Report, outcome: Outcome, style: PrintStyle) -> None:
    """Print a report, and what became of it."""
    if style.as_json:
        more = {"verified": list(outcome.verified), "files": _paths(outcome.files), "planned": outcome.planned}
        click.echo(json.dumps(_with_flags(report.as_dict() | more), indent=1))
        return
    if style.quiet:
        return
    lines = [f"task:         {report.task}", *_of_map(report)]
    for one in report.further:
        lines += [f"output:       {one.output}", *_of_map(one)]
    if report.further:
        lines.append(f"cost of all:  {_cost(report.total_cost)}")
    if report.ops_growth is not None and report.bin_growth is not None:
        lines.append(f"growth:       {_size(report.bin_growth)} of .bin, {counted(report.ops_growth, 'operation')}")
        lines += [f"trimmed:      {counted(report.trimmed, 'operation')}"] if report.trimmed else []
        lines.append(f"seconds:      {report.seconds:.2f}")
    if outcome.planned and not style.verbose:  # -v has logged it already
        lines += [f"why:          {told(line)}" for line in report.story]
        lines += [f"why:          {one.output}: {told(line)}" for one in report.further for line in one.story]
    lines += [f"notice:       {told(line)}" for line in report.all_notices]
    lines += [f"verified:     {line}" for line in outcome.verified]
    click.echo("\n".join([*lines, outcome.message]))


def _of_map(report: Report) -> list[str]:
    """What is said of one map; what says nothing is left out."""
    grid = "x".join(str(size) for size in report.grid)
    return [
        f"method:       {report.method}{_how(report)}",
        f"read-out:     {report.readout}",
        f"target layer: {report.target.name} ({report.target.type} {report.target.shape})",
        *([f"found by:     {report.found_by}"] if report.found_by else []),
        f"grid:         {f'dynamic ({grid} at the size that was assumed)' if report.dynamic else grid}",
        *(
            f"level:        {level.name} ({level.type} {level.shape}), grid {level.grid[0]}x{level.grid[1]}"
            + (f", {level.anchors} anchors a place" if level.anchors > 1 else "")
            for level in report.levels
        ),
        *([f"kept tokens:  {report.kept_tokens}"] if report.mask and report.kept_tokens else []),
        *([f"classes:      {report.classes}{_with_maps(report)}"] if report.classes else []),
        *([f"contrast:     {report.contrast}{_compared(report)}"] if report.contrast != Contrast.NONE.value else []),
        f"scaling:      {report.scaling}{_as_shown(report)}",
        *([f"multiplied out: {counted(report.multiplied_out, 'operation')}"] if report.multiplied_out else []),
        f"cost:         {_cost(report.cost)}",
    ]


def _how(report: Report) -> str:
    """How a method makes its map: with which masks, or of which gradients."""
    if report.mask:
        return f", k={report.k}, mask {report.mask}"
    level = "" if report.level is None else f", level {report.level}"
    return level + (f", gradients of the {report.gradient_of}" if report.gradient_of else "")


def _cost(times: float) -> str:
    """Multiply-adds that maps take more, `times` those of the model."""
    if times < _UNDER:
        return "under 0.1 % more multiply-adds"
    if times < _TIMES:
        return f"{100 * times:.{1 if times < _UNDER * 100 else 0}f} % more multiply-adds"
    return f"{times:.1f} times the model's multiply-adds more"


def _size(count: int) -> str:
    """Bytes, as people count them."""
    if count < 1 << 10:
        return counted(count, "byte")
    return f"{count / (1 << 10):.1f} KiB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MiB"


def _paths(files: Sequence[Path]) -> list[str]:
    return [str(path) for path in files]


def _with_flags(said: Any) -> Any:
    """Plain values with options in their sentences as the command line calls them."""
    if isinstance(said, dict):
        return {name: _with_flags(value) for name, value in said.items()}
    if isinstance(said, (list, tuple)):
        return [_with_flags(one) for one in said]
    return told(said) if isinstance(said, str) else said


def _compared(report: Report) -> str:
    """What a contrast costs where some classes alone have maps."""
    is_part = report.chosen is not None or report.top_k is not None
    return f" (the scores of all {report.classes} classes are computed)" if is_part else ""


def _as_shown(report: Report) -> str:
    """What is made of scaled maps."""
    said = {name: report.options[name] for name in _SHOWN if name in report.options}
    return "".join(f", {_SHOWN[name]} {value}" for name, value in said.items())


def _with_maps(report: Report) -> str:
    if report.top_k is not None:
        best = "best class" if report.top_k == 1 else f"best {report.top_k}"
        return f", maps for the {best} of each image"
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
    texts = [f"{part[0]} to {part[-1]}" if len(part) > 2 else ", ".join(map(str, part)) for part in parts]
    return ", ".join(texts)

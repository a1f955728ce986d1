"""Printing the report of an insertion."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import click

from ovxai_passes.report import Report
from ovxai_passes.vocabulary import Contrast

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


def print_notice(source: str, notice: str, style: PrintStyle) -> None:
    """Print what was done with a model that gets no report."""
    if style.as_json:
        click.echo(json.dumps({"input": source, "notices": [notice]}, indent=1))
    elif not style.quiet:
        click.echo(notice)


def print_report(report: Report, style: PrintStyle, verified: Sequence[str], message: str, planned: bool) -> None:
    """Print a report, what was `verified`, and what was written (`message`).

    `planned`: nothing was done to the model, and the story behind the choice is printed.
    """
    if style.as_json:
        click.echo(json.dumps(report.as_dict() | {"verified": list(verified)}, indent=1))
        return
    if style.quiet:
        return
    lines = [f"task:         {report.task}", *_of_map(report)]
    for one in report.further:
        lines += [f"output:       {one.output}", *_of_map(one)]
    if report.further:
        lines.append(f"cost of all:  {report.total_cost:.3f} times the model's multiply-adds")
    if report.ops_growth is not None and report.bin_growth is not None:
        lines.append(f"growth:       {report.bin_growth} bytes of .bin, {report.ops_growth} operations")
        lines += [f"trimmed:      {report.trimmed} operations"] if report.trimmed else []
        lines.append(f"seconds:      {report.seconds:.2f}")
    if planned and not style.verbose:  # -v has logged it already
        lines += [f"why:          {line}" for line in report.story]
        lines += [f"why:          {one.output}: {line}" for one in report.further for line in one.story]
    lines += [f"notice:       {line}" for line in report.all_notices]
    lines += [f"verified:     {line}" for line in verified]
    click.echo("\n".join([*lines, message]))


def _of_map(report: Report) -> list[str]:
    """What is said of one map."""
    grid = "x".join(str(size) for size in report.grid)
    masked = f", k={report.k}, mask {report.mask}" if report.mask else ""
    return [
        f"method:       {report.method}{masked}",
        f"read-out:     {report.readout}",
        f"target layer: {report.target.name} ({report.target.type} {report.target.shape})",
        *([f"found by:     {report.found_by}"] if report.found_by else []),
        f"grid:         {f'dynamic ({grid} at the size that was assumed)' if report.dynamic else grid}",
        *(
            f"level:        {level.name} ({level.type} {level.shape}), grid {level.grid[0]}x{level.grid[1]}, "
            f"anchors {level.anchors}"
            for level in report.levels
        ),
        *([f"kept tokens:  {report.kept_tokens}"] if report.mask else []),
        *([f"classes:      {report.classes}{_with_maps(report)}"] if report.classes else []),
        *([f"contrast:     {report.contrast}{_compared(report)}"] if report.contrast != Contrast.NONE.value else []),
        f"scaling:      {report.scaling}{_as_shown(report)}",
        *([f"multiplied out: {report.multiplied_out} operations"] if report.mask else []),
        f"cost:         {report.cost:.3f} times the model's multiply-adds",
    ]


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
    texts = [f"{part[0]} to {part[-1]}" if len(part) > 2 else ", ".join(map(str, part)) for part in parts]
    return ", ".join(texts)

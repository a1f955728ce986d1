"""The file that a graph is drawn to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import openvino as ov

from ovxai_passes.passes.state import InsertionState
from ovxai_tools.common.exits import OutputError
from ovxai_tools.plots.insertion import diagram_of
from ovxai_tools.plots.svg import svg_of


def check_plot_name(path: Path) -> None:
    """Raises OutputError where a name does not say that the file is SVG."""
    if path.suffix.lower() != ".svg":
        raise OutputError(f"cannot write {path}: the graph is drawn as SVG; give a name that ends in .svg")


def write_plot(folder: Path, source: str, model: ov.Model, states: Sequence[InsertionState]) -> Path:
    """Draw the insertion into the model read from `source` in a file of `folder`, which is returned. Raises OSError."""
    drawn = folder / "plot.svg"
    name = source.replace("\\", "/").rpartition("/")[2]
    drawn.write_text(svg_of(diagram_of(model, name, states)), encoding="utf-8")
    return drawn

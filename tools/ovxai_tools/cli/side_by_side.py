"""How fast explanations, metrics and black boxes are beside openvino_xai.

    python -m venv peer && peer/bin/pip install openvino-xai==1.1.0
    python -m ovxai_tools.cli.side_by_side peer/bin/python model.xml folder_of_pictures

The model is a classifier of 224x224 RGB pictures, (pixel - 127) / 128, that has a class 281.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click
import numpy as np

from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.pictures.resizing import resize_picture
from ovxai_tools.checks.side_by_side import Side, compared
from ovxai_tools.common.click_types import NamedPath
from ovxai_tools.common.command_line.help_page import HelpPage, PagedCommand
from ovxai_tools.common.exits import with_exit_codes
from ovxai_tools.pictures.picture_files import picture_files

_PICTURES = 20


@click.command(cls=PagedCommand, page=HelpPage())
@click.argument("python", metavar="PYTHON")
@click.argument("model", type=NamedPath())
@click.argument("images", type=NamedPath())
@click.option(
    "--rounds", type=click.IntRange(min=1), metavar="N", default=5, show_default=True, help="Timed runs of each task."
)
@click.option("--only", multiple=True, metavar="TEXT", help="Tasks whose name holds this.")
@click.option("--package", metavar="NAME", default="openvino_xai", show_default=True, help="What PYTHON has.")
@with_exit_codes
def main(python: str, model: Path, images: Path, rounds: int, only: tuple[str, ...], package: str) -> None:  # noqa: PLR0913, PLR0917
    """Time this package and the one that PYTHON has, at the same tasks, in turns. Prints medians in seconds."""
    found = [read_picture(path) for path in picture_files([images])[:_PICTURES]]
    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder) / "pictures.npz"
        small, large = (np.stack([resize_picture(one, size) for one in found]) for size in ((224, 224), (480, 640)))
        np.savez(pictures, small=small, large=large)
        sides = [Side(python, package), Side(sys.executable, "ovxai_passes")]
        click.echo(f"{'task':34}{package:>14}{'ovxai_passes':>14}  times as fast")
        for one in compared(sides, model, pictures, rounds, only):
            click.echo(f"{one.task:34}{one.seconds[0]:14.3f}{one.seconds[1]:14.3f}{one.ratio:10.2f}")


if __name__ == "__main__":
    main()

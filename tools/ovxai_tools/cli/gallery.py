"""What maps say about classes that are in a picture, and about one that is not.

    python -m ovxai_tools.cli.gallery demo:vit OUT.png

A picture with two labelled objects. One row each for the best class, the class of the other object, and a class that is
absent; in a row the picture, the map scaled by itself, that map laid over the picture, and the map laid over the
picture when all classes of the image are scaled together: only then the absent class looks as weak as it is.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.insert import insert
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.model_info.read import read_model
from ovxai_passes.ops.precision import F32
from ovxai_passes.options import Options
from ovxai_passes.pictures.encoding import encoded_small
from ovxai_passes.vocabulary import Scaling
from ovxai_tools.common.click_types import NamedPath
from ovxai_tools.common.command_line.help_page import HelpPage, PagedCommand
from ovxai_tools.common.exits import OutputError, with_exit_codes
from ovxai_tools.common.files import check_output, publish, staging
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.shapes import LABELS, make_pair
from ovxai_tools.pictures.panels import cells, laid_over, strip
from ovxai_tools.pictures.picture_files import check_extras

Floats = npt.NDArray[np.float32]
Levels = npt.NDArray[np.uint8]

_COLOURS = 256  # of the picture: a quarter of the bytes


@click.command(cls=PagedCommand, page=HelpPage())
@click.argument("model", metavar="demo:NAME")
@click.argument("target", metavar="OUT.png", type=NamedPath())
@click.option("--labels", metavar="NAME,NAME", default="star,ring", show_default=True, help="The two objects.")
@click.option(
    "--absent",
    type=click.Choice(LABELS),
    metavar="NAME",
    default="heart",
    show_default=True,
    help="The class that is absent.",
)
@click.option("--picture", metavar="NUMBER", default=0, show_default=True, help="Number of the picture.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@with_exit_codes
def main(model: str, target: Path, labels: str, absent: str, picture: int, force: bool) -> None:  # noqa: PLR0913, PLR0917
    """Draw the gallery of one demo classifier."""
    chosen = [label.strip() for label in labels.split(",")]
    if len(chosen) != 2 or not set(chosen) <= set(LABELS):
        raise click.BadParameter(f"two of {', '.join(LABELS)}, with a comma between them", param_hint="--labels")
    check_extras()
    if target.suffix.lower() != ".png":
        raise OutputError(f"cannot write {target}: the gallery is a PNG; give a name that ends in .png")
    check_output(target, force)
    path = demo.classifier_path(model)
    numbers = LABELS.index(chosen[0]), LABELS.index(chosen[1])
    pixels = make_pair(picture, numbers)[0].pixels
    image = pixels.transpose(2, 0, 1)[None].astype(np.float32)
    alone, joint = (_answers(path, scaling, image) for scaling in (Scaling.MAP, Scaling.JOINT))
    with staging(target.parent) as folder:
        _draw(pixels, alone, joint, [*numbers, LABELS.index(absent)], folder / "gallery.png")
        publish(folder, [(folder / "gallery.png", target)])


def _answers(path: Path, scaling: Scaling, image: Floats) -> tuple[Floats, Levels]:
    """The scores [K] of a picture [1,3,H,W], and the maps [K,h,w]."""
    compiled = ov.compile_model(insert(read_model(path), Options(scaling=scaling)).model, "CPU", F32)
    results = compiled(image)
    return np.array(results[0][0]), np.array(results[OUTPUT_NAME][0])


def _draw(
    pixels: Levels, alone: tuple[Floats, Levels], joint: tuple[Floats, Levels], classes: list[int], path: Path
) -> None:
    scores = alone[0]
    ranked = sorted(classes[:2], key=lambda number: -scores[number])
    names = ("best class", "other object", "absent class")
    rows = []
    for number, name in zip([*ranked, classes[2]], names, strict=True):
        maps = alone[1][number], joint[1][number]
        parts = [pixels, cells(maps[0]), *(laid_over(pixels, levels) for levels in maps)]
        caption = (
            f"{name}: {LABELS[number]}, score {scores[number]:.2f}   (picture; map; map laid over; scaled jointly)"
        )
        rows.append(strip(parts, 1, caption))
    path.write_bytes(encoded_small(np.concatenate(rows), _COLOURS))


if __name__ == "__main__":
    main()

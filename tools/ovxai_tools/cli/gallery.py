"""What maps say about classes that are in a picture, and about one that is not.

    python -m ovxai_tools.cli.gallery demo:vit OUT.jpg

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
from ovxai_passes.pictures.encoding import write_picture
from ovxai_passes.vocabulary import Scaling
from ovxai_tools.common.click_types import NamedPath
from ovxai_tools.common.command_line.help_page import HelpPage, PagedCommand
from ovxai_tools.common.exits import with_exit_codes
from ovxai_tools.common.files import check_output, publish, staging
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.shapes import LABELS, make_pair
from ovxai_tools.pictures.picture_files import check_extras, check_picture_name
from ovxai_tools.pictures.previews.certainty import Certainty
from ovxai_tools.pictures.previews.legend import legend_of
from ovxai_tools.pictures.previews.panels import Bar, Panel, Strip, map_panel, overlay_panel, rows

Floats = npt.NDArray[np.float32]
Levels = npt.NDArray[np.uint8]


@click.command(cls=PagedCommand, page=HelpPage())
@click.argument("model", metavar="demo:NAME")
@click.argument("target", metavar="FILE", type=NamedPath())
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
    check_picture_name(target)
    check_output(target, force)
    path = demo.classifier_path(model)
    numbers = LABELS.index(chosen[0]), LABELS.index(chosen[1])
    pixels = make_pair(picture, numbers)[0].pixels
    image = pixels.transpose(2, 0, 1)[None].astype(np.float32)
    alone, joint = (_answers(path, scaling, image) for scaling in (Scaling.MAP, Scaling.JOINT))
    with staging(target.parent) as folder:
        drawn = folder / f"gallery{target.suffix}"
        write_picture(_drawn(pixels, alone, joint, [*numbers, LABELS.index(absent)]), drawn)
        publish(folder, [(drawn, target)])


def _answers(path: Path, scaling: Scaling, image: Floats) -> tuple[Floats, Levels]:
    """The scores [K] of a picture [1,3,H,W], and the maps [K,h,w]."""
    compiled = ov.compile_model(insert(read_model(path), Options(scaling=scaling)).model, "CPU", F32)
    results = compiled(image)
    return np.array(results[0][0]), np.array(results[OUTPUT_NAME][0])


def _drawn(pixels: Levels, alone: tuple[Floats, Levels], joint: tuple[Floats, Levels], classes: list[int]) -> Levels:
    certainty = Certainty.of(alone[0].astype(np.float64), None)
    ranked = sorted(classes[:2], key=lambda number: -certainty.values[number])
    roles = ("the best class", "another object", "a class that is absent")
    bars = (Bar(legend_of(Scaling.MAP.value, (0, 255)), 1, 2), Bar(legend_of(Scaling.JOINT.value, (0, 255)), 3))
    strips = []
    for number, role in zip([*ranked, classes[2]], roles, strict=True):
        maps, badge = (alone[1][number], joint[1][number]), "" if certainty.is_seen(number) else certainty.text(number)
        panels = (
            Panel("Picture", pixels),
            map_panel(f'Map of "{LABELS[number]}"', pixels, maps[0], badge=badge),
            overlay_panel("Overlay", pixels, maps[0], badge=badge),
            overlay_panel("Overlay, all classes on one scale", pixels, maps[1], badge=badge),
        )
        strips.append(Strip(panels, f"{LABELS[number]}, {certainty.text(number)}", role, bars))
    return rows([strip.drawn() for strip in strips])


if __name__ == "__main__":
    main()

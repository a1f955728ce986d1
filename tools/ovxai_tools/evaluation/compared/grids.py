"""GridPG: pictures tiled, of different classes; the share of a class's map that lies in its own cell.

The crops are of the model's input size, of pictures that it classifies right with p > 0.6, and the model is reshaped to
n times its input; where it cannot be, the tiles are made smaller. Rao, Böhle, Schiele, Towards Better Understanding
Attribution Methods, arXiv 2205.10435; Böhle et al., Convolutional Dynamic Alignment Networks, arXiv 2104.00032.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ovxai_passes.errors import OptionError
from ovxai_passes.pictures.resizing import resize_picture
from ovxai_tools.evaluation.compared.evaluated_model import EvaluatedModel
from ovxai_tools.evaluation.compared.shown import Levels, Shown
from ovxai_tools.pictures.fitting import Box

SURE = 0.6


@dataclass(frozen=True)
class Tile:
    """A picture of the input's size that the model is sure of, and its class."""

    pixels: Levels
    label: int


def sure_tiles(of: EvaluatedModel, shown: Sequence[Shown]) -> list[Tile]:
    """The pictures that a classifier gets right with p > 0.6. Raises OptionError where there is none."""
    scores = of.scores(one.pixels for one in shown)
    found = [
        Tile(one.pixels, one.target)
        for one, row in zip(shown, scores, strict=True)
        if int(row.argmax()) == one.target and row[one.target] > SURE
    ]
    if not found:
        right = int((scores.argmax(1) == [one.target for one in shown]).sum())
        raise OptionError(
            f"the model gets none of {len(shown)} pictures right with p > {SURE} ({right} right at all): are --labels, "
            "--mean, --scale and --bgr those that it was trained with?"
        )
    return found


def grids_of(tiles: Sequence[Tile], side: int, size: tuple[int, int], count: int, seed: int) -> Iterator[list[Shown]]:
    """Grids of side x side tiles of different classes at `size` (H, W), each shown once for every cell.

    Each class is drawn as often as every other. Raises OptionError where there are too few classes.
    """
    by_class: dict[int, list[Tile]] = defaultdict(list)
    for tile in tiles:
        by_class[tile.label].append(tile)
    if len(by_class) < side**2:
        raise OptionError(
            f"a grid of {side}x{side} takes pictures of {side**2} classes, and the model is sure of pictures of "
            f"{len(by_class)}: give pictures of more classes"
        )
    rng = np.random.default_rng((seed, side))
    for number in range(count):
        classes = rng.choice(sorted(by_class), side**2, replace=False)
        chosen = [by_class[label][rng.integers(len(by_class[label]))] for label in classes]
        yield list(_cells(f"grid {side}x{side} {number}", chosen, side, size))


def _cells(key: str, chosen: Sequence[Tile], side: int, size: tuple[int, int]) -> Iterator[Shown]:
    height, width = size
    picture = np.empty((height, width, 3), np.uint8)
    tops = [height * number // side for number in range(side + 1)]
    lefts = [width * number // side for number in range(side + 1)]
    boxes = []
    for number, tile in enumerate(chosen):
        row, column = divmod(number, side)
        y, x = slice(tops[row], tops[row + 1]), slice(lefts[column], lefts[column + 1])
        picture[y, x] = resize_picture(tile.pixels, (y.stop - y.start, x.stop - x.start))
        boxes.append((float(x.start), float(y.start), float(x.stop), float(y.stop)))
    for tile, box in zip(chosen, boxes, strict=True):
        yield Shown(key, picture, tile.label, Box(0, 0, height, width), (box,))

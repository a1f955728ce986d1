"""From a model and pictures to what is measured: the pictures as the model is shown them, grids, contestants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.black_box.running import Preset
from ovxai_passes.insert import insert
from ovxai_tools.evaluation.compared.baselines import BASELINES, BOX_BASELINES
from ovxai_tools.evaluation.compared.black_boxes import black_boxes
from ovxai_tools.evaluation.compared.contestants import BaselineContestant, Contestant, MethodContestant
from ovxai_tools.evaluation.compared.evaluated_model import EvaluatedModel
from ovxai_tools.evaluation.compared.grids import grids_of, sure_tiles
from ovxai_tools.evaluation.compared.settings import FittingSetting, Setting, own_settings
from ovxai_tools.evaluation.compared.shown import Shown, shown_of
from ovxai_tools.evaluation.data.picture_set import LabelledPicture
from ovxai_tools.evaluation.run import GridSet

SIDES = (2, 3)


@dataclass(frozen=True)
class Asked:
    """What a user asks for. `settings`: none for all that fit; `grids`: of each size; `limit`: of pictures.

    `black_box`: RISE and AISE with this preset, too.
    """

    settings: tuple[Setting, ...]
    limit: int
    grids: int
    seed: int
    black_box: Preset | None = None


def fitting_settings(of: EvaluatedModel, settings: Sequence[Setting]) -> list[FittingSetting]:
    """The default, and the settings asked for, or all that fit. Raises as `insert` does."""
    own = own_settings(of.model, of.task)
    if not settings:
        return list(own)
    return [next(own), *(FittingSetting(one, insert(of.model, one.options)) for one in dict.fromkeys(settings))]


def limited(pictures: Sequence[LabelledPicture], asked: Asked) -> list[LabelledPicture]:
    """So many of the pictures, drawn by the seed, in their order."""
    if len(pictures) <= asked.limit:
        return list(pictures)
    chosen = np.random.default_rng(asked.seed).choice(len(pictures), asked.limit, replace=False)
    return [pictures[number] for number in sorted(chosen)]


def shown_pictures(of: EvaluatedModel, pictures: Sequence[LabelledPicture]) -> list[Shown]:
    """Each picture with its class: of a classifier its label, else the best; of a detector each class with a box.

    Raises OptionError for pictures that cannot be read, and for a detector without boxes.
    """
    if of.is_classifier:
        return [_of_classifier(of, one) for one in pictures]
    found = [
        shown_of(one.name, pixels, of.input.fit_of(pixels), label, one.boxes_of(label))
        for one, pixels in ((one, one.pixels()) for one in pictures)
        for label in sorted({label for label, _ in one.boxes})
    ]
    if not found:
        raise OptionError("a detector is asked about the classes in a picture, which boxes name: give --boxes")
    return found


def _of_classifier(of: EvaluatedModel, one: LabelledPicture) -> Shown:
    pixels = one.pixels()
    fit = of.input.fit_of(pixels)
    label = one.label
    if label is None:
        label = int(of.scores([fit.onto_input(pixels)])[0].argmax())
    return shown_of(one.name, pixels, fit, label, one.boxes_of(label))


def grid_sets(of: EvaluatedModel, shown: Sequence[Shown], asked: Asked) -> tuple[tuple[GridSet, ...], tuple[str, ...]]:
    """Grids for a classifier whose pictures are labelled, and notices on what there is none of.

    Raises OptionError where the model gets no picture right, or where all pictures are of one class.
    """
    tiles = sure_tiles(of, shown)
    labels = {tile.label for tile in tiles}
    if len(labels) == 1:
        raise OptionError(
            f"all pictures that the model is sure of are of class {labels.pop()}: GridPG compares classes, so give "
            "pictures of four classes or more, or --grids 0 to leave it out"
        )
    found: list[GridSet] = []
    notices: list[str] = []
    for side in SIDES:
        if len(labels) < side**2:
            notices.append(f"no grids of {side}x{side}: the model is sure of pictures of {len(labels)} classes")
            continue
        larger = of.enlarged(side)
        if larger is None:
            notices.append(f"grids of {side}x{side} are of smaller pictures: the model takes no larger input")
        shown_to = larger or of
        cells = tuple(map(tuple, grids_of(tiles, side, shown_to.input.size, asked.grids, asked.seed)))
        found.append(GridSet(side, shown_to, cells))
    return tuple(found), tuple(notices)


def contestants_of(
    of: EvaluatedModel, settings: Sequence[FittingSetting], with_boxes: bool, asked: Asked
) -> list[Contestant]:
    """The settings, then the black boxes asked for, then the baselines. Raises OptionError, MissingExtraError."""
    if asked.black_box is not None and not of.is_classifier:
        raise OptionError("--black-box compares classifiers: black boxes explain the boxes of detectors, not classes")
    baselines = {**BASELINES, **(BOX_BASELINES if with_boxes else {})}
    return [
        *(MethodContestant(of, one) for one in settings),
        *(() if asked.black_box is None else black_boxes(of, asked.black_box)),
        *(BaselineContestant(name, baseline, asked.seed) for name, baseline in baselines.items()),
    ]

"""What a search for the target finds."""

from __future__ import annotations

from dataclasses import dataclass

from ovxai_patterns.analysis.graph import Edge, TensorId
from ovxai_patterns.analysis.grid_source import GridSource
from ovxai_patterns.analysis.positions import Positions
from ovxai_patterns.classifier.readout import ReadOut
from ovxai_patterns.classifier.scores import Scores
from ovxai_patterns.matchers.pattern import DATAFLOW


@dataclass(frozen=True)
class Site:
    """Where and how a model is explained; valid for the model it was found in and for clones of it.

    `positions`: grid position of every entry of `target` (-1: kept token), size 1 on batch and channel axes.
    `masked`: the edges at which a mask over positions multiplies what is read; all of them carry tensors of `target`'s
    shape. `k`: number of blocks re-run, 0 where the mask meets what is read out. `story`: why this place, a line each.
    `dynamic`: whether the grid is known at inference only; `positions` then are those of a picture of the size that the
    analysis assumes (`assumed.py`). `grid_source`: what tells the grid at another size of the picture. `found_by`: the
    name of the pattern that proposed the target; DATAFLOW where none did, empty where the target was named.
    """

    readout: ReadOut
    target: TensorId
    positions: Positions
    masked: tuple[Edge, ...]
    k: int
    scores: Scores
    story: tuple[str, ...]
    grid_source: GridSource
    notices: tuple[str, ...] = ()
    dynamic: bool = False
    found_by: str = DATAFLOW


@dataclass(frozen=True)
class NoSite:
    """Why there is no target: one sentence, what was nearly matched, and layers that could be named instead."""

    reason: str
    near_misses: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()

"""The definition of LayerCAM times the share of the class at the last map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ovxai_passes.reference.contrast import contrast_definition
from ovxai_passes.reference.given import Given
from ovxai_passes.reference.gradient.layercam import definition as layercam
from ovxai_passes.vocabulary import Contrast


def definition(given: Given) -> npt.NDArray[np.float32]:
    """The raw map [N,k,h,w] f32."""
    site = given.target.site
    assert site is not None, "a classifier has a site"
    fine = np.maximum(layercam(given), 0)
    last = replace(given, target=replace(given.target, layer=site.target))
    every = contrast_definition(last, Contrast.SHARE, given.multi_label)
    shares = every if given.classes is None else np.take_along_axis(every, given.classes[:, :, None], 1)
    rows, columns = (_between(old, new) for old, new in zip(site.positions.grid, fine.shape[2:], strict=True))
    laid = shares.reshape(*shares.shape[:2], *site.positions.grid)
    return np.asarray(fine * np.einsum("yh,nkhw,xw->nkyx", rows, laid, columns), np.float32)


def _between(old: int, new: int) -> npt.NDArray[np.float64]:
    """What each of `old` cells counts for each of `new` ones along an axis: linear between the middles of cells."""
    places = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    return np.maximum(1 - np.abs(places[:, None] - np.arange(old)), 0)

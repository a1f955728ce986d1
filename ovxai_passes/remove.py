"""A model without the map that was inserted into it."""

from __future__ import annotations

import os

import openvino as ov

from ovxai_passes.model_info.preparation import INFO
from ovxai_passes.model_info.read import model_given
from ovxai_passes.passes.remove_saliency_map import RemoveSaliencyMap
from ovxai_passes.passes.state import run_stages


def remove_xai(model: ov.Model | str | os.PathLike[str]) -> ov.Model:
    """The model as it was before `insert_xai`: operations, weights and rt_info are equal to those that were read.

    `model`: an `ov.Model` with a map, which is not modified, or a path to one. Raises OptionError where the model has
    no map of ours, or was made with `trim` or `only_map`, which take away what cannot be had back; ModelReadError.
    """
    clone = model_given(model).clone()
    run_stages(clone, (RemoveSaliencyMap(),))
    return clone


def without_maps(model: ov.Model) -> ov.Model:
    """The model without its maps, which goes on saying what it says of itself with them: names, mean, scale, ...

    Raises OptionError as `remove_xai`.
    """
    plain = remove_xai(model)
    for parameter, told in zip(plain.get_parameters(), model.get_parameters(), strict=True):
        parameter.layout = told.layout
    if model.has_rt_info([INFO]):
        for key, value in dict(model.rt_info[INFO]).items():
            plain.set_rt_info(value, [INFO, key])
    return plain

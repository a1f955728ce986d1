"""RemoveSaliencyMap: the model as it was before an insertion, of one method or several."""

from __future__ import annotations

import json

import openvino as ov
from openvino.passes import ModelPass
from ovxai_patterns.wording import worded

from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.maps import maps_of
from ovxai_passes.model_info.outputs import CLASSES_NAME, COLORS_NAME, FEATURES_NAME, OUTPUT_NAME, OVERLAY_NAME
from ovxai_passes.model_info.recorded import is_augmented
from ovxai_passes.model_info.rt_info import restore_version, said_in
from ovxai_passes.model_info.told import take_back
from ovxai_passes.report import RT_INFO_KEY

_ON_REQUEST = {"feature_vector": FEATURES_NAME, "colormap": COLORS_NAME, "overlay": OVERLAY_NAME}
"""Outputs that are the model's own where the option was not given."""


class RemoveSaliencyMap(ModelPass):
    """Takes the outputs that an insertion added off a model, in place, with all that only they need.

    Before:  ... ─▶ target ─┬─▶ head ─▶ outputs
                            └─▶ fence? ─▶ branches ─▶ saliency_map, saliency_classes, ...
    After:   ... ─▶ target ─▶ head ─▶ outputs

    What the insertion wrote into rt_info goes too: operations, weights and rt_info are those of the model as it was
    read. Raises OptionError, and leaves the model as it is, where it has no map of ours, or where its insertion took
    away what cannot be had back: with `trim` or `only_map`.
    """

    def run_on_model(self, model: ov.Model) -> bool:
        """Remove the maps."""
        wrapped = ov.Model(model)
        _check_removable(wrapped)
        names = {CLASSES_NAME, *(one.output for one in maps_of(wrapped))}
        names |= {name for option, name in _ON_REQUEST.items() if _asked(wrapped, option)}
        added = [result for result in wrapped.get_results() if result.output(0).get_names() & names]
        for result in added:
            model.remove_result(result)
        restore_version(wrapped)
        take_back(wrapped)
        del wrapped.rt_info[RT_INFO_KEY]
        return True


def _check_removable(model: ov.Model) -> None:
    if not is_augmented(model):
        raise OptionError(f"the model has no output {OUTPUT_NAME!r}: there is nothing to remove")
    if not said_in(model, RT_INFO_KEY, "method"):
        raise OptionError(
            f"the output {OUTPUT_NAME!r} is of other making, and does not say what was added: take the original model"
        )
    if _asked(model, "only_map"):
        raise OptionError(
            worded(
                "the original outputs were left out ({only_map=True}), and what only they need: take the original model"
            )
        )
    if said_in(model, RT_INFO_KEY, "trimmed", "0") != "0":
        raise OptionError(
            worded("the original model's operations were changed ({trim=True}) and cannot be had back: take that model")
        )


def _asked(model: ov.Model, option: str) -> bool:
    """Whether an option was given when the map was made."""
    given = json.loads(said_in(model, RT_INFO_KEY, "options", "{}"))
    return bool(given.get(option))

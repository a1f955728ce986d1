"""Models that have a saliency map already: is it the one that is asked for?"""

from __future__ import annotations

import json
from typing import Any

import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.scores import Scores, find_scores

from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.labels import labels_of, names_of, numbers_of
from ovxai_passes.model_info.outputs import FEATURES_NAME, OUTPUT_NAME
from ovxai_passes.model_info.rt_info import said_in
from ovxai_passes.options import Options
from ovxai_passes.value_checks import as_plain
from ovxai_passes.vocabulary import Scaling


def is_augmented(model: ov.Model) -> bool:
    """Whether a model has a `saliency_map` output."""
    return any(OUTPUT_NAME in port.get_names() for port in model.outputs)


def holds_scaled_map(model: ov.Model) -> bool:
    """Whether the map of a model is one that was scaled, of whatever type."""
    return said_in(model, "ovxai", "scaling", Scaling.NONE.value) != Scaling.NONE.value


def check_same_map(model: ov.Model, options: Options) -> None:
    """Raises OptionError where options ask for another map than the one that a model has.

    Options that are not given ask for nothing. What was given when the map was made is in rt_info "ovxai", as is what
    came of it: both count as the same.
    """
    wanted = options.asked()
    if not wanted:
        return
    if not said_in(model, "ovxai", "method"):
        raise OptionError(
            "the model has a saliency_map of other making already, which does not say how it was made: "
            f"give the model without it, or leave out {_listed(wanted)}"
        )
    given = _given(model)
    other = [name for name, value in wanted.items() if given.get(name) != value and not _made(model, options, name)]
    if other:
        there = said_in(model, "ovxai", "method")
        raise OptionError(
            f"the model has a saliency_map already, of method {there}, and not with {_listed(other, wanted)}: "
            "give the model without it to have another one made"
        )


def _given(model: ov.Model) -> dict[str, Any]:
    try:
        found = json.loads(said_in(model, "ovxai", "options", "{}"))
    except ValueError:  # an entry of somebody else's
        return {}
    return found if isinstance(found, dict) else {}


def _made(model: ov.Model, options: Options, name: str) -> bool:
    """Whether what an option asks for is what the map is, whatever was given when it was made."""

    def said(key: str) -> str:
        return said_in(model, "ovxai", key)

    value = as_plain(getattr(options, name))
    if name in ("scaling", "embed_scaling"):
        return said("scaling") == options.effective_scaling.value
    if name == "classes":
        count = int(said("classes") or 0)
        labels = options.labels or labels_of(model)
        names_of(options.labels or (), count)
        return said("chosen") == " ".join(map(str, numbers_of(options.classes or (), labels, count)))
    if name == "output":
        scores = find_scores(ModelAnalysis(model), value)
        return isinstance(scores, Scores) and said("scores") == _name_at(model, scores)
    if name == "feature_vector":
        return any(FEATURES_NAME in port.get_names() for port in model.outputs)
    if name == "saliency_map_size":
        return isinstance(value, list) and said("grid") == "x".join(map(str, value))
    if name == "target_layer" and not isinstance(value, str):
        return bool(value) and value == [level.rpartition(":")[0] for level in said("levels").split(" ")]
    keys = {"target_layer": "target"}
    if name in ("method", "k", "mask", "top_k", "background", "target_layer"):
        return said(keys.get(name, name)) == str(value)
    return False


def _name_at(model: ov.Model, scores: Scores) -> str:
    return str(ModelGraph(model).ops[scores.tensor[0]].get_friendly_name())


def _listed(names: Any, values: dict[str, Any] | None = None) -> str:
    shown = values or names
    return ", ".join(f"{name}={shown[name]!r}" for name in names)

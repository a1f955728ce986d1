"""Models that have saliency maps already: are they those that are asked for?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.scores import Scores, find_scores
from ovxai_patterns.wording import Named, joined, worded

from ovxai_passes.errors import OptionError
from ovxai_passes.methods.registry import method_spec
from ovxai_passes.model_info.labels import labels_of, names_of, numbers_of
from ovxai_passes.model_info.maps import RecordedMap, maps_of
from ovxai_passes.model_info.outputs import FEATURES_NAME, OUTPUT_NAME
from ovxai_passes.model_info.rt_info import said_in
from ovxai_passes.options import Options
from ovxai_passes.value_checks import as_plain
from ovxai_passes.vocabulary import Contrast, Defaults, Method, Scaling, Task

_WHERE_UNSAID = {"contrast": Contrast.NONE.value, "defaults": Defaults.DROP_IN.value}
_OF_PROBABILITIES = [one.value for one in Scaling if one.keeps_zero]
"""Of detectors these are weighed by objectness."""


def is_augmented(model: ov.Model) -> bool:
    """Whether a model has a `saliency_map` output."""
    return any(OUTPUT_NAME in port.get_names() for port in model.outputs)


def holds_scaled_map(model: ov.Model) -> bool:
    """Whether the map of a model is one that was scaled, of whatever type."""
    return said_in(model, "ovxai", "scaling", Scaling.NONE.value) != Scaling.NONE.value


def check_same_map(model: ov.Model, options: Options) -> None:
    """Raises OptionError where options ask for other maps than those that a model has.

    Options that are not given ask for nothing. What was given when the maps were made is in rt_info "ovxai", as is what
    came of it: both count as the same. The first method asked for has to be that of `saliency_map`.
    """
    wanted = options.asked()
    if not wanted:
        return
    maps = maps_of(model)
    if not maps[0].method:
        raise OptionError(
            worded(
                "the model has a saliency_map of other making already, which does not say how it was made: give the "
                "model without it, or leave out {options}",
                options=_listed(wanted, wanted),
            )
        )
    is_best = options.is_best and maps[0].said("chosen_as") == Method.BEST.value
    methods = [] if is_best else [method.value for method in options.methods]
    missing = [method for method in methods if method not in {one.method for one in maps}]
    if methods and not missing and methods[0] != maps[0].method:
        output = next(one.output for one in maps if one.method == methods[0])
        raise OptionError(
            f"the model has maps already, and the one of method {methods[0]} is its output {output}, not saliency_map: "
            "read that output, or give the model without maps to have others made"
        )
    compared = [one for one in maps if not methods or one.method in methods]
    other = ["method"] if missing else _others(compared, options, wanted)
    if other:
        there = ", ".join(one.method for one in maps)
        raise OptionError(
            worded(
                "the model has a saliency_map already, of method {there}, and not with {options}: give the model "
                "without it to have another one made",
                there=there,
                options=_listed(other, wanted),
            )
        )


def check_this_map(made: RecordedMap, options: Options) -> None:
    """Raises OptionError where options ask for another map than one of those that a model has."""
    wanted = options.asked()
    other = _others([made], options, {name: value for name, value in wanted.items() if name != "method"})
    if other:
        raise OptionError(
            worded(
                "the model has a map already, of method {there}, and not with {options}: give the model without it to "
                "have another one made",
                there=made.method,
                options=_listed(other, wanted),
            )
        )


def _others(maps: Sequence[RecordedMap], options: Options, wanted: dict[str, Any]) -> list[str]:
    """The options that ask for something else than what all maps are whose methods take them."""
    given = _given(maps[0].model)
    takers = {name: [one for one in maps if _is_taken(one, options, name)] for name in wanted}
    return [
        name
        for name, value in wanted.items()
        if name != "method"
        and given.get(name) != value
        and not all(_made(one, options, name) for one in takers[name] or maps[:1])
    ]


def _is_taken(made: RecordedMap, options: Options, name: str) -> bool:
    """Whether the method of a map takes an option; of one that only a newer version knows that is assumed."""
    known = [one for one in Method if one.value == made.method and method_spec(one) is not None]
    task = next((one for one in Task if one.value == said_in(made.model, "ovxai", "task")), Task.AUTO)
    return not known or name not in options.declined(known[0], task)


def _given(model: ov.Model) -> dict[str, Any]:
    try:
        found = json.loads(said_in(model, "ovxai", "options", "{}"))
    except ValueError:  # an entry of somebody else's
        return {}
    return found if isinstance(found, dict) else {}


def _made(made: RecordedMap, options: Options, name: str) -> bool:
    """Whether what an option asks for is what a map is, whatever was given when it was made."""
    said, model = made.said, made.model
    value = as_plain(getattr(options, name))
    if name in ("scaling", "embed_scaling"):
        return said("scaling") == options.effective_scaling.value
    if name in _WHERE_UNSAID:
        return said(name, _WHERE_UNSAID[name]) == value
    if name == "objectness" and not value:
        return said("scaling") not in _OF_PROBABILITIES and not _given(model).get(name)
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
    if name in ("k", "mask", "top_k", "background", "target_layer", "gradient_of", "level"):
        return said(keys.get(name, name)) == str(value)
    return False


def _name_at(model: ov.Model, scores: Scores) -> str:
    return str(ModelGraph(model).ops[scores.tensor[0]].get_friendly_name())


def _listed(names: Iterable[str], values: dict[str, Any]) -> str:
    return joined(", ", (Named(name, values[name]) for name in names))

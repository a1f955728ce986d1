"""Class scores of classifiers, read from the outputs that a model has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.scores import Scores, find_scores

from ovxai_passes.model_info.outputs import ADDED

_BYTE = 1


def known_scores(model: ov.Model) -> list[tuple[int, int]]:
    """The places of the outputs that are class scores, each with the number of classes, the likeliest first."""
    graph = ModelGraph(model)
    return [(one.output, one.classes) for one in _own_scores(graph) if holds_scores(graph, one)]


def shares_reader(model: ov.Model) -> Callable[[Any], Any]:
    """From a classifier's outputs to K scores as shares, or None where there are none; the model is looked at once."""
    return reader_of(known_scores(model))


def reader_of(known: Sequence[tuple[int, int]]) -> Callable[[Any], Any]:
    """From a classifier's outputs to K scores as shares, or None; `known`: places and numbers of classes."""

    def shares(outputs: Any) -> Any:
        for place, classes in known:
            values = np.asarray(outputs[place]).reshape(-1)
            if values.size == classes:
                return _as_shares(values)
        return None

    return shares


def shares_of(values: npt.NDArray[Any], classes: int) -> npt.NDArray[np.float32]:
    """The scores [K] of the first picture, of a tensor [N,K] or [N,K,1,..] of class scores.

    Quantised scores of 8 bits become 0..1, from the least to the largest value of their type; others stay.
    """
    first = np.asarray(values).reshape(-1)[:classes]
    if np.issubdtype(first.dtype, np.integer) and first.dtype.itemsize == _BYTE:
        span = np.iinfo(first.dtype)
        return (first.astype(np.float32) - span.min) / np.float32(span.max - span.min)
    return first.astype(np.float32)


def class_count(model: ov.Model) -> int:
    """How many classes a classifier scores, 0 where that is not known."""
    return next((one.classes for one in _own_scores(ModelGraph(model))), 0)


def _own_scores(graph: ModelGraph) -> list[Scores]:
    """The class scores of outputs that no insertion has added, those that the model as a whole says first."""
    analysis, outputs = ModelAnalysis(graph.model), enumerate(graph.model.outputs)
    places = [place for place, port in outputs if not port.get_names() & ADDED]
    candidates = [analysis.get(find_scores), *(analysis.get(find_scores, place) for place in places)]
    return [one for one in candidates if isinstance(one, Scores) and one.output in places]


def holds_scores(graph: ModelGraph, scores: Scores) -> bool:
    """Whether an output holds the scores themselves, not a ranking of them (indices, or values in order)."""
    return scores.shown == graph.id_of(graph.model.outputs[scores.output].get_node().input_value(0))


def _as_shares(values: Any) -> Any:
    scores = shares_of(values, values.size).astype(np.float64)
    if scores.min() >= 0 and scores.max() <= 1:
        return scores
    shares = np.exp(scores - scores.max())
    return shares / shares.sum()

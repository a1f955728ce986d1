"""Sanity: what becomes of a map when weights are drawn anew from the top down; a map that stays shows no model.

    mprt  = mean over steps of 1 - r(map, map of the model with random weights), r: Pearson's correlation
    emprt = (H(map with all weights random) - H(map)) / H(map),  H: entropy of a histogram of 100 bins

Larger is better. Adebayo et al., Sanity Checks for Saliency Maps, arXiv 1810.03292; Hedström et al., Sanity Checks
Revisited, arXiv 2401.06465 (eMPRT). Each weight tensor is shuffled, which keeps its values.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.ops.constants import constant_like
from ovxai_tools.evaluation.compared.shown import Floats

SHARES = (1 / 3, 2 / 3, 1.0)
"""How many of the weight tensors are random, from the output down."""

_BINS = 100
_WEIGHTED = ("Convolution", "ConvolutionBackpropData", "GroupConvolution", "GroupConvolutionBackpropData", "MatMul")
_TYPES = (ov.Type.f64, ov.Type.f32, ov.Type.f16, ov.Type.i8, ov.Type.u8)
"""What numpy has, too."""

_BETWEEN = ("Convert", "Multiply", "Subtract", "FakeQuantize", "Reshape", "Transpose")


def randomised(model: ov.Model, share: float, seed: int) -> ov.Model:
    """A clone with this share of its weight tensors shuffled, the last ones; at least one where there are any."""
    clone = model.clone()
    graph = ModelGraph(clone)
    places = _weights(graph)
    chosen = places[-max(1, round(share * len(places))) :]
    for place in chosen:
        rng = np.random.default_rng((seed, place))
        node = graph.ops[place]
        values = node.data
        drawn = rng.permutation(values.reshape(-1)).reshape(values.shape)
        new = constant_like(drawn, node.get_element_type())
        for target in node.output(0).get_target_inputs():
            target.replace_source_output(new.output(0))
    clone.validate_nodes_and_infer_types()
    return clone


def _weights(graph: ModelGraph) -> list[int]:
    """The places of the constants that are weights, in the order of the operations that read them."""
    found: dict[int, None] = {}
    for node in graph.ops:
        if node.get_type_name() in _WEIGHTED:
            for port in (0, 1):
                for place in _constants_above(graph, node.input_value(port)):
                    found.setdefault(place)
    return list(found)


def _constants_above(graph: ModelGraph, port: ov.Output) -> list[int]:
    """Constants of two axes or more that reach a tensor through nothing but changes of type, scale and shape."""
    node = port.get_node()
    if node.get_type_name() == "Constant":
        known = node.get_element_type() in _TYPES and sum(side > 1 for side in node.shape) > 1
        return [graph.id_of(port)[0]] if known else []
    if node.get_type_name() not in _BETWEEN:
        return []
    ports = [node.input_value(number) for number in range(node.get_input_size())]
    if not all(_is_constant(one) for one in ports):
        return []
    return [place for one in ports for place in _constants_above(graph, one)]


def _is_constant(port: ov.Output) -> bool:
    node = port.get_node()
    if node.get_type_name() == "Constant":
        return True
    if node.get_type_name() not in _BETWEEN:
        return False
    return all(_is_constant(node.input_value(number)) for number in range(node.get_input_size()))


def mprt(saliency: Floats, others: list[Floats]) -> dict[str, float]:
    """Both for a map [H,W] and the maps of ever more random models, the last with none of its own weights."""
    changes = [1 - _correlation(saliency, other) for other in others]
    before, after = entropy(saliency), entropy(others[-1])
    return {"mprt": float(np.mean(changes)), "emprt": (after - before) / before if before > 0 else 0.0}


def entropy(saliency: Floats) -> float:
    """The entropy of a map's values in nats, over 100 bins from the least to the largest."""
    values = saliency.astype(np.float64)
    span = values.max() - values.min()
    # of values that differ by less than histograms have bins for, the bins are those of the values scaled to 0..1
    scaled = (values - values.min()) / span if span > 0 else np.zeros_like(values)
    counts = np.histogram(scaled, bins=_BINS)[0].astype(np.float64)
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def _correlation(one: Floats, other: Floats) -> float:
    """Pearson's; of a constant map 0."""
    first, second = (values.astype(np.float64).reshape(-1) - values.mean(dtype=np.float64) for values in (one, other))
    size = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / size if size > 0 else 0.0

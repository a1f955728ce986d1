"""The class scores: which output holds them, and the logits behind its final activation.

Looked through on the way up from the output: TopK, Softmax, LogSoftmax or Sigmoid, and the operations of layout, type
and quantisation around them. A FakeQuantize between the last matrix or convolution and the activation rounds the
scores to 256 levels; by default the scores are taken above it. QuantizeLinear and DequantizeLinear of ONNX come as

    FakeQuantize ─▶ Convert to integers ─▶ Convert to floats ─▶ Subtract zero point ─▶ Multiply by scale

which is looked through as a whole where it returns what it was given, but for the rounding.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import networkx as nx
import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_patterns.analysis.folding import Folding
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.analysis.op_traits import (
    DEQUANTISING_TYPES,
    LEARNED_TYPES,
    ROUNDED_VALUES_TYPES,
    SAME_VALUES_TYPES,
    SCORE_TAIL_TYPES,
    SOFTMAX_TYPES,
)
from ovxai_patterns.wording import worded

_LAST_ACTIVATION_TYPES = SOFTMAX_TYPES | {"Sigmoid"}


@dataclass(frozen=True)
class Scores:
    """Where the class scores are.

    `tensor`: logits [N,K], [N,K,1,...], [N,1,...,K], or [K] of a model that takes one picture. `output`: index of the
    model output they lead to. `activation`: type of the activation looked through, or None. `quantizers`: FakeQuantize
    operations left below. `notices`: for the report. `shown`: the scores as the output has them, or those that a TopK
    before the output ranks.
    """

    tensor: TensorId
    output: int
    classes: int
    activation: str | None = None
    quantizers: int = 0
    notices: tuple[str, ...] = ()
    shown: TensorId = (-1, 0)


@dataclass(frozen=True)
class NoScores:
    """Why no class scores were found: one sentence, and the outputs with what they are.

    `several`: whether the reason is that there are several outputs that could be class scores.
    """

    reason: str
    outputs: tuple[str, ...]
    several: bool = False


def describe_outputs(model: ov.Model) -> tuple[str, ...]:
    """One line an output: index, name, type and shape."""
    return tuple(
        f"{index}: {', '.join(sorted(port.get_names())) or port.get_node().get_friendly_name()} "
        f"({port.get_element_type().get_type_name()} {port.get_partial_shape()})"
        for index, port in enumerate(model.outputs)
    )


def find_scores(
    analysis: ModelAnalysis, output: int | str | None = None, keep_quantization: bool = False
) -> Scores | NoScores:
    """The class scores of the output with that index or name, or of the only output that can be class scores.

    Of several that can, the one that is made of all others.
    """
    graph, model = analysis.original, analysis.original.model
    listed = describe_outputs(model)
    if output is not None:
        index = _index_of(model, output)
        if index is None:
            return NoScores(f"there is no output {output!r}", listed)
        scores = _scores_of(graph, index, keep_quantization)
        return scores or NoScores(f"output {output!r} is not [N,K] of floats, a score for each class", listed)
    found = [_scores_of(graph, index, keep_quantization) for index in range(len(model.outputs))]
    candidates = [scores for scores in found if scores is not None]
    activated = [scores for scores in candidates if scores.activation]
    distinct = {scores.tensor: scores for scores in reversed(activated or candidates)}  # the first output of a tensor
    distinct = _plain_first(graph, distinct)
    if len(distinct) == 1:
        return next(iter(distinct.values()))
    last = _made_of_the_others(graph, list(distinct.values()))
    if last is not None:
        notice = f"of {len(distinct)} outputs that could be class scores, output {last.output} is made of the others"
        return replace(last, notices=(*last.notices, notice))
    if distinct:
        reason = worded("several outputs could be the class scores; choose one ({output})")
        return NoScores(reason, listed, several=True)
    return NoScores("no output is [N,K] of floats, a score for each class", listed)


def _plain_first(graph: ModelGraph, found: dict[TensorId, Scores]) -> dict[TensorId, Scores]:
    """Without scores of another shape than [N,K], [N,K,1,...] where others are plain, unless they are made of these.

    Nor with such as come from no classifier: detectors have outputs [1,1,K] that are none.
    """
    plain = {tensor: scores for tensor, scores in found.items() if is_plain(graph.output(tensor))}
    others = {tensor: scores for tensor, scores in found.items() if _has_classifier(graph, tensor)} | plain
    if not plain or len(others) == len(plain):
        return plain or others
    last = _made_of_the_others(graph, list(others.values()))
    return plain if last is None or last.tensor in plain else others


def _made_of_the_others(graph: ModelGraph, candidates: list[Scores]) -> Scores | None:
    """The one among several that all others lead to: logits beside features, a mean of several heads."""
    for one in candidates:
        above = nx.ancestors(graph.data_edges, one.tensor)
        if candidates and all(other is one or other.tensor in above for other in candidates):
            return one
    return None


def _index_of(model: ov.Model, output: int | str) -> int | None:
    if isinstance(output, int):
        return output if 0 <= output < len(model.outputs) else None
    for index, port in enumerate(model.outputs):  # names before numbers: ONNX names can be numbers
        source = port.get_node().input_value(0).get_node()
        if output in port.get_names() or output in (port.get_node().get_friendly_name(), source.get_friendly_name()):
            return index
    return _index_of(model, int(output)) if output.isdecimal() else None


def _scores_of(graph: ModelGraph, index: int, keep_quantization: bool) -> Scores | None:
    shown = graph.id_of(graph.model.outputs[index].get_node().input_value(0))
    tensor, activation = shown, None
    above = shown
    while True:
        node = graph.ops[above[0]]
        if node.get_type_name() == "TopK":  # a ranking of the scores: they are what it ranks
            shown = tensor = above = graph.inputs_of(above[0])[0]
            continue
        if node.get_type_name() in _LAST_ACTIVATION_TYPES:
            tensor, activation = graph.inputs_of(above[0])[0], node.get_type_name()
            break
        higher = _looked_through(graph, above)
        if higher is None:
            break
        above = higher
    tensor, quantizers = (tensor, 0) if keep_quantization else _above_quantizers(graph, tensor)
    classes = classes_of(graph.output(tensor))
    if classes is None or not graph.output(tensor).get_element_type().is_real():
        return None
    notices = (
        ()
        if _has_classifier(graph, tensor)
        else ("the scores come from no classifier layer; each is taken for a class",)
    )
    return Scores(tensor, index, classes, activation, quantizers, notices, shown)


def classes_of(output: ov.Output) -> int | None:
    """K of a tensor [N,K], [N,K,1,...], [N,1,...,K] or [K], or None of any other."""
    shape = output.get_partial_shape()
    if shape.rank.is_dynamic or len(shape) < 1 or any(dim.is_dynamic for dim in list(shape)[1:]):
        return None
    if len(shape) == 1:
        return int(shape[0].get_length()) if shape[0].is_static and shape[0].get_length() > 1 else None
    sizes = [int(dim.get_length()) for dim in list(shape)[1:]]
    return max(sizes) if sum(size != 1 for size in sizes) <= 1 else None


def is_plain(output: ov.Output) -> bool:
    """Whether class scores are [N,K] or [N,K,1,...]."""
    shape = list(output.get_partial_shape())
    return len(shape) > 1 and all(dim.is_static and dim.get_length() == 1 for dim in shape[2:])


def _above_quantizers(graph: ModelGraph, tensor: TensorId) -> tuple[TensorId, int]:
    """The tensor above the FakeQuantize operations that end in `tensor`, as long as it is still class scores."""
    best, passed, quantizers = tensor, 0, 0
    classes = classes_of(graph.output(tensor))
    while (above := _looked_through(graph, tensor)) is not None:
        quantizers += graph.ops[tensor[0]].get_type_name() == "FakeQuantize"
        tensor = above
        is_real = graph.output(tensor).get_element_type().is_real()
        if quantizers > passed and is_real and classes_of(graph.output(tensor)) == classes:
            best, passed = tensor, quantizers
    return best, passed


def _looked_through(graph: ModelGraph, tensor: TensorId) -> TensorId | None:
    """What a tensor is made of by an operation of layout, type or quantisation, or None."""
    if graph.ops[tensor[0]].get_type_name() in ROUNDED_VALUES_TYPES:
        return graph.inputs_of(tensor[0])[0]
    return _dequantised(graph, tensor)


def _dequantised(graph: ModelGraph, tensor: TensorId) -> TensorId | None:
    """What a FakeQuantize makes of which a DequantizeLinear makes `tensor`, or None where that is of another range."""
    folding, steps, was_integer = Folding(graph), [], False
    while (kind := graph.ops[tensor[0]].get_type_name()) in SAME_VALUES_TYPES | DEQUANTISING_TYPES:
        inputs = graph.inputs_of(tensor[0])
        varying = [place for place, source in enumerate(inputs) if source[0] in graph.from_parameters]
        if kind in DEQUANTISING_TYPES:
            value = folding.value(inputs[1 - varying[0]]) if len(varying) == 1 else None
            if value is None or (kind == "Subtract" and varying != [0]):
                return None
            steps.append((kind, np.asarray(value, np.float64)))
        tensor = inputs[varying[0]] if varying else inputs[0]
        was_integer |= graph.output(tensor).get_element_type().is_integral()
    if kind != "FakeQuantize" or not was_integer:
        return None
    limits = [folding.value(source) for source in graph.inputs_of(tensor[0])[1:]]
    known = [np.asarray(limit, np.float64) for limit in limits if limit is not None]
    if len(known) < len(limits):
        return None
    given, made = known[:2], known[2:]
    for step, value in reversed(steps):
        made = [limit * value if step == "Multiply" else limit - value for limit in made]
    return tensor if all(map(_is_close, given, made)) else None


def _is_close(wanted: npt.NDArray[np.float64], found: npt.NDArray[np.float64]) -> bool:
    """Whether values are the same for all classes, however they are laid out."""
    first, second = wanted.reshape(-1), found.reshape(-1)
    return len({first.size, second.size, 1}) < 3 and bool(np.allclose(first, second, rtol=1e-3))


def _has_classifier(graph: ModelGraph, tensor: TensorId) -> bool:
    """Whether every path up from the scores meets a MatMul or Convolution with constant weights first."""
    open_ends, seen = [tensor], set()
    while open_ends:
        place = open_ends.pop()[0]
        if place in seen:
            continue
        seen.add(place)
        kind = graph.ops[place].get_type_name()
        varying = [
            source
            for source in graph.inputs_of(place)
            if source[0] in graph.from_parameters and graph.output(source).get_element_type().is_real()
        ]
        if kind in LEARNED_TYPES and len(varying) == 1:
            continue
        if kind not in SCORE_TAIL_TYPES:
            return False
        open_ends += varying
    return True

"""What the whole numbers of an 8-bit tensor stand for: value = level * scale + shift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openvino as ov

from ovxai_patterns.analysis.folding import Folding
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.op_traits import DEQUANTISING_TYPES, SAME_VALUES_TYPES


@dataclass(frozen=True)
class Dequantisation:
    """How whole numbers read; of floats, as they are."""

    scale: float = 1.0
    shift: float = 0.0


NOT_QUANTISED = Dequantisation()


def dequantisation_of(graph: ModelGraph, folding: Folding, tensor: TensorId) -> Dequantisation | None:
    """How the elements of a tensor read: told by the FakeQuantize that made its levels; None where none has.

    One scale for the whole tensor is asked for, as 8-bit outputs have.
    """
    if graph.output(tensor).get_element_type().is_real():
        return NOT_QUANTISED
    while graph.ops[tensor[0]].get_type_name() in SAME_VALUES_TYPES:
        tensor = graph.inputs_of(tensor[0])[0]
    if graph.ops[tensor[0]].get_type_name() != "FakeQuantize":
        return None
    limits = [folding.value(source) for source in graph.inputs_of(tensor[0])[1:]]
    if any(limit is None or np.size(limit) != 1 for limit in limits):
        return None
    in_low, in_high, out_low, out_high = (float(np.asarray(limit).item()) for limit in limits)
    if out_high == out_low:
        return None
    scale = (in_high - in_low) / (out_high - out_low)
    return Dequantisation(scale, in_low - out_low * scale)


def dequantises(graph: ModelGraph, place: int) -> bool:
    """Whether an operation is a part of Convert from bytes ─▶ Subtract zero point ─▶ Multiply by scale."""
    node = graph.ops[place]
    if node.get_type_name() == "Convert":
        return node.get_input_element_type(0) in (ov.Type.u8, ov.Type.i8)
    if node.get_type_name() not in DEQUANTISING_TYPES:
        return False
    data, given = graph.inputs_of(place)
    return given[0] not in graph.from_parameters and dequantises(graph, data[0])

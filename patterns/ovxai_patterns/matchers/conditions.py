"""Conditions of patterns: what has to hold of a tensor, and what is said where it does not.

They read shapes, constants and attributes, nothing that an analysis has found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import openvino as ov

from ovxai_patterns.analysis.movement import DATA_INPUTS
from ovxai_patterns.analysis.op_traits import AFFINE_TYPES, ROUNDED_VALUES_TYPES, SCALE_TYPES

_MOST_STEPS = 16  # operations between a weight and its Constant
_WEIGHT_TYPES = ROUNDED_VALUES_TYPES | AFFINE_TYPES | SCALE_TYPES | frozenset(DATA_INPUTS)
"""What stands between them: quantisation, layout, a table of positions that is looked up, a scale."""


@dataclass(frozen=True)
class Condition:
    """`holds` tells of a tensor whether the condition holds; `otherwise` ends the sentence "<operation> ...".

    A condition of an operation is asked of its first result.
    """

    otherwise: str
    holds: Callable[[ov.Output], bool]


def has_rank(*ranks: int) -> Condition:
    """The tensor has one of these numbers of axes."""
    wanted = " or ".join(map(str, ranks))
    return Condition(f"has not {wanted} axes", lambda output: rank_of(output) in ranks)


def rank_of(output: ov.Output) -> int:
    """The number of axes, or -1 where it is dynamic."""
    shape = output.get_partial_shape()
    return -1 if shape.rank.is_dynamic else len(shape)


def sizes_of(output: ov.Output) -> tuple[int, ...]:
    """The size of each axis, -1 where it is dynamic; empty where the rank is."""
    shape = output.get_partial_shape()
    if shape.rank.is_dynamic:
        return ()
    return tuple(-1 if size.is_dynamic else int(size.get_length()) for size in shape)


def attribute(name: str, *values: object) -> Condition:
    """An attribute of the operation has one of these values."""
    wanted = " or ".join(map(str, values))

    def holds(output: ov.Output) -> bool:
        return output.get_node().get_attributes().get(name) in values

    return Condition(f"has another {name} than {wanted}", holds)


def constant_of(output: ov.Output) -> np.ndarray | None:
    """The value of a Constant, or None of anything else."""
    node = output.get_node()
    return np.asarray(node.get_data()) if node.get_type_name() == "Constant" else None


def is_weight(output: ov.Output) -> bool:
    """Whether a tensor is made of Constants and shapes alone, by few operations: weights, dequantised or laid out."""
    open_ends, steps = [output], 0
    while open_ends:
        node = open_ends.pop().get_node()
        kind = node.get_type_name()
        if kind in ("Constant", "ShapeOf"):
            continue
        steps += 1
        if steps > _MOST_STEPS or kind not in _WEIGHT_TYPES:
            return False
        open_ends += node.input_values()
    return True


WEIGHT = Condition("is not made of constants", is_weight)
VARYING = Condition("is made of constants", lambda output: not is_weight(output))


def axes_of(node: ov.Node, port: int = 1) -> frozenset[int]:
    """The axes that a Constant at an input names, counted from the first one; empty where they are not known."""
    value, rank = constant_of(node.input_value(port)), rank_of(node.input_value(0))
    return frozenset() if value is None or rank < 0 else frozenset(int(axis) % rank for axis in value.reshape(-1))

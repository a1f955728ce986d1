"""What plugins do once for two readers of a tensor, so that a branch reads such a tensor behind a fence.

The CPU plugin of 2026.4.1 shows each rule:

    1  T ─▶ Transpose (network), T ─▶ Transpose (branch): merged or moved; the network's pooling then sums in another
       order
    2  T ─▶ Transpose ─▶ Concat (network), T ─▶ Reshape (branch): T is laid out for the Concat from the start, and the
       Reshape reads it in the wrong order
    3  T ─▶ f (network), T ─▶ f (branch), with equal attributes and other inputs: computed once for both
"""

from __future__ import annotations

import numpy as np
import openvino as ov

from ovxai_passes.ops.nodes import is_constant


def shares_transpose(parameter: ov.Node, output: ov.Output) -> bool:
    """Whether what a branch and the network do to a tensor is merged or laid out anew (rules 1 and 2).

    `parameter`: of the branch. `output`: the tensor in the network.
    """
    own, beside = _readers(parameter.output(0), "Transpose"), _readers(output, "Transpose")
    joined = any(_is_joined(reader.output(0)) for reader in beside)
    return bool(beside and (own or (joined and _readers(parameter.output(0), "Reshape"))))


def _readers(output: ov.Output, kind: str) -> list[ov.Node]:
    readers = [entry.get_node() for entry in output.get_target_inputs()]
    return [reader for reader in readers if reader.get_type_name() == kind]


def _is_joined(output: ov.Output) -> bool:
    """Whether a Concat reads a tensor, through Reshapes."""
    return bool(_readers(output, "Concat")) or any(_is_joined(one.output(0)) for one in _readers(output, "Reshape"))


def repeats_reader(parameter: ov.Node, output: ov.Output) -> bool:
    """Whether a branch does to an input what the network does to that tensor (rule 3)."""
    return any(
        _is_same(mine, its) for mine in parameter.output(0).get_target_inputs() for its in output.get_target_inputs()
    )


def _is_same(mine: ov.Input, its: ov.Input) -> bool:
    first, second = mine.get_node(), its.get_node()
    if first.get_type_info() != second.get_type_info() or mine.get_index() != its.get_index():
        return False
    if first.get_type_name() == "Result" or first.get_attributes() != second.get_attributes():
        return False
    others = [place for place in range(first.get_input_size()) if place != mine.get_index()]
    return all(_may_be_equal(first.input_value(place), second.input_value(place)) for place in others)


def _may_be_equal(first: ov.Output, second: ov.Output) -> bool:
    if is_constant(first) and is_constant(second):
        return bool(np.array_equal(first.get_node().get_data(), second.get_node().get_data()))
    return not (is_constant(first) or is_constant(second))

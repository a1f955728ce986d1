"""Small questions about nodes, and nodes made again."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import openvino as ov
from openvino.utils.node_factory import NodeFactory


def clone_with_inputs(node: ov.Node, inputs: Sequence[ov.Output], **changed: object) -> ov.Node:
    """A node of the same type and attributes, but for those `changed`, on other inputs. Not for nodes with bodies."""
    factory = NodeFactory(node.get_type_info().version_id)
    return factory.create(node.get_type_name(), list(inputs), node.get_attributes() | changed)


def is_constant(output: ov.Output) -> bool:
    """Whether a tensor is a stored constant."""
    return bool(output.get_node().get_type_name() == "Constant")


def sizes_known(output: ov.Output, unknown: int) -> list[int]:
    """The shape of a tensor, `unknown` where it is dynamic."""
    return [dim.get_length() if dim.is_static else unknown for dim in output.get_partial_shape()]


def axis_left_whole(before: Sequence[int], after: Sequence[int], axis: int) -> int | None:
    """The axis of a Reshape's input, of sizes `before`, that is `axis` of its result, of sizes `after`, as a whole.

    The last one where several are, as next to axes of size 1; None where the Reshape breaks the axis up.
    """
    ahead = prod(after[:axis])
    axes = [place for place, size in enumerate(before) if size == after[axis] and prod(before[:place]) == ahead]
    return axes[-1] if axes else None

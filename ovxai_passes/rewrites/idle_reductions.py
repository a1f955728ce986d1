"""Reductions over axes of size 1, which change nothing but the shape, become Squeezes.

    Before:  x [N,C,1,1] ─▶ ReduceMean, axes 2 and 3 ─▶ y [N,C]
    After:   x [N,C,1,1] ─▶ Squeeze, axes 2 and 3 ─▶ y [N,C]        (keep_dims: x itself)

Mean, sum, product, least and largest of one number are that number. Plugins do not see it, and take as long for the
reduction of many rows as for the product behind it. Needs axes that are constant and of static size 1.
"""

from __future__ import annotations

import logging

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from openvino.passes import Matcher, MatcherPass, WrapType

from ovxai_passes.ops.nodes import is_constant

_log = logging.getLogger(__name__)

_TYPES = [f"opset13.Reduce{kind}" for kind in ("Mean", "Sum", "Prod", "Min", "Max")]


class IdleReductions(MatcherPass):
    """Replaces reductions of one number by what they reduce."""

    def __init__(self) -> None:
        super().__init__()

        def rewrite(matcher: Matcher) -> bool:
            node = matcher.get_match_root()
            reason = _declined(node)
            if reason:
                _log.debug("reduction %s stays: %s", node.get_friendly_name(), reason)
                return False
            source = node.input_value(0)
            if not node.get_attributes()["keep_dims"]:
                source = ops.squeeze(source, node.input_value(1)).output(0)
            node.output(0).replace(source)
            return True

        self.register_matcher(Matcher(WrapType(_TYPES), "IdleReductions"), rewrite)


def _declined(node: ov.Node) -> str:
    """Why a reduction changes more than the shape, or nothing where it does not."""
    if not is_constant(node.input_value(1)):
        return "its axes are computed"
    shape = node.get_input_partial_shape(0)
    if shape.rank.is_dynamic:
        return "its input has any number of axes"
    axes = np.array(node.input_value(1).get_node().get_data()).reshape(-1)
    if not axes.size:
        return "it has no axes"
    if not all(shape[int(axis) % len(shape)] == ov.Dimension(1) for axis in axes):
        return "it takes several numbers together, or may"
    return ""

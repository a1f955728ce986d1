"""The best classes of each image, found in the graph.

    P [N,K,..] ─▶ Reshape [N,K] ─▶ TopK ─┬─▶ chosen [N,k] of the branch ─▶ saliency_map [N,k,h,w]
                                         └─▶ saliency_classes [N,k] i64

P is the tensor of the model's own output, so that the ranking is the one its users see. Where some classes are given,
and the best one is wanted beside them, they come first in `chosen`, and `saliency_classes` is not made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import TensorId

from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.gathering import best_classes, flat_scores
from ovxai_passes.ops.sizes import sizes_of


def ranked(
    branch: Branch, source: TensorId, output: ov.Output, classes: int, given: Sequence[int] | None = None
) -> Branch:
    """A branch whose input `chosen`, fed by `source`, is made of `output` instead; its second result are the classes.

    `output`: that tensor in the model, for shape and type; `classes`: K. `given`: classes that come before the best
    ones; without a second result. `branch` is left as it is.
    """
    model = branch.model.clone()
    parameters = list(model.get_parameters())
    place = branch.sources.index(source)
    count = parameters[place].get_partial_shape()[1].get_length() - len(given or ())
    scores = ops.parameter(output.get_partial_shape(), output.get_element_type(), name="scores")
    flat = flat_scores(scores, output, classes)
    best = best_classes(flat, count)
    chosen = best if given is None else _behind(given, best)
    parameters[place].output(0).replace(chosen)
    parameters[place] = scores
    results = [ops.result(result.input_value(0)) for result in model.get_results()]
    found = [ops.result(best)] if given is None else []
    changed = ov.Model([*results, *found], parameters, "branch")
    changed.validate_nodes_and_infer_types()
    return replace(branch, model=changed)


def _behind(given: Sequence[int], best: ov.Output) -> ov.Output:
    """Classes [N,k] of each image: those given, then the best ones."""
    rows = ops.concat([sizes_of(best, [0]), ops.constant([len(given)])], 0)
    same = ops.broadcast(ops.constant(np.array(given, np.int64)), rows)
    return ops.concat([same, best], 1).output(0)

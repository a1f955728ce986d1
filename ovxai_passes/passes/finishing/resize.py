"""Resize: maps of another size."""

from __future__ import annotations

from math import prod

import openvino as ov
from openvino.passes import ModelPass
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.wording import Named, worded

from ovxai_passes.errors import OptionError, TooCostlyError
from ovxai_passes.finish.image import picture_input
from ovxai_passes.finish.resize import resized, resized_like
from ovxai_passes.ops.branch import Branch, map_of
from ovxai_passes.ops.cost import beyond
from ovxai_passes.ops.nodes import sizes_known
from ovxai_passes.passes.state import InsertionState, left

_FLOAT = 4  # bytes


class Resize(ModelPass):
    """Resizes the map of the branch to the size that the options ask for, or to that of the model's picture.

    After scaling, before anything is rounded. Reads and extends: `branch`. The model is left as it is. Raises
    OptionError where the model has no picture, and TooCostlyError where the maps would be too large.
    """

    def __init__(self, state: InsertionState) -> None:
        super().__init__()
        self.state = state

    def run_on_model(self, model: ov.Model) -> bool:
        """Extend the branch."""
        size = self.state.map_size
        if size is None:
            return False
        branch = left(self.state.branch, "branch", "BuildBranch")
        made = resized(branch, size) if isinstance(size, tuple) else self._like_picture(branch, ov.Model(model))
        self.state.branch = made
        _check_size(made, self.state.options.max_tensor_gib)
        return False

    def _like_picture(self, branch: Branch, model: ov.Model) -> Branch:
        graph = ModelGraph(model)
        picture = picture_input(graph)
        if picture is None:
            raise OptionError(
                worded(
                    "none of the model's inputs is a picture that the map could be as large as: give "
                    "{saliency_map_size} as height and width"
                )
            )
        return resized_like(branch, picture, graph.output(picture.tensor))


def _check_size(branch: Branch, most: float) -> None:
    gib = _FLOAT * prod(sizes_known(map_of(branch), 1)) / (1 << 30)
    if gib > most:
        raise TooCostlyError(
            worded(
                "maps of this size take a tensor of {gib} GiB, beyond {most}: give a smaller {saliency_map_size}, or "
                "fewer classes ({top_k}, {classes})",
                gib=beyond(gib, most),
                most=Named("max_tensor_gib", most),
            )
        )

"""Overlay: the map over the model's own picture."""

from __future__ import annotations

import openvino as ov
from openvino.passes import ModelPass
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.wording import worded

from ovxai_passes.errors import OptionError
from ovxai_passes.finish.image import InputImage, NoImage, input_image
from ovxai_passes.finish.overlay import overlaid
from ovxai_passes.model_info.outputs import OVERLAY_NAME
from ovxai_passes.model_info.preparation import is_said
from ovxai_passes.model_info.told import preparation_told
from ovxai_passes.passes.finishing.shown import check_free, check_some_classes
from ovxai_passes.passes.state import InsertionState, left
from ovxai_passes.vocabulary import INPUT, Colormap


class Overlay(ModelPass):
    """Extends the branch by the map laid over the picture, the output `saliency_overlay`, where the options ask for it.

    Reads: `method`, `target`. Extends: `branch`. Leaves: `image`, how the picture is had back. The model is left as it
    is. Raises OptionError for maps of all classes, and where nothing tells how pixels became the model's input.
    """

    def __init__(self, state: InsertionState) -> None:
        super().__init__()
        self.state = state

    def run_on_model(self, model: ov.Model) -> bool:
        """Extend the branch."""
        state, weight = self.state, self.state.options.overlay
        if weight is None:
            return False
        graph = ModelGraph(ov.Model(model))
        check_some_classes(state, "overlay")
        check_free(graph.model, OVERLAY_NAME, "overlay")
        state.image = _image(graph, state)
        output, kind = graph.output(state.image.picture.tensor), state.options.colormap or Colormap.JET
        branch, fits = left(state.branch, "branch", "BuildBranch"), state.map_size == INPUT
        state.branch = overlaid(branch, state.image, output, weight, kind, OVERLAY_NAME, fits)
        return False


def _image(graph: ModelGraph, state: InsertionState) -> InputImage:
    options = state.options
    told = options.mean is not None or options.scale is not None
    found = input_image(graph, preparation_told(options, graph.model), told or is_said(graph.model))
    if isinstance(found, NoImage):
        raise OptionError(worded("{overlay} needs the model's own picture, but {reason}", reason=found.reason))
    return found

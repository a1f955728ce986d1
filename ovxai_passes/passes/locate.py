"""Locate: what a model does, by which method it is explained, and where."""

from __future__ import annotations

import logging

import openvino as ov
from openvino.passes import ModelPass
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.wording import worded

from ovxai_passes.errors import OptionError
from ovxai_passes.methods.spec import MethodSpec
from ovxai_passes.options import Options
from ovxai_passes.passes.layers import layers_of
from ovxai_passes.passes.state import InsertionState, left
from ovxai_passes.passes.targets.classifier import locate_classifier
from ovxai_passes.passes.targets.detector import locate_detector
from ovxai_passes.passes.targets.measured import with_measured
from ovxai_passes.passes.targets.task import task_of
from ovxai_passes.vocabulary import Contrast, GradientOf, Method, Task

_log = logging.getLogger(__name__)

_SAID_FOR_NOTHING = worded("{multi_label=True} changes nothing here: no probability and no share of classes is taken")


class Locate(ModelPass):
    """Finds the task, the method and the target. The model is left as it is.

    Reads: `options`. Leaves: `options` with measured defaults, where they ask for these, `task`, `method`, `target`,
    `layers`, and of classifiers `search`. `part`: 0 for a layer that explains all class scores, or the number, from 1
    on, of one that explains a part of them, for classifiers that have none that is worth its cost. Raises
    TargetNotFoundError, OptionError, TooCostlyError.
    """

    def __init__(self, state: InsertionState, part: int = 0) -> None:
        super().__init__()
        self.state = state
        self.part = part

    def run_on_model(self, model: ov.Model) -> bool:
        """Look."""
        state, wrapped = self.state, ov.Model(model)
        if state.options.is_best:
            raise OptionError("method 'best' is settled by InsertSaliencyMap: register that pass, or name a method")
        state.analysis = state.analysis or ModelAnalysis(wrapped)
        if state.task is None:
            state.task = task_of(state.analysis, state.options)
        self._find()
        method, target = left(state.method, "method", "Locate"), left(state.target, "target", "Locate")
        measured = with_measured(state.options, method, target, ModelGraph(wrapped))
        if measured != state.options:
            state.options = measured
            self._find()  # masks, sizes and objectness are of the target
            target = left(state.target, "target", "Locate")
        state.layers = layers_of(wrapped, target)
        state.notices += _without_effect(state.options, method)
        for line in target.story:
            _log.debug("%s", line)
        return False

    def _find(self) -> None:
        state = self.state
        assert state.analysis is not None, "made before"
        if left(state.task, "task", "Locate").name is Task.CLASSIFICATION:
            locate_classifier(state.analysis, state, self.part)
        else:
            locate_detector(state.analysis, state)


def _without_effect(options: Options, method: MethodSpec) -> tuple[str, ...]:
    """Notices on options that change nothing in the map of a method."""
    if not options.multi_label or method.name is Method.LAYERCAM_SHARE:
        return ()
    takes_scores = options.differentiated is GradientOf.LOGIT
    changes_nothing = takes_scores if method.takes_gradients else options.effective_contrast is not Contrast.SHARE
    return (_SAID_FOR_NOTHING,) if changes_nothing else ()

"""The whole insertion over a clone: a model with the output `saliency_map` from one without."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import openvino as ov
from ovxai_patterns.classifier.site import Site

from ovxai_passes.head.cut import Head
from ovxai_passes.insert_options import NAMED, InsertOptions
from ovxai_passes.methods.spec import MethodSpec
from ovxai_passes.methods.target import Target
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.model_info.read import model_given
from ovxai_passes.model_info.recorded import check_same_map, is_augmented
from ovxai_passes.model_info.told import layout_told, retold
from ovxai_passes.ops.branch import Branch
from ovxai_passes.option_spec import documented
from ovxai_passes.options import Options
from ovxai_passes.passes.insert_saliency_map import InsertSaliencyMap, with_branch
from ovxai_passes.passes.record import report_of
from ovxai_passes.passes.state import InsertionState, left, run_stages
from ovxai_passes.report import Report
from ovxai_passes.vocabulary import Method, Task

if TYPE_CHECKING:
    from typing_extensions import Unpack

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Insertion:
    """An insertion with its intermediate results. `model`: the augmented clone."""

    model: ov.Model
    report: Report
    state: InsertionState

    @property
    def target(self) -> Target:
        """What is explained."""
        return left(self.state.target, "target", "Locate")

    @property
    def method(self) -> MethodSpec:
        """How it is explained."""
        return left(self.state.method, "method", "Locate")

    @property
    def branch(self) -> Branch:
        """The branch with the raw map."""
        return left(self.state.built, "branch", "BuildBranch").branch

    @property
    def site(self) -> Site:
        """Where a classifier is masked; detectors have no site."""
        return left(self.target.site, "site of a classifier", "Locate")

    @property
    def head(self) -> Head:
        """The head of a classifier; detectors have none."""
        return left(self.state.head, "head of a classifier", "Cut")


def insert(model: ov.Model, options: Options) -> Insertion:
    """InsertSaliencyMap over a clone of `model`. Raises as that does."""
    clone = model.clone()
    inserting = InsertSaliencyMap(options)
    run_stages(clone, (inserting,))
    state = inserting.state
    return Insertion(clone, left(state.report, "report", "Record"), state)


def plan(model: ov.Model, options: Options) -> Report:
    """What `insert` would do, and why; `model` is only read. Raises as that does."""
    clone = model.clone()
    with layout_told(clone, options) as layout_before:
        return report_of(clone, with_branch(clone, options, layout_before))


@documented(Options, NAMED)
def insert_xai(
    model: ov.Model | str | os.PathLike[str],
    task: Task | str = Task.AUTO,
    explain_method: Method | str | None = None,
    target_layer: str | Sequence[str] | None = None,
    embed_scaling: bool = True,
    **options: Unpack[InsertOptions],
) -> ov.Model:
    """A new model that computes what `model` computes and one output more, `saliency_map`.

    Parameters
    ----------
    model
        An `ov.Model`, which is not modified, or a path that `openvino.Core().read_model` reads.
    task
        What the model does: classification, detection or instance segmentation; AUTO tells from its outputs.
    explain_method
        Of classifiers ReciproCAM, ViT-ReciproCAM, ActivationMap or EigenCAM; of detectors DetClassProbabilityMap,
        ActivationMap or EigenCAM; of instance segmentation InstanceMasks or those of detectors. None chooses.
    target_layer
        Friendly name of the layer to explain, or names of a detector's class heads; None finds them.
    embed_scaling
        True: u8, maps scaled to 0..255: each by itself, or with `scaling="joint"` all classes of an image by one range.
        False: f32 class scores.
    **options
        {options}

    Returns
    -------
    The augmented model. `saliency_map` is [N,K,h,w] ([N,k,h,w] for some classes; with `top_k`, the output
    `saliency_classes` [N,k] i64 says which), or [N,h,w] for ActivationMap and EigenCAM; InstanceMasks of a model that
    takes one picture [1,K,h,w]. With `colormap` and `overlay`, pictures of it are further outputs. A model that has
    such an output already is returned as it is, with a logged notice, unless options ask for another map than it has
    (OptionError), or tell it more of itself (a clone). What it is told, as `labels` and `mean`, is written into rt_info
    `model_info`, where clients read it.

    Raises
    ------
    ModelReadError, OptionError, TargetNotFoundError, TooCostlyError
    """
    asked = Options.checked(
        task=task, method=explain_method, target_layer=target_layer, embed_scaling=embed_scaling, **options
    )
    original = model_given(model)
    if is_augmented(original):
        check_same_map(original, asked)
        _log.warning("the model has an output named %s already and is returned as it is", OUTPUT_NAME)
        return retold(original, asked)
    insertion = insert(original, asked)
    for notice in insertion.report.notices:
        _log.warning("%s", notice)
    return insertion.model

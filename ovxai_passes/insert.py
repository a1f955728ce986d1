"""The whole insertion over a clone: a model with the output `saliency_map` from one without."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import openvino as ov
from ovxai_patterns.classifier.site import Site

from ovxai_passes.errors import OptionError
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
from ovxai_passes.passes.insert_saliency_map import InsertSaliencyMap, with_branches
from ovxai_passes.passes.record import report_of
from ovxai_passes.passes.state import InsertionState, left, run_stages
from ovxai_passes.report import Report
from ovxai_passes.torch_modules.kind import is_module
from ovxai_passes.vocabulary import Method, Task

if TYPE_CHECKING:
    import torch
    from typing_extensions import Unpack

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Insertion:
    """An insertion with its intermediate results. `model`: the augmented clone; `states`: of each map.

    What is said without a method is of the first map.
    """

    model: ov.Model
    states: tuple[InsertionState, ...]

    def of_each_map(self) -> tuple[Insertion, ...]:
        """The same insertion as each of its maps sees it."""
        return tuple(Insertion(self.model, (state,)) for state in self.states)

    @property
    def state(self) -> InsertionState:
        """What the stages have left."""
        return self.states[0]

    @property
    def report(self) -> Report:
        """What was done."""
        return left(self.state.report, "report", "Record")

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


def insert(model: ov.Model, options: Options, each: Sequence[Options] | None = None) -> Insertion:
    """InsertSaliencyMap over a clone of `model`. Raises as that does."""
    clone = model.clone()
    inserting = InsertSaliencyMap(options, each)
    run_stages(clone, (inserting,))
    return Insertion(clone, inserting.states)


def plan(model: ov.Model, options: Options) -> Report:
    """What `insert` would do, and why; `model` is only read. Raises as that does."""
    return planned(model, options)[0]


def planned(model: ov.Model, options: Options) -> tuple[Report, tuple[InsertionState, ...]]:
    """The same, and what the stages before the first change have found and made, for each map."""
    clone = model.clone()
    with layout_told(clone, options) as layout_before:
        states = with_branches(clone, options, layout_before)
        return report_of(clone, states), states


@documented(Options, NAMED)
def insert_xai(  # noqa: PLR0913, PLR0917  # the parameters of openvino_xai, and what torch needs
    model: ov.Model | torch.nn.Module | str | os.PathLike[str],
    task: Task | str = Task.AUTO,
    explain_method: Method | str | Sequence[Method | str] | None = None,
    target_layer: str | Sequence[str] | None = None,
    embed_scaling: bool = True,
    example_input: torch.Tensor | None = None,
    **options: Unpack[InsertOptions],
) -> Any:
    """A new model that computes what `model` computes and one output more, `saliency_map`.

    Parameters
    ----------
    model
        An `ov.Model`, which is not modified, or a path that `read_model` reads; an ExportedProgram or a Keras model,
        which is converted; or a `torch.nn.Module`, which is not modified either.
    task
        What the model does: classification, detection or instance segmentation; AUTO tells from its outputs.
    explain_method
        Of classifiers ReciproCAM, ViT-ReciproCAM, ActivationMap or EigenCAM, and of gradients LayerCAM, LayerCAM times
        share, HiResCAM, Grad-CAM, Grad-CAM++, element-wise Grad-CAM, XGrad-CAM or Input x Gradient; of detectors
        DetClassProbabilityMap, ActivationMap, EigenCAM or the CAMs of gradients; of instance segmentation InstanceMasks
        or those of detectors. None chooses what goes without saying, BEST what measured best.
        Of several the first makes `saliency_map`, a further one `saliency_map_METHOD`, as `saliency_map_eigencam`.
    target_layer
        Friendly name of the layer to explain, or names of a detector's class heads; None finds them. Of a torch module
        the path of a part of it, as "layer4.1".
    embed_scaling
        True: u8, maps scaled to 0..255: each by itself, or with `scaling="joint"` all classes of an image by one range.
        False: f32 class scores.
    example_input
        Of a torch module: a batch like those that it will be given. None: the first one that it is given.
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

    Of a torch module: a module whose forward gives {"prediction": ..., "saliency_map": ...}. It shares the parameters
    of the original, runs in evaluation mode, and can be exported (`torch.onnx.export`, `openvino.convert_model`).

    Raises
    ------
    ModelReadError, OptionError, TargetNotFoundError, TooCostlyError
    """
    asked = Options.checked(
        task=task, method=explain_method, target_layer=target_layer, embed_scaling=embed_scaling, **options
    )
    if is_module(model):
        from ovxai_passes.torch_modules.building import explained_module  # noqa: PLC0415  # needs torch, as modules do

        return explained_module(model, asked, example_input)
    if example_input is not None:
        raise OptionError(f"example_input goes with a torch.nn.Module, not with {type(model).__name__}: leave it out")
    original = model_given(model)
    if is_augmented(original):
        check_same_map(original, asked)
        _log.warning("the model has an output named %s already and is returned as it is", OUTPUT_NAME)
        return retold(original, asked)
    insertion = insert(original, asked)
    for notice in insertion.report.all_notices:
        _log.warning("%s", notice)
    return insertion.model

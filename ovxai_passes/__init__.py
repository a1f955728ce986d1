"""Explanations inside OpenVINO models: the same model with one more output, `saliency_map`.

    import ovxai_passes as xai
    model_xai = xai.insert_xai("model.xml", task=xai.Task.CLASSIFICATION)

Any OpenVINO runtime computes the map; this package is not needed there. `Explainer`, the runtime helper, is imported
when it is asked for.
"""

from typing import Any

from ovxai_passes.errors import (
    ModelReadError,
    NoGradientError,
    OptionError,
    OvxaiError,
    StageError,
    TargetNotFoundError,
    TooCostlyError,
    VerificationError,
)
from ovxai_passes.gradients.backward import Backward, vjp
from ovxai_passes.insert import insert_xai, plan
from ovxai_passes.model_info.read import read_model
from ovxai_passes.model_info.recorded import is_augmented
from ovxai_passes.ops.branch import Branch
from ovxai_passes.options import Options
from ovxai_passes.passes.build_branch import BuildBranch
from ovxai_passes.passes.cut import Cut
from ovxai_passes.passes.finishing.colour import Colour
from ovxai_passes.passes.finishing.overlay import Overlay
from ovxai_passes.passes.finishing.pool import Pool
from ovxai_passes.passes.finishing.resize import Resize
from ovxai_passes.passes.finishing.round import Round
from ovxai_passes.passes.finishing.scale import Scale
from ovxai_passes.passes.finishing.threshold import Threshold
from ovxai_passes.passes.graft import Graft
from ovxai_passes.passes.insert_saliency_map import InsertSaliencyMap
from ovxai_passes.passes.keep_map import KeepMap
from ovxai_passes.passes.locate import Locate
from ovxai_passes.passes.record import Record
from ovxai_passes.passes.remove_saliency_map import RemoveSaliencyMap
from ovxai_passes.passes.state import InsertionState
from ovxai_passes.passes.tell import Tell
from ovxai_passes.passes.trim import Trim
from ovxai_passes.remove import remove_xai
from ovxai_passes.report import Report
from ovxai_passes.version import __version__
from ovxai_passes.vocabulary import Colormap, MapType, Mask, Method, Scaling, Task

__all__ = [
    "Backward",
    "Branch",
    "BuildBranch",
    "Colormap",
    "Colour",
    "Cut",
    "Explainer",
    "Graft",
    "InsertSaliencyMap",
    "InsertionState",
    "KeepMap",
    "Locate",
    "MapType",
    "Mask",
    "Method",
    "ModelReadError",
    "NoGradientError",
    "OptionError",
    "Options",
    "Overlay",
    "OvxaiError",
    "Pool",
    "Record",
    "RemoveSaliencyMap",
    "Report",
    "Resize",
    "Round",
    "Scale",
    "Scaling",
    "StageError",
    "TargetNotFoundError",
    "Task",
    "Tell",
    "Threshold",
    "TooCostlyError",
    "Trim",
    "VerificationError",
    "__version__",
    "insert_xai",
    "is_augmented",
    "plan",
    "read_model",
    "remove_xai",
    "vjp",
]


def __getattr__(name: str) -> Any:
    """The runtime helper, imported at first use."""
    if name == "Explainer":
        from ovxai_passes.explainer import Explainer  # noqa: PLC0415  # lazily, see above

        return Explainer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What is public, and nothing else: this is what tab completion shows."""
    return list(__all__)

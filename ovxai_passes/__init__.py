"""Explanations inside OpenVINO models: the same model with one more output, `saliency_map`.

    import ovxai_passes as xai
    model_xai = xai.insert_xai("model.xml", task=xai.Task.CLASSIFICATION)

Any OpenVINO runtime computes the map; this package is not needed there. `Explainer`, the runtime helper, is imported
when it is asked for.
"""

from typing import Any

from ovxai_passes.errors import (
    ModelReadError,
    OptionError,
    OvxaiError,
    TargetNotFoundError,
    TooCostlyError,
    VerificationError,
)
from ovxai_passes.insert import insert_xai
from ovxai_passes.options import Method, Options
from ovxai_passes.passes.cut import Cut
from ovxai_passes.passes.detectors import ExplainDetector, LocateDetector
from ovxai_passes.passes.explain import Explain
from ovxai_passes.passes.graft import Graft
from ovxai_passes.passes.keep_map import KeepMap
from ovxai_passes.passes.locate import Locate
from ovxai_passes.passes.pool import Pool
from ovxai_passes.passes.record import Record
from ovxai_passes.passes.scale import Scale
from ovxai_passes.passes.trim import Trim
from ovxai_passes.version import __version__
from ovxai_passes.vocabulary import Mask, Scaling, Task

__all__ = [
    "Cut",
    "Explain",
    "ExplainDetector",
    "Explainer",
    "Graft",
    "KeepMap",
    "Locate",
    "LocateDetector",
    "Mask",
    "Method",
    "ModelReadError",
    "OptionError",
    "Options",
    "OvxaiError",
    "Pool",
    "Record",
    "Scale",
    "Scaling",
    "TargetNotFoundError",
    "Task",
    "TooCostlyError",
    "Trim",
    "VerificationError",
    "__version__",
    "insert_xai",
]


def __getattr__(name: str) -> Any:
    """The runtime helper, imported at first use."""
    if name == "Explainer":
        from ovxai_passes.explainer import Explainer  # noqa: PLC0415  # lazily, see above

        return Explainer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""All methods that a model can be given. To add one: its file beside this one, and a line here."""

from __future__ import annotations

from ovxai_passes.methods.activation_map import ACTIVATION_MAP
from ovxai_passes.methods.class_probability import CLASS_PROBABILITY
from ovxai_passes.methods.eigencam import EIGENCAM
from ovxai_passes.methods.gradient.gradcam import GRADCAM
from ovxai_passes.methods.gradient.gradcam_elementwise import GRADCAM_ELEMENTWISE
from ovxai_passes.methods.gradient.gradcam_plus_plus import GRADCAM_PLUS_PLUS
from ovxai_passes.methods.gradient.hirescam import HIRESCAM
from ovxai_passes.methods.gradient.inputxgradient import INPUTXGRADIENT
from ovxai_passes.methods.gradient.layercam import LAYERCAM
from ovxai_passes.methods.gradient.layercam_share import LAYERCAM_SHARE
from ovxai_passes.methods.gradient.xgradcam import XGRADCAM
from ovxai_passes.methods.instance_masks import INSTANCE_MASKS
from ovxai_passes.methods.reciprocam import RECIPROCAM
from ovxai_passes.methods.spec import MethodSpec
from ovxai_passes.methods.vit_reciprocam import VIT_RECIPROCAM
from ovxai_passes.vocabulary import Method, Task

METHODS: tuple[MethodSpec, ...] = (
    RECIPROCAM,
    VIT_RECIPROCAM,
    INSTANCE_MASKS,
    CLASS_PROBABILITY,
    ACTIVATION_MAP,
    EIGENCAM,
    LAYERCAM,
    LAYERCAM_SHARE,
    HIRESCAM,
    GRADCAM,
    GRADCAM_PLUS_PLUS,
    GRADCAM_ELEMENTWISE,
    XGRADCAM,
    INPUTXGRADIENT,
)
"""The default of a task comes first; for classifiers the read-out chooses."""


def methods_of(task: Task) -> tuple[MethodSpec, ...]:
    """The methods for a task, the default first."""
    return tuple(spec for spec in METHODS if task in spec.tasks)


def method_spec(method: Method) -> MethodSpec | None:
    """What a method is, or None where models cannot be given it (black-box methods)."""
    return next((spec for spec in METHODS if spec.name is method), None)

"""The enumerations that options take. Everything may import them: this module imports nothing of the project."""

from __future__ import annotations

from enum import Enum


class Task(Enum):
    """What a model does; AUTO: told from its outputs."""

    AUTO = "auto"
    CLASSIFICATION = "classification"
    DETECTION = "detection"
    INSTANCE_SEGMENTATION = "instance_segmentation"

    @property
    def does(self) -> str:
        """What a model of this task does, as a verb."""
        verbs = {"classification": "classifies", "detection": "detects"}
        return verbs.get(self.value, "segments instances")


CLASSIFIERS, DETECTORS = (Task.CLASSIFICATION,), (Task.DETECTION, Task.INSTANCE_SEGMENTATION)
"""The tasks of each kind of model."""


class Method(Enum):
    """How a saliency map is made."""

    RECIPROCAM = "reciprocam"
    VITRECIPROCAM = "vitreciprocam"
    ACTIVATIONMAP = "activationmap"
    EIGENCAM = "eigencam"
    LAYERCAM = "layercam"
    HIRESCAM = "hirescam"
    GRADCAM = "gradcam"
    GRADCAM_PLUS_PLUS = "gradcam++"
    GRADCAM_ELEMENTWISE = "gradcam-elementwise"
    XGRADCAM = "xgradcam"
    INPUTXGRADIENT = "inputxgradient"
    LAYERCAM_SHARE = "layercam-share"
    BEST = "best"
    DETCLASSPROBABILITYMAP = "detclassprobabilitymap"
    INSTANCEMASKS = "instancemasks"
    RISE = "rise"
    AISE = "aise"


class Mask(Enum):
    """The weight of the positions in one mask: only one, or a 3x3 bell around it."""

    ONE_HOT = "onehot"
    GAUSSIAN = "gaussian"


class Scaling(Enum):
    """What a map's 0 and 255 are: its own least and largest value, those of all classes of an image, or none.

    POSITIVE, SIGNED: 0 (or 128) is the score of the empty feature map, and full scale one for all classes of an image.
    """

    MAP = "map"
    JOINT = "joint"
    POSITIVE = "positive"
    SIGNED = "signed"
    NONE = "none"

    @property
    def keeps_zero(self) -> bool:
        """Whether it keeps what is for a class apart from what is against it."""
        return self in (Scaling.POSITIVE, Scaling.SIGNED)

    @property
    def has_one_scale(self) -> bool:
        """Whether all maps of an image have one scale."""
        return self.keeps_zero or self is Scaling.JOINT


class Contrast(Enum):
    """What the score of a class is compared with: nothing, all classes (share, mean), or its best rivals (finer)."""

    NONE = "none"
    SHARE = "share"
    FINER = "finer"
    MEAN = "mean"


class GradientOf(Enum):
    """What gradient methods differentiate: a class's score, its probability, or the logarithm of that."""

    LOGIT = "logit"
    PROBABILITY = "probability"
    LOG_PROBABILITY = "log-probability"


class Defaults(Enum):
    """What options that are left out become: as in openvino_xai, or what measures best for a kind of model."""

    DROP_IN = "drop-in"
    MEASURED = "measured"


MIDDLE, LARGEST = "middle", "largest"
"""Levels of a detector that a map can be as large as."""

INPUT = "input"
"""A map as large as the picture that the model takes."""


class InputLayout(Enum):
    """The order of a picture's axes."""

    NCHW = "nchw"
    NHWC = "nhwc"


class ResizeType(Enum):
    """How a picture is fitted to the model's input, by the names of openvino-model-api.

    Stretched; with its aspect at the upper left or in the middle, the rest being of one grey level (`pad_value`); or
    its middle part cut out.
    """

    STANDARD = "standard"
    FIT_TO_WINDOW = "fit_to_window"
    LETTERBOX = "fit_to_window_letterbox"
    CROP = "crop"

    @property
    def keeps_aspect(self) -> bool:
        """Whether a picture keeps its aspect as a whole, so that a part of the input may be left free."""
        return self in (ResizeType.FIT_TO_WINDOW, ResizeType.LETTERBOX)


class Colormap(Enum):
    """The colours of a map's levels."""

    JET = "jet"
    VIRIDIS = "viridis"
    TURBO = "turbo"
    GREY = "grey"


class MapType(Enum):
    """The type of a scaled map that is not rounded to levels: 0 to 1."""

    F16 = "f16"
    F32 = "f32"

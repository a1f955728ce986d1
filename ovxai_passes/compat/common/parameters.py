"""Tasks and methods, and which methods go with which task."""

from ovxai_passes.vocabulary import Method, Task

WhiteBoxXAIMethods = {Method.ACTIVATIONMAP, Method.RECIPROCAM, Method.DETCLASSPROBABILITYMAP}
BlackBoxXAIMethods = {Method.RISE, Method.AISE}
ClassificationXAIMethods = {Method.ACTIVATIONMAP, Method.RECIPROCAM, Method.RISE, Method.AISE}
DetectionXAIMethods = {Method.DETCLASSPROBABILITYMAP}

__all__ = [
    "BlackBoxXAIMethods",
    "ClassificationXAIMethods",
    "DetectionXAIMethods",
    "Method",
    "Task",
    "WhiteBoxXAIMethods",
]

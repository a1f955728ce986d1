"""Methods of explanation, white-box and black-box."""

from ovxai_passes.compat.methods.black_box.aise.classification import AISEClassification
from ovxai_passes.compat.methods.black_box.aise.detection import AISEDetection
from ovxai_passes.compat.methods.black_box.rise import RISE
from ovxai_passes.compat.methods.white_box.activation_map import ActivationMap
from ovxai_passes.compat.methods.white_box.base import WhiteBoxMethod
from ovxai_passes.compat.methods.white_box.det_class_probability_map import DetClassProbabilityMap
from ovxai_passes.compat.methods.white_box.eigen_cam import EigenCAM
from ovxai_passes.compat.methods.white_box.recipro_cam import FeatureMapPerturbationBase, ReciproCAM, ViTReciproCAM

__all__ = [
    "RISE",
    "AISEClassification",
    "AISEDetection",
    "ActivationMap",
    "DetClassProbabilityMap",
    "EigenCAM",
    "FeatureMapPerturbationBase",
    "ReciproCAM",
    "ViTReciproCAM",
    "WhiteBoxMethod",
]

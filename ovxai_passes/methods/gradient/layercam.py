"""LayerCAM: each value of the feature map by its own gradient, where that is for the class.

    S[n,k,p] = sum_c max(G[n,k,c,p], 0) F[n,c,p]          G: gradient of the class for F

Jiang et al., LayerCAM: Exploring Hierarchical Class Activation Maps for Localization (IEEE TIP 2021, section III).
The paper takes the positive part of the map; here scaling positive does, and the raw map keeps what is below 0.
"""

from __future__ import annotations

import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.methods.gradient.rows import GradientRows
from ovxai_passes.methods.gradient.weighted import weighted_branch
from ovxai_passes.methods.spec import WITH_CLASS_SCORES, BuildRequest, Built, MethodSpec, Reads
from ovxai_passes.vocabulary import Method


def build(request: BuildRequest) -> Built:
    """Branch feature map, gradients → S [N,k,h,w] f32. Raises TargetNotFoundError, TooCostlyError."""
    return weighted_branch(request, positive_gradients)


def positive_gradients(rows: GradientRows) -> ov.Node:
    """The weights of LayerCAM, of the shape of the gradients."""
    return ops.relu(rows.gradients)


LAYERCAM = MethodSpec(Method.LAYERCAM, WITH_CLASS_SCORES, Reads.GRADIENTS, True, build, 1)

"""Element-wise Grad-CAM: each value of the feature map by its own gradient, where the product is for the class.

    S[n,k,p] = sum_c max(G[n,k,c,p] F[n,c,p], 0)          G: gradient of the class for F

Of a map that is nowhere below 0, as behind ReLU, it is LayerCAM. Tokens of transformers have values of both signs: a
negative value with a negative gradient is for the class, too, and LayerCAM takes a negative value with a positive
gradient for evidence against it. Source: GradCAMElementWise of pytorch-grad-cam 1.5.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.methods.gradient.rows import GradientRows
from ovxai_passes.methods.gradient.weighted import weighted_branch
from ovxai_passes.methods.spec import WITH_CLASS_SCORES, BuildRequest, Built, MethodSpec, Reads
from ovxai_passes.vocabulary import Method


def build(request: BuildRequest) -> Built:
    """Branch feature map, gradients → S [N,k,h,w] f32. Raises TargetNotFoundError, TooCostlyError."""
    return weighted_branch(request, _weights)


def _weights(rows: GradientRows) -> ov.Node:
    zero = ops.constant(np.float32(0))
    return ops.select(ops.greater(ops.multiply(rows.gradients, rows.features), zero), rows.gradients, zero)


GRADCAM_ELEMENTWISE = MethodSpec(Method.GRADCAM_ELEMENTWISE, WITH_CLASS_SCORES, Reads.GRADIENTS, True, build)

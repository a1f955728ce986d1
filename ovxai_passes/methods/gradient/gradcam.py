"""Grad-CAM: channels of the feature map by the mean of their gradients over positions.

    S[n,k,p] = sum_c w[n,k,c] F[n,c,p]          w[n,k,c] = 1/P sum_p G[n,k,c,p]

Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization (arXiv 1610.02391,
section 3, equations 1 and 2, before the ReLU). In early layers a mean over positions loses what gradients say of
places: use the last map.
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
    return weighted_branch(request, _weights)


def _weights(rows: GradientRows) -> ov.Node:
    return ops.reduce_mean(rows.gradients, rows.positions, True)


GRADCAM = MethodSpec(Method.GRADCAM, WITH_CLASS_SCORES, Reads.GRADIENTS, True, build)

"""HiResCAM: each value of the feature map by its own gradient.

    S[n,k,p] = sum_c G[n,k,c,p] F[n,c,p]          G: gradient of the class for F

Draelos and Carin, Use HiResCAM instead of Grad-CAM for faithful explanations (arXiv 2011.08891, section 3.3). At the
last map before a pooled linear classifier it is CAM, and ReciproCAM less the classifier's bias. Where nothing but a
LayerNorm reads a position, as at the last map of vision transformers with a class token, gradients are at right angles
to what they are of, and S is 0 but for rounding: name what the norm returns as target layer.
"""

from __future__ import annotations

import openvino as ov

from ovxai_passes.methods.gradient.rows import GradientRows
from ovxai_passes.methods.gradient.weighted import weighted_branch
from ovxai_passes.methods.spec import WITH_CLASS_SCORES, BuildRequest, Built, MethodSpec, Reads
from ovxai_passes.vocabulary import Method


def build(request: BuildRequest) -> Built:
    """Branch feature map, gradients → S [N,k,h,w] f32. Raises TargetNotFoundError, TooCostlyError."""
    return weighted_branch(request, _weights)


def _weights(rows: GradientRows) -> ov.Node:
    return rows.gradients


HIRESCAM = MethodSpec(Method.HIRESCAM, WITH_CLASS_SCORES, Reads.GRADIENTS, True, build)

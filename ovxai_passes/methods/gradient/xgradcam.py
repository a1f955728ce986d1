"""XGrad-CAM: channels by their gradients, each position counting by its share of the channel.

    S[n,k,p] = sum_c w[n,k,c] F[n,c,p]          w[n,k,c] = sum_p G[n,k,c,p] F[n,c,p] / (sum_p F[n,c,p] + 1e-7)

Fu et al., Axiom-based Grad-CAM (arXiv 2008.02312, section 3.3); the 1e-7 as in pytorch-grad-cam. A channel that sums
to nearly 0 over positions, as those of normed tokens do, has no shares: such maps are large there.
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
    sums = ops.reduce_sum(rows.features, rows.positions, True)
    by_channel = ops.reduce_sum(ops.multiply(rows.gradients, rows.features), rows.positions, True)
    return ops.divide(by_channel, ops.add(sums, ops.constant(np.float32(1e-7))))


XGRADCAM = MethodSpec(Method.XGRADCAM, WITH_CLASS_SCORES, Reads.GRADIENTS, True, build)

"""Grad-CAM++: channels by their positive gradients, places with large ones counting less.

    a[n,k,c,p] = G^2 / (2 G^2 + G^3 sum_p F[n,c,p] + 1e-6), 0 where G = 0
    w[n,k,c] = sum_p a[n,k,c,p] max(G[n,k,c,p], 0)          S[n,k,p] = sum_c w[n,k,c] F[n,c,p]

Chattopadhay et al., Grad-CAM++: Improved Visual Explanations for Deep Convolutional Networks (arXiv 1710.11063,
equation 19, for the exponential of the score); the 1e-6 as in pytorch-grad-cam.
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
    gradients, zero = rows.gradients, ops.constant(np.float32(0))
    squares = ops.multiply(gradients, gradients)
    sums = ops.reduce_sum(rows.features, rows.positions, True)
    below = ops.add(
        ops.multiply(squares, ops.constant(np.float32(2))), ops.multiply(ops.multiply(squares, gradients), sums)
    )
    shares = ops.divide(squares, ops.add(below, ops.constant(np.float32(1e-6))))
    shares = ops.select(ops.equal(gradients, zero), zero, shares)
    return ops.reduce_sum(ops.multiply(shares, ops.relu(gradients)), rows.positions, True)


GRADCAM_PLUS_PLUS = MethodSpec(Method.GRADCAM_PLUS_PLUS, WITH_CLASS_SCORES, Reads.GRADIENTS, True, build)

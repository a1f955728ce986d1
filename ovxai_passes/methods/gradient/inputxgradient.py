"""Input x Gradient: each pixel by its own gradient, summed over colours.

    S[n,k,y,x] = sum_c G[n,k,c,y,x] I[n,c,y,x]

I: the picture as the model takes it; G: gradient of the class for it. The map is as large as the picture. Where the
model itself subtracts a mean, a black pixel counts for nothing, not one of the mean colour. Gradients for pixels are
noisy: neighbours often differ in sign.

Source: Shrikumar et al., Not Just a Black Box: Learning Important Features Through Propagating Activation Differences
(arXiv 1605.01713, section 3.2).
"""

from __future__ import annotations

from ovxai_passes.methods.gradient.weighted import weighted_branch
from ovxai_passes.methods.spec import BuildRequest, Built, MethodSpec, Reads
from ovxai_passes.vocabulary import Method, Task


def build(request: BuildRequest) -> Built:
    """Branch picture, gradients → S [N,k,H,W] f32. Raises TargetNotFoundError, TooCostlyError."""
    return weighted_branch(request, lambda rows: rows.gradients)


INPUTXGRADIENT = MethodSpec(Method.INPUTXGRADIENT, (Task.CLASSIFICATION,), Reads.PICTURE_GRADIENTS, True, build)

"""LayerCAM times the share of the class at the last map: where the evidence lies, finely, and whose it is.

    S[n,k,p] = max(L[n,k,p], 0) · resize(softmax over k of R[n,k,q])

L: LayerCAM (`layercam.py`) of a map of twice the resolution. R: what the head says of a picture that looks like
position q of the last map everywhere (`mapping/filled.py`), q of the coarser grid; resized bilinearly, between the
middles of cells. LayerCAM of one level above alone lights up what other classes are told by, too.

    feature map, gradients ─▶ LayerCAM [N,k,2h,2w] ─▶ Maximum 0 ─┐
    last map ─▶ R [N,K,h,w] ─▶ Softmax ─▶ rows of the classes ─▶ Interpolate ─┴─▶ Multiply ─▶ S [N,k,2h,2w]

Needs a head that pools positions. Sources: LayerCAM, IEEE TIP 2021; the softmax as target: ShapleyCAM, arXiv
2501.06261.
"""

from __future__ import annotations

from dataclasses import replace

import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.methods.budget import check_budget
from ovxai_passes.methods.gradient.branch import WOULD_COST_LESS, gradient_rows_branch
from ovxai_passes.methods.gradient.layercam import positive_gradients
from ovxai_passes.methods.gradient.weighted import weighted_end
from ovxai_passes.methods.masked import built_branch
from ovxai_passes.methods.spec import BuildRequest, Built, MethodSpec, Reads, required
from ovxai_passes.ops.branch import Branch, together
from ovxai_passes.ops.gathering import chosen_by_image
from ovxai_passes.ops.sizes import bilinear, sizes_of
from ovxai_passes.vocabulary import Contrast, Mask, Method, Task


def build(request: BuildRequest) -> Built:
    """Branch feature maps, gradients → S [N,k,h,w] f32. Raises TargetNotFoundError, TooCostlyError."""
    target = request.target
    layercam = gradient_rows_branch(request, weighted_end(request, positive_gradients))
    last = required(target.site).target
    every = replace(target, layer=last, mask=Mask.ONE_HOT, chosen=None, top_k=None)
    share = built_branch(replace(request, target=every, from_zero=False, contrast=Contrast.SHARE))
    both = check_budget(_product(layercam.branch, share.branch, target.top_k is not None), request, WOULD_COST_LESS)
    return replace(both, notices=share.notices, has_peak=layercam.has_peak, is_ranked=True)


def _product(layercam: Branch, share: Branch, with_classes: bool) -> Branch:
    """The product of a map [N,k,H,W], whose branch also says the classes [N,k], and shares [N,K,h,w] of all classes."""
    (saliency, classes, shares), inputs = together(layercam, share)
    own = chosen_by_image(shares, classes, 1)
    made = ops.multiply(ops.relu(saliency), bilinear(own, sizes_of(saliency, [2, 3])))
    results = [ops.result(made), *([ops.result(classes)] if with_classes else [])]
    whole = ov.Model(results, list(inputs.values()), "branch")
    whole.validate_nodes_and_infer_types()
    return replace(layercam, model=whole, sources=tuple(inputs), multiplied_out=share.multiplied_out)


LAYERCAM_SHARE = MethodSpec(Method.LAYERCAM_SHARE, (Task.CLASSIFICATION,), Reads.GRADIENTS, True, build, 1)

"""ReciproCAM (Byun and Lee, arXiv 2209.14074, section 3): the class scores when only one position is left.

    S[n,k,p] = head(m_p ⊙ F_n)[k]

m_p: one-hot over the grid of the target F, constant over channels. Needs a target whose positions are read out
without another block: pooled, flattened, or class scores pooled last.
"""

from __future__ import annotations

from ovxai_passes.methods.masked import built_branch
from ovxai_passes.methods.spec import BuildRequest, Built, MethodSpec, Reads
from ovxai_passes.vocabulary import Method, Task


def build(request: BuildRequest) -> Built:
    """Branch target → S [N,K,h,w] f32, by the exact walk over the head, or the naive one where that costs less."""
    return built_branch(request)


RECIPROCAM = MethodSpec(Method.RECIPROCAM, (Task.CLASSIFICATION,), Reads.MASKED_HEAD, True, build)

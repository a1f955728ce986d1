"""ViT-ReciproCAM (Byun and Lee, arXiv 2310.02588, section 3): the class scores when the last k blocks see one place.

    S[n,k,p] = head(m_p ⊙ x_n, m_p ⊙ norm1(x_n))[k]

x: input of the k-th last attention block; the mask weighs its skip path and what its first norm gives to the
attention (post-norm and parallel blocks: x alone). m_p: a 3x3 bell (or one-hot) around p; kept tokens always weigh 1.
The site holds these edges, the head the masks on them.
"""

from __future__ import annotations

from ovxai_passes.methods.masked import built_branch
from ovxai_passes.methods.spec import BuildRequest, Built, MethodSpec, Reads
from ovxai_passes.vocabulary import Method, Task


def build(request: BuildRequest) -> Built:
    """Branch target → S [N,K,h,w] f32, by the exact walk over the head, or the naive one where that costs less."""
    return built_branch(request)


VIT_RECIPROCAM = MethodSpec(Method.VITRECIPROCAM, (Task.CLASSIFICATION,), Reads.MASKED_HEAD, True, build)

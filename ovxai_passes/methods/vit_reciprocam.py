"""ViT-ReciproCAM (Byun and Lee, arXiv 2310.02588, section 3): the class scores when the last k blocks see one place.

    S[n,k,p] = head(m_p ⊙ x_n, m_p ⊙ norm1(x_n))[k]

x: input of the k-th last attention block; the mask weighs its skip path and what its first norm gives to the
attention (post-norm and parallel blocks: x alone). m_p: a 3x3 bell (or one-hot) around p; kept tokens always weigh 1.
The site holds these edges, the head the masks on them.
"""

from __future__ import annotations

from ovxai_patterns.classifier.site import Site

from ovxai_passes.head.cut import Head
from ovxai_passes.mapping.walk import mapped_head
from ovxai_passes.methods.repeat import repeated_head
from ovxai_passes.ops.branch import Branch
from ovxai_passes.vocabulary import Mask


def vit_reciprocam(site: Site, head: Head, mask: Mask, reference: bool = False) -> Branch:
    """Branch block input → S [N,K,h,w] f32; `reference`: the naive one. Raises NoRuleError as reciprocam does."""
    return repeated_head(site, head, mask) if reference else mapped_head(site, head, mask)

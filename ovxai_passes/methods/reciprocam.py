"""ReciproCAM (Byun and Lee, arXiv 2209.14074, section 3): the class scores when only one position is left.

    S[n,k,p] = head(m_p ⊙ F_n)[k]

m_p: one-hot over the grid of the target F, constant over channels. Needs a target whose positions are read out
without another block: pooled, flattened, or class scores pooled last.
"""

from __future__ import annotations

from ovxai_patterns.classifier.site import Site

from ovxai_passes.head.cut import Head
from ovxai_passes.mapping.walk import mapped_head
from ovxai_passes.methods.repeat import repeated_head
from ovxai_passes.ops.branch import Branch
from ovxai_passes.vocabulary import Mask


def reciprocam(site: Site, head: Head, mask: Mask, reference: bool = False) -> Branch:
    """Branch target → S [N,K,h,w] f32; `reference`: the naive one. Raises NoRuleError where the exact one cannot be."""
    return repeated_head(site, head, mask) if reference else mapped_head(site, head, mask)

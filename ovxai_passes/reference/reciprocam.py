"""The definition of ReciproCAM (Byun and Lee, arXiv 2209.14074, section 3): the head under each mask in turn."""

from __future__ import annotations

from ovxai_passes.reference.given import Given
from ovxai_passes.reference.masked import Floats, masked_definition


def definition(given: Given) -> Floats:
    """The raw map [N,K,P] f32."""
    return masked_definition(given)

"""What torch objects are told by; torch is not imported for it."""

from __future__ import annotations

import sys


def is_module(model: object) -> bool:
    """Whether an object is a torch module. There is none where torch has not been imported."""
    found = sys.modules.get("torch")
    return found is not None and isinstance(model, found.nn.Module)

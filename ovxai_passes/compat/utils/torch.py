"""torch, imported when it is asked for: `from ... import torch` raises ImportError where it is not installed."""

from __future__ import annotations

import sys
from typing import Any


def is_module(model: object) -> bool:
    """Whether an object is a torch module; torch is not imported for it."""
    found = sys.modules.get("torch")
    return found is not None and isinstance(model, found.nn.Module)


def __getattr__(name: str) -> Any:
    if name == "torch":
        import torch  # noqa: PLC0415  # an optional extra, imported where used

        return torch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

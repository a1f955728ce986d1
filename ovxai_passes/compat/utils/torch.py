"""torch, imported when it is asked for: `from ... import torch` raises ImportError where it is not installed."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if name == "torch":
        import torch  # noqa: PLC0415  # an optional extra, imported where used

        return torch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

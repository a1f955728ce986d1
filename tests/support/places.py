"""Where the checkout is, and what lies beside it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "tools" / "weights"
BESIDE = ROOT.parent / "shared"

"""How sure a model is of a class, in words."""

from __future__ import annotations

UNSEEN = 0.1
"""A model that is less sure than this does not see the class."""


def percent(share: float) -> str:
    """A probability in percent: a decimal where it is near one of the ends."""
    value = 100 * share
    if value < 0.05:
        return "under 0.1 %" if value > 0 else "0 %"
    if 10 <= value < 98.95:
        return f"{value:.0f} %"
    return f"{value:.1f}".removesuffix(".0") + " %"


def sureness(score: float) -> str:
    """In percent; a score that is no probability is told as it is."""
    return percent(score) if 0 <= score <= 1 else f"score {score:.3g}"

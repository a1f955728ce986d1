"""What the least and the largest level of a map mean, in words."""

from __future__ import annotations

from dataclasses import dataclass

from ovxai_passes.vocabulary import Scaling


@dataclass(frozen=True)
class Legend:
    """The words at the ends of a bar of colours, and in its middle."""

    low: str
    high: str
    middle: str = ""


_OF_SCALING = {
    Scaling.POSITIVE: Legend("no evidence", "most evidence for any class"),
    Scaling.SIGNED: Legend("against the class", "for the class", "neither"),
    Scaling.JOINT: Legend("least of all classes", "most of all classes"),
    Scaling.MAP: Legend("least of this map", "most of this map"),
}


def legend_of(scaling: str, ends: tuple[float, float]) -> Legend:
    """The legend of a map that is scaled so; `ends`: the least and the largest of its values, which raw scores show."""
    known = _OF_SCALING.get(Scaling(scaling))
    return known or Legend(f"score {ends[0]:.3g}", f"score {ends[1]:.3g}")

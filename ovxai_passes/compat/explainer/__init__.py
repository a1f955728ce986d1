"""The interface for explanations."""

from ovxai_passes.compat.explainer.explainer import Explainer, ExplainMode
from ovxai_passes.compat.explainer.explanation import Explanation, Layout
from ovxai_passes.compat.explainer.visualizer import Visualizer, colormap, overlay, resize

__all__ = [
    "ExplainMode",
    "Explainer",
    "Explanation",
    "Layout",
    "Visualizer",
    "colormap",
    "overlay",
    "resize",
]

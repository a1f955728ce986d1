"""From maps to pictures."""

from ovxai_passes.explainer import Visualizer, colormap, overlay, resize

__all__ = ["Visualizer", "colormap", "overlay", "resize"]

"""Names of the outputs that an insertion adds."""

from __future__ import annotations

OUTPUT_NAME = "saliency_map"


CLASSES_NAME = "saliency_classes"


FEATURES_NAME = "feature_vector"


COLORS_NAME = "saliency_colors"


OVERLAY_NAME = "saliency_overlay"

"""Names of the outputs that an insertion adds."""

from __future__ import annotations

from ovxai_passes.vocabulary import Method

OUTPUT_NAME = "saliency_map"
"""The map, of several methods that of the first one."""


CLASSES_NAME = "saliency_classes"


FEATURES_NAME = "feature_vector"


COLORS_NAME = "saliency_colors"


OVERLAY_NAME = "saliency_overlay"


def further_name(method: Method) -> str:
    """The output of a further method, of letters and underscores: saliency_map_gradcam_plus_plus."""
    return f"{OUTPUT_NAME}_{method.name.lower()}"


MAP_NAMES = (OUTPUT_NAME, *map(further_name, Method))
"""The outputs that are maps."""

ADDED = frozenset({*MAP_NAMES, CLASSES_NAME, COLORS_NAME, OVERLAY_NAME, FEATURES_NAME})
"""The outputs that an insertion adds."""

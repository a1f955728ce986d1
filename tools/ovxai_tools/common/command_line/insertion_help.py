"""Where help lists the options of an insertion, and the words that stand for their values."""

from __future__ import annotations

from ovxai_tools.common.command_line.help_page import CLASSES, COST, EXPERT, OUTPUT, PICTURE, WHAT

INPUT_OPTIONS = ("preprocess", "mean", "scale", "bgr", "layout", "resize_type", "pad_value")
"""Those that say how the model takes pictures."""

INSERTION_GROUPS = {
    WHAT: ("task", "method", "defaults", "scaling", "contrast"),
    CLASSES: ("classes", "top_k", "labels", "multi_label", "background", "keep_background"),
    PICTURE: INPUT_OPTIONS,
    OUTPUT: (
        *("saliency_map_size", "threshold", "output_dtype", "colormap", "overlay", "feature_vector", "only_map"),
        *("embed_scaling",),
    ),
    COST: ("max_cost", "max_tensor_gib", "trim"),
    EXPERT: (
        *("target_layer", "patterns", "level", "k", "mask", "gradient_of", "output", "num_anchors", "objectness"),
        *("keep_quantization", "reference"),
    ),
}
"""Heading → names of options, in the order in which they are listed."""

VALUE_WORDS = {
    "method": "METHOD",
    "gradient_of": "SCORE",
    "resize_type": "HOW",
    "level": "N",
    "k": "K",
    "top_k": "K",
    "num_anchors": "N",
    "background": "NUMBER",
    "pad_value": "LEVEL",
    "max_cost": "TIMES",
    "max_tensor_gib": "GIB",
    "threshold": "SHARE",
}
"""Name of an option → the word for its value, where the option itself says none."""


def groups_with(**more: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The groups of an insertion with further options of a command; keywords are `what`, `classes`, `picture`, ..."""
    titles = {"what": WHAT, "classes": CLASSES, "picture": PICTURE, "output": OUTPUT, "cost": COST, "expert": EXPERT}
    added = {titles[name]: names for name, names in more.items()}
    return {title: (*names, *added.get(title, ())) for title, names in INSERTION_GROUPS.items()}

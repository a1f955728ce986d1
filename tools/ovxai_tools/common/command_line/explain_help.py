"""The help of ovxai-explain: examples, and its options in groups."""

from __future__ import annotations

from ovxai_tools.common.command_line.exit_codes import LEFT_OUT, NO_TARGET
from ovxai_tools.common.command_line.help_page import (
    CLASSES,
    COST,
    EXPERT,
    OUTPUT,
    PICTURE,
    WHAT,
    HelpPage,
)
from ovxai_tools.common.command_line.insertion_help import INPUT_OPTIONS

EXPLAIN_HELP = HelpPage(
    examples=(
        (
            "what a demo model says of its pictures, with a page to look at",
            "ovxai explain demo:cnn tools/ovxai_tools/demo/data --output explained",
        ),
        ("the best three classes of a photo", "ovxai explain model.xml photo.jpg --output explained --top-k 3"),
        ("given classes, by their names", "ovxai explain model.xml photo.jpg --output explained --targets cat,dog"),
        (
            "all photos below a folder, eight at a time, for a model that was trained in PyTorch",
            "ovxai explain model.xml photos --recursive --batch 8 --preprocess imagenet --output explained",
        ),
        (
            "two methods side by side",
            "ovxai explain model.xml photos --output explained --method reciprocam --method best",
        ),
        (
            "without looking inside the model: a quick look",
            "ovxai explain model.xml 'photos/*.jpg' --output explained --black-box --preset speed",
        ),
    ),
    groups={
        WHAT: ("recursive", "listed", "methods", "compare", "black_box", "defaults", "scaling", "contrast"),
        CLASSES: ("targets", "top_k", "labels"),
        PICTURE: INPUT_OPTIONS,
        OUTPUT: (
            *("output", "size", "colormap", "overlay_weight", "overlay_format", "single_file"),
            *("force", "as_json", "quiet"),
        ),
        COST: ("preset", "batch", "device"),
        EXPERT: ("shapes", "config", "log_level"),
    },
    codes=(NO_TARGET, LEFT_OUT),
)

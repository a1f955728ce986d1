"""The options of `insert_xai` as an editor sees them. What they mean: `Options`, whose fields these are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from ovxai_patterns.matchers.pattern import GraphPattern

from ovxai_passes.vocabulary import (
    Colormap,
    Contrast,
    Defaults,
    GradientOf,
    InputLayout,
    MapType,
    Mask,
    ResizeType,
    Scaling,
)

NAMED = ("task", "method", "target_layer", "embed_scaling")
"""Fields of `Options` that are parameters of `insert_xai` by themselves (method: `explain_method`)."""


class InsertOptions(TypedDict, total=False):
    """The further options, with the types that they take: enumerations also by value, tuples as any sequence."""

    defaults: Defaults | str | None
    patterns: Sequence[type[GraphPattern]] | type[GraphPattern]
    scaling: Scaling | str | None
    contrast: Contrast | str | None
    multi_label: bool
    gradient_of: GradientOf | str | None
    level: int | None
    k: int | None
    mask: Mask | str | None
    output: int | str | None
    keep_quantization: bool
    reference: bool
    classes: Sequence[int | str] | int | str | None
    labels: Sequence[str] | None
    top_k: int | None
    max_cost: float
    max_tensor_gib: float
    trim: bool
    feature_vector: bool
    only_map: bool
    num_anchors: Sequence[int] | int | None
    background: int | None
    keep_background: bool
    objectness: bool | None
    saliency_map_size: Sequence[int] | str | None
    threshold: float | None
    output_dtype: MapType | str | None
    colormap: Colormap | str | None
    overlay: float | None
    mean: Sequence[float] | float | None
    scale: Sequence[float] | float | None
    bgr: bool | None
    layout: InputLayout | str | None
    resize_type: ResizeType | str | None
    pad_value: int | None

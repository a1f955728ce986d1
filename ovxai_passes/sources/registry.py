"""All sources, and asking them."""

from __future__ import annotations

import logging
from pathlib import Path

import openvino as ov

from ovxai_passes.sources.hugging_face import HUGGING_FACE
from ovxai_passes.sources.keras import KERAS
from ovxai_passes.sources.source import Source
from ovxai_passes.sources.torch_export import TORCH_EXPORT

_log = logging.getLogger(__name__)

SOURCES: tuple[Source, ...] = (HUGGING_FACE, TORCH_EXPORT, KERAS)
"""In the order in which they are asked."""


def source_of(path: Path) -> Source | None:
    """The source that takes a path, or None: then it is for OpenVINO itself."""
    for source in SOURCES:
        reason = source.declines(path)
        if not reason:
            return source
        _log.debug("%s is no %s: %s", path, source.kind, reason)
    return None


def converted_object(given: object) -> ov.Model | None:
    """A model of another framework that a caller holds, converted, or None where it is none. Raises ModelReadError."""
    for source in SOURCES:
        if source.is_one is not None and source.convert is not None and source.is_one(given):
            return source.convert(given)
    return None

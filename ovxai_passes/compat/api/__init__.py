"""The insertion as a function."""

from ovxai_passes.compat.api.api import insert_xai

__all__ = ["insert_xai"]

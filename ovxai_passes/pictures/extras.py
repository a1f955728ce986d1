"""The packages behind pictures, imported where they are used."""

from __future__ import annotations

import importlib.util
from typing import Any

from ovxai_passes.errors import MissingExtraError

_HINT = "pip install 'ovxai-passes[image]'"


def opencv(what: str) -> Any:
    """The module cv2, of whichever package provides it. `what` needs it. Raises MissingExtraError."""
    try:
        import cv2  # noqa: PLC0415  # an optional extra, imported where used
    except ImportError as error:
        raise MissingExtraError(f"{what} need OpenCV: {_HINT}") from error
    return cv2


def pillow(what: str) -> Any:
    """The module PIL, with Image, ImageDraw, ImageFont and ImageOps. `what` needs it. Raises MissingExtraError."""
    try:
        import PIL.Image  # noqa: PLC0415  # an optional extra, imported where used
        import PIL.ImageDraw  # noqa: PLC0415
        import PIL.ImageFont  # noqa: PLC0415
        import PIL.ImageOps  # noqa: PLC0415
    except ImportError as error:
        # the extra would put its own build of OpenCV over one that is there
        hint = "pip install Pillow" if importlib.util.find_spec("cv2") else _HINT
        raise MissingExtraError(f"{what} need Pillow: {hint}") from error
    return PIL

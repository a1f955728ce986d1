"""Picture files in and out. Needs the extra `image` (Pillow)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ovxai_passes.errors import MissingExtraError, OptionError
from ovxai_tools.common.exits import OutputError
from ovxai_tools.pictures.pixels import decoded, picture_file

if TYPE_CHECKING:
    from PIL import Image

_WRITTEN = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")


def pillow() -> None:
    """Raise MissingExtraError where Pillow is not installed."""
    try:
        import PIL.Image  # noqa: F401, PLC0415  # an optional extra, imported where used
    except ImportError:
        raise MissingExtraError("pictures need Pillow: pip install 'ovxai-passes[image]'") from None


def check_picture_name(path: Path) -> None:
    """Raises OutputError where a picture cannot be written as what its name says, MissingExtraError."""
    pillow()
    from PIL import Image  # noqa: PLC0415  # an optional extra, imported where used

    Image.init()
    kind = Image.registered_extensions().get(path.suffix.lower())
    if path.suffix.lower() not in _WRITTEN or kind not in Image.SAVE:
        raise OutputError(
            f"cannot write {path}: give a name that ends in one of {' '.join(_WRITTEN)}, which says its kind"
        )


def open_picture(path: Path) -> Image.Image:
    """A picture file as RGB of 8 bits, upright as its camera says, what is transparent on white.

    Grey of 16 bits is scaled. Raises OptionError (also for pictures of more than `MOST_PIXELS`), MissingExtraError.
    """
    pillow()
    try:
        with picture_file(path) as file:
            return decoded(file, path)
    except OptionError:
        raise
    except Exception as error:  # Pillow raises many types for what is no picture
        raise OptionError(f"cannot read the picture {path}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if type(error).__name__ == "UnidentifiedImageError":  # it says which object of Python it has read
        return "it is of no kind that Pillow reads"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)

"""Pictures in, pictures out. Needs the extra `image` (Pillow)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.assumed import ShapesError
from ovxai_patterns.analysis.layout import assumed_inputs, picture_axes

from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.rt_info import said_in
from ovxai_tools.common.exits import MissingExtraError, OutputError
from ovxai_tools.pictures.pixels import decoded, picture_file

if TYPE_CHECKING:
    from PIL import Image

_NUMBER = re.compile(r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?")

_WRITTEN = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")

_TILE = 256

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Preparation:
    """How pixels become input: `(pixels - mean) / scale`, RGB unless `bgr`; one value for all channels or one each."""

    mean: tuple[float, ...] = (0.0,)
    scale: tuple[float, ...] = (1.0,)
    bgr: bool = False

    @classmethod
    def stated(cls, mean: tuple[float, ...] | None, scale: tuple[float, ...] | None, bgr: bool) -> Preparation | None:
        """What a command line says; None where it says nothing."""
        if mean is None and scale is None and not bgr:
            return None
        return cls(mean or (0.0,), scale or (1.0,), bgr)

    @classmethod
    def from_model(cls, model: ov.Model) -> Preparation:
        """What rt_info `model_info` says (mean_values, scale_values, ...), else pixels as they are.

        Signed bytes begin 128 below pixels, so that is their mean.
        """

        def said(key: str) -> str:
            return said_in(model, "model_info", key)

        mean = tuple(float(part) for part in _NUMBER.findall(said("mean_values")))
        scale = tuple(float(part) for part in _NUMBER.findall(said("scale_values")))
        signed = any(
            picture_axes(node) is not None and node.get_element_type() == ov.Type.i8 for node in model.get_parameters()
        )
        bgr = said("reverse_input_channels").lower() in ("true", "yes", "1")
        return cls(mean or (128.0 if signed else 0.0,), scale or (1.0,), bgr)


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


def as_inputs(picture: Image.Image, model: ov.Model, preparation: Preparation) -> list[npt.NDArray[np.generic]]:
    """The inputs of a model for a picture: it goes to the first input that is a picture, zeros to the others."""
    takes = [picture_axes(parameter) is not None for parameter in model.get_parameters()]
    place = takes.index(True) if True in takes else 0
    return [
        as_input(picture, model, preparation, place)
        if number == place
        else np.zeros(shape, port.get_element_type().to_dtype())
        for number, (port, shape) in enumerate(zip(model.inputs, _shapes(model), strict=True))
    ]


def _shapes(model: ov.Model) -> list[list[int]]:
    try:
        return assumed_inputs(model)
    except ShapesError as error:
        raise OptionError(str(error)) from error


def as_input(
    picture: Image.Image, model: ov.Model, preparation: Preparation, place: int = 0
) -> npt.NDArray[np.generic]:
    """A picture resized (bicubic) and laid out as an input of the model asks, batch of 1 or the model's static one.

    A dynamic height or width becomes what the analysis assumes, 224 where the model allows it.

    Raises OptionError for inputs that are no picture.
    """
    port, parameter = model.inputs[place], model.get_parameters()[place]
    axes, shape = picture_axes(parameter), port.get_partial_shape()
    if axes is None:
        raise OptionError(f"the model's input {shape} is no picture: leave out --image, --preview")
    channel_axis = ({1, 2, 3} - set(axes)).pop()
    taken = _shapes(model)[place]
    height, width, channels = (taken[axis] for axis in (*axes, channel_axis))
    if channels not in (1, 3, 4):
        raise OptionError(f"the model takes pictures of {channels} channels: leave out --image, --preview")
    if any(len(part) not in (1, channels) for part in (preparation.mean, preparation.scale)):
        raise OptionError(f"mean and scale take 1 or {channels} numbers each for this model")
    sized = picture.convert("L" if channels == 1 else "RGBA" if channels == 4 else "RGB").resize((width, height))
    pixels: npt.NDArray[np.float32] = np.asarray(sized, np.float32).reshape(height, width, channels)
    if preparation.bgr and channels == 3:
        pixels = pixels[..., ::-1]
    pixels = np.divide(pixels - np.array(preparation.mean), np.array(preparation.scale), dtype=np.float32)
    laid = pixels.transpose(2, 0, 1) if channel_axis == 1 else pixels
    dtype = port.get_element_type().to_dtype()
    if np.issubdtype(dtype, np.integer):
        laid = np.clip(np.rint(laid), np.iinfo(dtype).min, np.iinfo(dtype).max)
    return np.repeat(laid[None].astype(dtype), taken[0], axis=0)


def jet(levels: Pixels) -> Pixels:
    """Grey levels [...] to the JET colours [...,3], RGB: blue, cyan, yellow, red."""
    value = levels[..., None].astype(np.float32) / 255
    centres = np.array([0.75, 0.5, 0.25], np.float32)
    return (np.clip(1.5 - 4 * np.abs(value - centres), 0, 1) * 255 + 0.5).astype(np.uint8)


def triptych(picture: Image.Image, levels: Pixels, caption: str) -> Image.Image:
    """The picture, its map [h,w] u8, and the map laid over the picture, side by side above a caption."""
    return strip([picture, cells(levels), overlay(picture, levels)], picture.width / picture.height, caption)


def cells(levels: Pixels) -> Image.Image:
    """A map [h,w] u8 in colours, cell by cell."""
    from PIL import Image  # noqa: PLC0415  # an optional extra, imported where used

    return Image.fromarray(jet(levels)).resize((_TILE, _TILE), Image.Resampling.NEAREST)


def overlay(picture: Image.Image, levels: Pixels, weight: float = 0.5) -> Image.Image:
    """A map [h,w] u8, smoothed, laid over a picture."""
    from PIL import Image  # noqa: PLC0415  # an optional extra, imported where used

    size = (_tile_width(picture.width / picture.height), _TILE)
    smooth = np.asarray(Image.fromarray(levels).resize(size, Image.Resampling.BILINEAR))
    shown = np.asarray(picture.resize(size, Image.Resampling.BICUBIC), np.float32)
    return Image.fromarray((shown * (1 - weight) + jet(smooth) * np.float32(weight)).astype(np.uint8))


def strip(parts: list[Image.Image], aspect: float, caption: str) -> Image.Image:
    """Pictures of one aspect (width / height) side by side above a caption."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415  # an optional extra, imported where used

    width, gap, bar = _tile_width(aspect), 8, 24
    sheet = Image.new("RGB", (len(parts) * width + (len(parts) - 1) * gap, _TILE + bar), "white")
    for place, part in enumerate(parts):
        sharp = Image.Resampling.NEAREST if part.size == (_TILE, _TILE) else Image.Resampling.BICUBIC
        sheet.paste(part.resize((width, _TILE), sharp), (place * (width + gap), 0))
    ImageDraw.Draw(sheet).text((4, _TILE + 5), caption, "black", ImageFont.load_default(13))
    return sheet


def _tile_width(aspect: float) -> int:
    return max(1, min(4 * _TILE, round(_TILE * aspect)))

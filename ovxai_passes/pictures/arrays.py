"""Pictures as arrays: HWC or CHW, one or a batch of one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError

Array = npt.NDArray[Any]


def as_bhwc(image: Array) -> Array:
    """A picture [H,W], [H,W,C], [C,H,W] or a batch of these as [B,H,W,C]. Raises OptionError."""
    image = np.asarray(image)
    if image.ndim == 2:
        image = image[:, :, None]
    if image.ndim == 3:
        image = image[None]
    if image.ndim != 4:
        raise OptionError(f"a picture has two to four axes (HW, HWC, CHW, BHWC, BCHW), not {image.ndim}")
    return image if is_bhwc(image) else image.transpose(0, 2, 3, 1)


def in_levels(image: Array) -> Array:
    """The values of a picture as 0..255: u16, white at 65535, is scaled; others are so already."""
    return image * np.float32(255 / 65535) if image.dtype == np.uint16 else image


def is_bhwc(image: Array) -> bool:
    """Whether channels are the last of four axes: where the last one is 1, 3 or 4, or at least the smallest."""
    _, first, second, last = image.shape
    if (last in (1, 3, 4)) != (first in (1, 3, 4)):
        return last in (1, 3, 4)
    if (last in (3, 4)) != (first in (3, 4)):
        return last in (3, 4)
    return bool(first > last and second > last)


def size_of(image: Array) -> tuple[int, int]:
    """Height and width of a picture."""
    shape = as_bhwc(image).shape
    return int(shape[1]), int(shape[2])

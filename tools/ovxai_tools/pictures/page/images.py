"""Where the pictures of a page are: in a folder beside it, or inside it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ovxai_passes.pictures.encoding import encoded
from ovxai_passes.pictures.resizing import resize_picture
from ovxai_tools.pictures.page.shown import EMBEDDED

Picture = npt.NDArray[np.uint8]

FOLDER = "index_files"
"""The folder beside index.html."""

_QUALITY = 85


@dataclass(frozen=True)
class ImageStore:
    """`staged`: where a folder FOLDER is to be filled; None: pictures go into the page."""

    staged: Path | None

    @property
    def longest(self) -> int:
        """The longer side of pictures that are enlarged: a page of one file is to stay small enough to be sent."""
        return 512 if self.staged is None else 1024

    def put(self, picture: Picture, name: str) -> str:
        """A picture RGB u8 [H,W,3] as what an `img` names: a file of FOLDER, from the folder of the page, or itself."""
        data = encoded(picture, ".jpg", _QUALITY)
        if self.staged is None:
            return f"{EMBEDDED}image/jpeg;base64,{base64.b64encode(data).decode()}"
        (self.staged / FOLDER).mkdir(exist_ok=True)
        (self.staged / FOLDER / name).write_bytes(data)
        return f"{FOLDER}/{name}"

    def large(self, picture: Picture) -> Picture:
        """A picture as it is enlarged: no larger than `longest`."""
        height, width = picture.shape[:2]
        share = self.longest / max(height, width)
        if share >= 1:
            return picture
        return resize_picture(picture, (max(1, round(height * share)), max(1, round(width * share))))

"""A page of pictures, each beside its overlays: one HTML file that needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from ovxai_passes.pictures.encoding import encoded
from ovxai_passes.pictures.resizing import resize_picture
from ovxai_tools.pictures.page.document import document, escaped, left_out, resource

Picture = npt.NDArray[np.uint8]

_WIDTH, _TALLEST = 256, 1024
_QUALITY = 88
_STYLE = "sheet.css"


def page(title: str, rows: Iterable[str], skipped: Sequence[str], style: str = "") -> Iterator[str]:
    """The parts of the page, to be written one after the other. `skipped`: a sentence for each unreadable picture.

    `style`: rules of CSS beside those of all pages.
    """
    body = chain([f"<h1>{escaped(title)}</h1>\n"], rows, [left_out(skipped)])
    return document(title, body, [resource(_STYLE), style])


def row(name: str, figures: Sequence[str]) -> str:
    """One picture's part of the page."""
    return "\n".join([f"<h2>{escaped(name)}</h2>", '<div class="row">', *figures, "</div>", ""])


def figure(small: Picture, label: str, said_of_it: float | str | None) -> str:
    """A `thumbnail` above its label and a score, or some words, some 20 kB."""
    words = f"{said_of_it:.3g}" if isinstance(said_of_it, float) else said_of_it
    said = "" if words is None else f' <span class="score">{escaped(words)}</span>'
    image = f'<img alt="{escaped(label)}" src="{_embedded(small)}">'
    return f"<figure>{image}<figcaption>{escaped(label)}{said}</figcaption></figure>"


def thumbnail(picture: Picture) -> Picture:
    """A picture RGB u8 [H,W,3] as large as the page shows it."""
    height, width = picture.shape[:2]
    size = (min(max(1, round(height * _WIDTH / width)), _TALLEST), _WIDTH)
    whole = min(height // size[0], width // size[1])
    if whole > 1:  # means over whole pixels, which are four times as fast as over parts of them
        cut = (height // whole, width // whole)
        return resize_picture(resize_picture(picture[: cut[0] * whole, : cut[1] * whole], cut), size, "linear")
    return resize_picture(picture, size)


def _embedded(small: Picture) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(encoded(small, '.jpg', _QUALITY)).decode()}"

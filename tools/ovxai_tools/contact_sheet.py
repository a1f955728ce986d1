"""A page of pictures, each beside its overlays: one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

_WIDTH, _TALLEST = 256, 1024
_STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 1180px; padding: 0 1rem; color: #222; }
h1 { font-size: 1.3rem; } h2 { font-size: 1rem; margin: 2rem 0 .5rem; word-break: break-all; }
.row { display: flex; flex-wrap: wrap; gap: 12px; } figure { margin: 0; width: 256px; }
img { width: 100%; height: auto; display: block; border-radius: 4px; }
figcaption { font-size: .85rem; padding: .2rem 0; }
.score { color: #666; } @media (prefers-color-scheme: dark) { body { background: #161616; color: #ddd; } }
"""


@dataclass(frozen=True)
class Shown:
    """An overlay, the class it is of, and the score."""

    overlay: Image.Image
    label: str
    score: float | None


@dataclass(frozen=True)
class Entry:
    """A picture with its overlays."""

    name: str
    picture: Image.Image
    shown: Sequence[Shown]


def contact_sheet(title: str, entries: Sequence[Entry], skipped: Sequence[str]) -> str:
    """The page. `skipped`: a sentence for each picture that could not be read."""
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>',
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>',
        f"<h1>{html.escape(title)}</h1>",
    ]
    for entry in entries:
        parts += [f"<h2>{html.escape(entry.name)}</h2>", '<div class="row">', _figure(entry.picture, "picture", None)]
        parts += [_figure(one.overlay, one.label, one.score) for one in entry.shown]
        parts.append("</div>")
    if skipped:
        parts += ["<h2>Left out</h2><ul>", *(f"<li>{html.escape(line)}</li>" for line in skipped), "</ul>"]
    return "\n".join([*parts, "</body></html>", ""])


def _figure(picture: Image.Image, label: str, score: float | None) -> str:
    said = "" if score is None else f' <span class="score">{score:.3g}</span>'
    image = f'<img alt="{html.escape(label, quote=True)}" src="{_embedded(picture)}">'
    return f"<figure>{image}<figcaption>{html.escape(label)}{said}</figcaption></figure>"


def _embedded(picture: Image.Image) -> str:
    height = min(max(1, round(picture.height * _WIDTH / picture.width)), _TALLEST)
    file = io.BytesIO()
    picture.convert("RGB").resize((_WIDTH, height)).save(file, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"

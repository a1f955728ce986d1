"""The frame of a page: one HTML file with its styles and scripts inside, and nothing from elsewhere."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files

BASE = "base.css"
"""The style of all pages: colours in light and dark, letters, focus."""


def document(title: str, body: Iterable[str], styles: Sequence[str], scripts: Sequence[str] = ()) -> Iterator[str]:
    """The parts of a page, to be written one after the other. `styles`, `scripts`: their text, beside that of BASE."""
    yield "<!doctype html>\n"
    yield f'<html lang="en"><head><meta charset="utf-8"><title>{escaped(title)}</title>\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<link rel="icon" href="data:,">\n'  # else servers are asked for one
    yield f"<style>\n{resource(BASE)}{''.join(styles)}</style></head><body>\n"
    yield from body
    for script in scripts:
        yield f'<script type="module">\n{script}</script>\n'
    yield "</body></html>\n"


def left_out(sentences: Sequence[str]) -> str:
    """A list of what could not be shown, a sentence each; nothing where there is none."""
    if not sentences:
        return ""
    return f"<h2>Left out</h2><ul>{''.join(f'<li>{escaped(line)}</li>' for line in sentences)}</ul>\n"


def resource(name: str) -> str:
    """The text of a file of resources/."""
    return (files(__package__) / "resources" / name).read_text(encoding="utf-8")


def escaped(text: str) -> str:
    """Text in HTML; names of files may hold bytes that are no UTF-8, which are shown as escapes."""
    return html.escape(text.encode("utf-8", "backslashreplace").decode(), quote=True)

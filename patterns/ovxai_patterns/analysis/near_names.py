"""Names that a misspelt one may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, names: Iterable[str], most: int = 3) -> str:
    """`; did you mean 'a' or 'b'?` of the nearest names, the nearest first; nothing where none is near."""
    close = difflib.get_close_matches(name, list(names), most, 0.5)
    return f"; did you mean {' or '.join(repr(one) for one in close)}?" if close else ""

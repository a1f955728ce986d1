"""One picture's part of the page: the picture, and beside it its maps, each with its class and its probability."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from urllib.parse import quote

from ovxai_tools.pictures.page.document import escaped
from ovxai_tools.pictures.page.facts import FAINT_MEANS
from ovxai_tools.pictures.page.shown import EMBEDDED, ShownClass, ShownPicture
from ovxai_tools.pictures.sureness import UNSEEN, sureness

_MOST_COLUMNS = 7
"""Beside each other, on a wide screen."""


def card(name: str, shown: ShownPicture, ways: Sequence[str]) -> str:
    """`ways`: their names, in the order of `shown.ways`; told where there are several."""
    labels = list(dict.fromkeys(class_name(one.label) for way in shown.ways for one in way))
    best = shown.best
    height, width = shown.size
    values = {
        "name": name,
        "classes": json.dumps(labels, ensure_ascii=False),
        "score": "" if best is None or best.score is None else f"{best.score:.6g}",
        "ratio": f"{width / height:.6g}",
        "large": "" if shown.large == shown.small else _address(shown.large),
    }
    told = "".join(f' data-{key}="{escaped(value)}"' for key, value in values.items() if value)
    told += " data-differs" if shown.differs else ""
    columns = 1 + sum(max(1, len(way)) for way in shown.ways)
    kinds = "card" + (" single" if len(ways) == 1 else "") + (" many" if columns > _MOST_COLUMNS else "")
    parts = [
        f'<article class="{kinds}" style="--columns: {columns}"{told}>',
        f"<h2>{escaped(name)}</h2>",
        '<div class="ways">',
        f'<section class="way" style="--maps: 1">{"<h3>picture</h3>" if len(ways) > 1 else ""}',
        f'<figure><button type="button" class="shot source">{_image(shown.small, shown.size, f"{name}: the picture")}'
        "</button></figure></section>",
        *(_way(name, way, said if len(ways) > 1 else "", shown) for way, said in zip(shown.ways, ways, strict=True)),
        "</div></article>\n",
    ]
    return "\n".join(parts)


def _way(name: str, way: Sequence[ShownClass], said: str, shown: ShownPicture) -> str:
    heading = f"<h3>{escaped(said)}</h3>" if said else ""
    figures = "\n".join(_figure(name, one, said, shown.size) for one in way) or "<p>Nothing was found in it.</p>"
    kinds = "way several" if len(way) > 1 else "way"
    return f'<section class="{kinds}" style="--maps: {max(1, len(way))}">{heading}\n{figures}</section>'


def _figure(name: str, one: ShownClass, way: str, size: tuple[int, int]) -> str:
    label, share = class_name(one.label), sureness(one.score) if one.score is not None else ""
    told = ", ".join(part for part in (label, share, way) if part)
    said = f'data-heat="{escaped(_address(one.heat))}" data-said="{escaped(told)}"'
    image = _image(one.overlay, size, f"{name}: where {label} is seen{f', by {way}' if way else ''}")
    caption = f'<span class="label">{escaped(label)}</span>'
    if share:
        caption += f' <span class="share">{share}</span>'
    if one.score is not None and 0 <= one.score <= 1:
        caption += f'<span class="bar" aria-hidden="true"><span style="width: {100 * one.score:.1f}%"></span></span>'
        caption += '<span class="badge">hardly seen</span>' if one.score < UNSEEN else ""
    if one.is_faint:
        caption += f' <span class="badge" title="{FAINT_MEANS}">faint on this scale</span>'
    return (
        f'<figure><button type="button" class="shot" {said}>{image}</button><figcaption>{caption}</figcaption></figure>'
    )


def _image(source: str, size: tuple[int, int], words: str) -> str:
    address = escaped(_address(source))
    return f'<img src="{address}" alt="{escaped(words)}" width="{size[1]}" height="{size[0]}" loading="lazy">'


def _address(source: str) -> str:
    return source if source.startswith(EMBEDDED) else quote(os.fsencode(source))


def class_name(label: str) -> str:
    """A class in words: its name, or its number where it has none."""
    return f"class {label}" if label.isdecimal() else label

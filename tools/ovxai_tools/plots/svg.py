"""A diagram as an SVG file: text, boxes and edges, with a legend; no scripts and no fonts to be fetched."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree as Tree

from ovxai_tools.plots.diagram import Diagram, Kind, columns
from ovxai_tools.plots.layout import LETTER, LINE, PADDING, PlacedBox, PlacedEdge, laid_out

_MARGIN, _HEADING, _SWATCH = 24.0, 30.0, 14.0
_FONT = "DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace"
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_FILLS = {
    Kind.INPUT: ("#ffffff", "#5b6573"),
    Kind.NETWORK: ("#eef1f5", "#8a94a3"),
    Kind.TARGET: ("#ffe2a8", "#b36b00"),
    Kind.READ_OUT: ("#d8f0ea", "#0f766e"),
}
_BRANCHES = (
    ("#dbe7fd", "#2f5fb3"),
    ("#f3dcf5", "#8a3a95"),
    ("#dff2d8", "#3b7d2a"),
    ("#fde0dc", "#b3402f"),
    ("#e3def7", "#5b46a8"),
    ("#d9eef5", "#1f708a"),
)
"""Of each branch: what boxes are filled with, and their lines."""


def svg_of(diagram: Diagram) -> str:
    """The text of the file."""
    layout = laid_out(diagram)
    legend = _legend(diagram)
    top = _MARGIN + _HEADING + LINE * len(legend) * 1.5 + 14
    widest = max(layout.width, columns(diagram.title) * LETTER * 1.3, *(end for row in legend for _, _, end in row))
    width, height = widest + 2 * _MARGIN, top + layout.height + _MARGIN
    size = {"width": f"{width:.0f}", "height": f"{height:.0f}", "viewBox": f"0 0 {width:.0f} {height:.0f}"}
    root = Tree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, "font-family": _FONT, "font-size": "12"})
    Tree.SubElement(root, "title").text = _plain(diagram.title)
    Tree.SubElement(root, "rect", {"width": "100%", "height": "100%", "fill": "#ffffff"})
    _text(root, _MARGIN, _MARGIN + 14, diagram.title, {"font-size": "15", "font-weight": "bold"})
    for number, row in enumerate(legend):
        for (name, (fill, stroke), _), start in zip(row, [0.0, *(end for _, _, end in row)], strict=False):
            x, y = _MARGIN + start, _MARGIN + _HEADING + number * LINE * 1.5
            swatch = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{_SWATCH}", "height": f"{_SWATCH}", "rx": "3"}
            Tree.SubElement(root, "rect", {**swatch, "fill": fill, "stroke": stroke})
            _text(root, x + _SWATCH + 6, y + 11, name, {})
    shift = _MARGIN + (widest - layout.width) / 2
    drawing = Tree.SubElement(root, "g", {"transform": f"translate({shift:.1f} {top:.1f})"})
    for edge in layout.edges:
        _edge(drawing, edge)
    for box in layout.boxes:
        _box(drawing, box)
    Tree.indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Tree.tostring(root, encoding="unicode")}\n'


def _legend(diagram: Diagram) -> list[list[tuple[str, tuple[str, str], float]]]:
    """Rows of names with their colours, and where each ends."""
    shown = {box.kind for box in diagram.boxes}
    entries = [(kind.value, _FILLS[kind]) for kind in (Kind.NETWORK, Kind.TARGET, Kind.READ_OUT) if kind in shown]
    entries += [(name, _of_lane(lane)) for lane, name in enumerate(diagram.lanes) if lane]
    entries.append(("inputs and outputs: rounded", _FILLS[Kind.INPUT]))
    rows: list[list[tuple[str, tuple[str, str], float]]] = [[]]
    for name, colours in entries:
        start = rows[-1][-1][2] if rows[-1] else 0.0
        if start > 560:
            rows.append([])
            start = 0.0
        rows[-1].append((name, colours, start + _SWATCH + 24 + columns(name) * LETTER))
    return rows


def _of_lane(lane: int) -> tuple[str, str]:
    return _BRANCHES[(lane - 1) % len(_BRANCHES)]


def _box(parent: Tree.Element, placed: PlacedBox) -> None:
    box = placed.box
    fill, stroke = _of_lane(box.lane) if box.lane else _FILLS.get(box.kind, _FILLS[Kind.INPUT])
    group = Tree.SubElement(parent, "g", {"class": box.kind.value})
    if box.tooltip:
        Tree.SubElement(group, "title").text = _plain(box.tooltip)
    rounded = placed.height / 2 if box.kind in (Kind.INPUT, Kind.OUTPUT) else 4
    Tree.SubElement(
        group,
        "rect",
        {
            **{name: f"{getattr(placed, name):.1f}" for name in ("x", "y", "width", "height")},
            "rx": f"{rounded:.1f}",
            "fill": fill,
            "stroke": stroke,
            "stroke-width": "2" if box.kind in (Kind.TARGET, Kind.READ_OUT, Kind.OUTPUT) else "1",
        },
    )
    middle = placed.x + placed.width / 2
    for number, line in enumerate(box.lines):
        weight = {"font-weight": "bold"} if number == 0 and len(box.lines) > 1 else {}
        y = placed.y + PADDING + 9 + number * LINE
        _text(group, middle, y, line, {"text-anchor": "middle", **weight})


def _edge(parent: Tree.Element, edge: PlacedEdge) -> None:
    stroke = _of_lane(edge.lane)[1] if edge.lane else "#8a94a3"
    points = edge.points
    path = [f"M {points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x, y), (other, below) in pairwise(points):
        middle = (y + below) / 2
        curve = f"C {x:.1f} {middle:.1f} {other:.1f} {middle:.1f} {other:.1f} {below:.1f}"
        path.append(f"L {other:.1f} {below:.1f}" if x == other else curve)
    line = {"d": " ".join(path), "fill": "none", "stroke": stroke, "stroke-width": "1.3"}
    Tree.SubElement(parent, "path", line)
    x, y = points[-1]
    head = f"M {x - 3.5:.1f} {y - 7:.1f} L {x:.1f} {y:.1f} L {x + 3.5:.1f} {y - 7:.1f} Z"
    Tree.SubElement(parent, "path", {"d": head, "fill": stroke})


def _text(parent: Tree.Element, x: float, y: float, text: str, attributes: dict[str, str]) -> None:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "fill": "#1d2430"}
    Tree.SubElement(parent, "text", {**place, **attributes}).text = _plain(text)


def _plain(text: str) -> str:
    """Text without what XML cannot hold; names of operations may be any."""
    return _NO_XML.sub("�", text)

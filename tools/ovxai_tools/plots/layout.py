"""Where boxes lie: rows from inputs to outputs, a lane for the network and for each branch, edges around boxes.

Each box lies below all that it depends on. An edge that passes rows has a place of its own in each of them, so no edge
crosses a box. In a row places are ordered, and moved, towards the mean of those that they are connected with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx

from ovxai_tools.plots.diagram import Box, Diagram, columns

LETTER, LINE, PADDING = 7.25, 16, 10  # pixels: of a monospaced font of 12 pixels
_GAP, _BETWEEN_LANES, _BETWEEN_ROWS = 22.0, 48.0, 44.0
_WIRE = 6.0  # pixels that an edge which passes a row takes there
_SWEEPS, _ORDERING = 40, 8

Point = tuple[float, float]
Slot = tuple[int, ...]
"""A box (its number), or an edge in a row: (above, below, row)."""


@dataclass(frozen=True)
class PlacedBox:
    """A box with its corner and size."""

    box: Box
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class PlacedEdge:
    """An edge as the points that it goes through, from the lower side of a box to the upper side of another."""

    points: tuple[Point, ...]
    lane: int


@dataclass(frozen=True)
class Layout:
    """Boxes in the order of the diagram, edges, and the size of all."""

    boxes: tuple[PlacedBox, ...]
    edges: tuple[PlacedEdge, ...]
    width: float
    height: float


def laid_out(diagram: Diagram) -> Layout:
    """The layout of a diagram without circles; the same for the same diagram."""
    return _Rows(diagram).layout()


def size_of(box: Box) -> tuple[float, float]:
    """Width and height of a box that holds its lines."""
    return max(map(columns, box.lines)) * LETTER + 2 * PADDING, len(box.lines) * LINE + 2 * PADDING - 4


class _Rows:
    """The slots of a diagram by row and lane."""

    def __init__(self, diagram: Diagram) -> None:
        self.boxes = diagram.boxes
        graph = nx.DiGraph()
        graph.add_nodes_from(range(len(self.boxes)))
        graph.add_edges_from(sorted(diagram.edges))
        self.row = {box: row for row, boxes in enumerate(nx.topological_generations(graph)) for box in boxes}
        self.chains: dict[tuple[int, int], list[Slot]] = {}
        self.lane: dict[Slot, int] = {(box,): one.lane for box, one in enumerate(self.boxes)}
        self.slots: dict[tuple[int, int], list[Slot]] = defaultdict(list)  # by row and lane
        for box in sorted(self.row):
            self.slots[self.row[box], self.boxes[box].lane].append((box,))
        for above, below in sorted(diagram.edges):
            wires = [(above, below, row) for row in range(self.row[above] + 1, self.row[below])]
            for wire in wires:
                self.lane[wire] = self.boxes[below].lane
                self.slots[wire[2], self.lane[wire]].append(wire)
            self.chains[above, below] = [(above,), *wires, (below,)]
        self.beside: dict[Slot, list[Slot]] = defaultdict(list)
        for chain in self.chains.values():
            for one, other in pairwise(chain):
                self.beside[one].append(other)
                self.beside[other].append(one)

    def layout(self) -> Layout:
        centers = self._centers()
        heights = [
            max(size_of(self.boxes[box])[1] for box, at in self.row.items() if at == row)
            for row in range(max(self.row.values()) + 1)
        ]
        tops = [sum(heights[:row]) + row * _BETWEEN_ROWS for row in range(len(heights))]
        placed = []
        for number, box in enumerate(self.boxes):
            width, height = size_of(box)
            placed.append(PlacedBox(box, centers[number,] - width / 2, tops[self.row[number]], width, height))
        edges = tuple(
            PlacedEdge(self._points(chain, centers, placed, tops, heights), self.boxes[chain[-1][0]].lane)
            for _, chain in sorted(self.chains.items())
        )
        width = max(one.x + one.width for one in placed)
        return Layout(tuple(placed), edges, max(width, *centers.values()), tops[-1] + heights[-1])

    def _centers(self) -> dict[Slot, float]:
        """The middle of each slot from left to right."""
        centers: dict[Slot, float] = {}
        left = 0.0
        for lane in sorted(set(self.lane.values())):
            rows = {row: slots for (row, at), slots in self.slots.items() if at == lane}
            found = self._of_lane(rows)
            start = min(found[slot] - self._width(slot) / 2 for slot in found)
            end = max(found[slot] + self._width(slot) / 2 for slot in found)
            centers.update({slot: center - start + left for slot, center in found.items()})
            left += end - start + _BETWEEN_LANES
        return centers

    def _of_lane(self, rows: Mapping[int, list[Slot]]) -> dict[Slot, float]:
        """The middles of the slots of one lane, moved towards those beside them, down and up in turns."""
        centers: dict[Slot, float] = {}
        for slots in rows.values():
            self._place(slots, dict.fromkeys(slots, 0.0), centers)
        for sweep in range(_SWEEPS):
            for row in sorted(rows, reverse=bool(sweep % 2)):
                wanted = {slot: self._wanted(slot, centers) for slot in rows[row]}
                if sweep < _ORDERING:  # then only places are changed, not their order
                    rows[row].sort(key=lambda slot: (wanted[slot], slot))
                self._place(rows[row], wanted, centers)
        return centers

    def _wanted(self, slot: Slot, centers: Mapping[Slot, float]) -> float:
        beside = [centers[one] for one in self.beside[slot] if one in centers]
        return sum(beside) / len(beside) if beside else centers[slot]

    def _place(self, slots: list[Slot], wanted: Mapping[Slot, float], centers: dict[Slot, float]) -> None:
        """Put slots from left to right as near to where they are wanted as their widths let them."""
        edge = None
        for slot in slots:
            half = self._width(slot) / 2
            centers[slot] = wanted[slot] if edge is None else max(wanted[slot], edge + _GAP + half)
            edge = centers[slot] + half
        shift = sum(wanted[slot] - centers[slot] for slot in slots) / len(slots)
        for slot in slots:
            centers[slot] += shift

    def _width(self, slot: Slot) -> float:
        return size_of(self.boxes[slot[0]])[0] if len(slot) == 1 else _WIRE

    def _points(
        self,
        chain: list[Slot],
        centers: Mapping[Slot, float],
        placed: list[PlacedBox],
        tops: list[float],
        heights: list[float],
    ) -> tuple[Point, ...]:
        above, below = chain[0][0], chain[-1][0]
        first = placed[above]
        points = [(self._port(above, chain[1], centers, down=True), first.y + first.height)]
        if first.height < heights[self.row[above]]:
            points.append((points[0][0], tops[self.row[above]] + heights[self.row[above]]))
        for wire in chain[1:-1]:
            points += [(centers[wire], tops[wire[2]]), (centers[wire], tops[wire[2]] + heights[wire[2]])]
        points.append((self._port(below, chain[-2], centers, down=False), placed[below].y))
        return tuple(points)

    def _port(self, box: int, beside: Slot, centers: Mapping[Slot, float], down: bool) -> float:
        """Where on its lower or upper side an edge meets a box: in the order of what is at the other end."""
        ends = [chain[1] for pair, chain in self.chains.items() if pair[0] == box]
        if not down:
            ends = [chain[-2] for pair, chain in self.chains.items() if pair[1] == box]
        ordered = sorted(ends, key=lambda slot: (centers[slot], slot))
        share = (ordered.index(beside) + 1) / (len(ordered) + 1)
        width = size_of(self.boxes[box])[0]
        return centers[box,] + (share - 0.5) * width

"""Boxes and the edges between them, as they are laid out and drawn."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import Enum

_LONGEST = 38  # letters of a line


class Kind(Enum):
    """What a box stands for."""

    INPUT = "input"
    NETWORK = "original network"
    TARGET = "target"
    READ_OUT = "read-out"
    BRANCH = "branch"
    OUTPUT = "output"


@dataclass(frozen=True)
class Box:
    """Lines of text. `lane`: 0 for the original network, from 1 on the branches. `tooltip`: names in full."""

    lines: tuple[str, ...]
    kind: Kind
    lane: int = 0
    tooltip: str = ""


@dataclass
class Diagram:
    """`title`: a line; `boxes`, numbered by their place; `edges` between them; `lanes`: what the lanes stand for."""

    title: str
    lanes: tuple[str, ...]
    boxes: list[Box] = field(default_factory=list)
    edges: set[tuple[int, int]] = field(default_factory=set)

    def add(self, box: Box) -> int:
        """The number of a new box."""
        self.boxes.append(box)
        return len(self.boxes) - 1

    def connect(self, above: int, below: int) -> None:
        """An edge between two boxes, if they are two."""
        if above != below:
            self.edges.add((above, below))


def columns(text: str) -> int:
    """How many columns of a monospaced font a text takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def shortened(text: str) -> str:
    """A text as long as a line may be, its middle left out where it is longer."""
    if columns(text) <= _LONGEST:
        return text
    start, end = text, text
    while columns(start) > (_LONGEST - 1) // 2:
        start = start[:-1]
    while columns(end) > (_LONGEST - 1) // 2:
        end = end[1:]
    return f"{start}…{end}"

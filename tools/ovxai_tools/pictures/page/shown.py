"""What the page shows of one picture, as the journal of a run keeps it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

EMBEDDED = "data:"


@dataclass(frozen=True)
class ShownClass:
    """A class with its map. `overlay`, `heat`: the thumbnail, and the map by itself, as `ImageStore.put` names them.

    `is_faint`: whether the map is dark on the scale that it shares with others.
    """

    label: str
    score: float | None
    overlay: str
    heat: str
    is_faint: bool = False


@dataclass(frozen=True)
class ShownPicture:
    """A picture with its maps. `small`, `large`: itself in two sizes; `size`: (H, W) of `small`; `ways`: see there.

    A way is a model with a method; it has classes, the best first, or none where nothing was found.
    """

    small: str
    large: str
    size: tuple[int, int]
    ways: tuple[tuple[ShownClass, ...], ...]

    @property
    def best(self) -> ShownClass | None:
        """The best class of the first way that has one."""
        return next((one for way in self.ways for one in way), None)

    @property
    def differs(self) -> bool:
        """Whether the best classes of the ways are not all the same; a map of all classes says nothing of that."""
        return len({way[0].label if way else None for way in self.ways if not way or way[0].score is not None}) > 1

    @property
    def files(self) -> list[str]:
        """The files that it is made of, from the folder of the page."""
        images = [
            self.small,
            self.large,
            *(name for way in self.ways for one in way for name in (one.overlay, one.heat)),
        ]
        return list(dict.fromkeys(name for name in images if not name.startswith(EMBEDDED)))

    def as_values(self) -> dict[str, Any]:
        """Values for JSON."""
        return asdict(self)

    @classmethod
    def of_values(cls, values: dict[str, Any]) -> ShownPicture:
        """From what `as_values` gave, read from JSON."""
        height, width = values["size"]
        ways = tuple(tuple(ShownClass(**one) for one in way) for way in values["ways"])
        return cls(values["small"], values["large"], (height, width), ways)

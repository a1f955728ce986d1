"""What is asked of every picture of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ovxai_passes.vocabulary import Method


@dataclass(frozen=True)
class RunSettings:
    """What is asked of every picture.

    `targets`: classes by number or name; `top_k`: else so many of the best. `black_box`: by masked pictures.
    `preset`: of masked pictures, how many. `defaults`, `scaling`, `contrast`: options of an insertion. `device`: where
    the model runs.
    """

    targets: tuple[str, ...] = ()
    top_k: int = 1
    labels: tuple[str, ...] = ()
    method: str | None = None
    black_box: bool = False
    preset: str | None = None
    device: str = "CPU"
    defaults: str | None = None
    scaling: str | None = None
    contrast: str | None = None

    def for_methods(self, methods: Sequence[str]) -> list[RunSettings]:
        """These settings for each method, or for the default one where none is named."""
        black_boxes = (Method.RISE.value, Method.AISE.value)
        return [replace(self, method=one, black_box=self.black_box or one in black_boxes) for one in methods or (None,)]

"""Pages of made-up runs for tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ovxai_tools.pictures.page.explain_page import explain_page
from ovxai_tools.pictures.page.facts import PageFacts
from ovxai_tools.pictures.page.images import ImageStore
from ovxai_tools.pictures.page.shown import ShownClass, ShownPicture

from ovxai_passes.vocabulary import Scaling

CLASSES = ("Egyptian cat", "macaw", "a <class>, with a name that is long, and longer", "17", "tench", "hen")


def facts(ways: tuple[str, ...]) -> PageFacts:
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)
    scales = (Scaling.POSITIVE,) * len(ways)
    return PageFacts(("model.xml",), ways, ways, "the best", "--mean 127", grey, 0.5, scales, "2026-01-02")


def written(folder: Path, count: int, ways: tuple[str, ...] = ("reciprocam",), embedded: bool = False) -> Path:
    """A page of so many pictures of noise, each of another size, with two classes by each way; returns its file."""
    folder.mkdir(exist_ok=True)
    images = ImageStore(None if embedded else folder)
    rng = np.random.default_rng(0)
    stored = []
    for number, size in enumerate([(192, 256), (256, 200), (100, 256)]):
        noise = [rng.integers(0, 256, (*size, 3), np.uint8) // 8 + shade for shade in (60, 120, 200, 220)]
        stored.append((size, [images.put(one, f"{number}{kind}.jpg") for one, kind in zip(noise, "abcd", strict=True)]))

    def shown() -> Iterator[tuple[str, ShownPicture]]:
        for number in range(count):
            size, (small, large, overlay, heat) = stored[number % len(stored)]
            classes = tuple(
                tuple(
                    ShownClass(CLASSES[(number + 2 * place + other) % len(CLASSES)], score, overlay, heat)
                    for place, score in enumerate((0.2 + 0.75 * (number * 7 % count) / count, 0.004))
                )
                for other, _ in enumerate(ways)
            )
            yield f"folder/picture_{number}.jpg", ShownPicture(small, large, size, classes)

    with (folder / "index.html").open("w", encoding="utf-8") as file:
        file.writelines(explain_page(facts(ways), count, shown(), ["cannot read the picture broken.png"]))
    return folder / "index.html"

"""What is made of one picture: the files of its maps, and what the page shows of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from ovxai_passes.pictures.colormaps import coloured
from ovxai_passes.pictures.encoding import encoded_map, write_picture
from ovxai_passes.pictures.resizing import resize
from ovxai_passes.vocabulary import Scaling, Task
from ovxai_tools.pictures.map_drawing import Backdrop, Style
from ovxai_tools.pictures.page.images import FOLDER, ImageStore
from ovxai_tools.pictures.page.shown import ShownClass, ShownPicture
from ovxai_tools.pictures.picture_run import ClassMap, PictureRun
from ovxai_tools.pictures.results.said import is_faint
from ovxai_tools.pictures.results.ways import Way

_LONGEST = 100  # bytes of a picture's name, of a class's and of a way's, in names of files; disks take 255 for all
_SHORTER = 40


@dataclass(frozen=True)
class PictureResults:
    """The maps of a picture as they are told, and what is shown of it; the files of both are in the staging folder."""

    maps: list[dict[str, Any]]
    shown: ShownPicture

    @property
    def files(self) -> list[str]:
        """All files, those of the page last."""
        return [*(name for one in self.maps for name in one["files"]), *self.shown.files]


@dataclass(frozen=True)
class Drawer:
    """Draws pictures into a staging folder. `style`: of maps; `images`: those of the page.

    `is_free`: whether a picture may have a file of this name.
    """

    ways: Sequence[Way]
    style: Style
    staged: Path
    images: ImageStore
    is_free: Callable[[str, Path], bool]

    def draw(self, path: Path) -> PictureResults:
        """The maps of a picture, of all ways. Raises UnreadableError."""
        picture, found = self.ways[0].run.explain(path)
        backdrop = Backdrop(picture, self.style)
        small = backdrop.small
        stem = self._unused(short(path.stem), path, f"{FOLDER}/{{}}.small.jpg")
        thumbnail, large = self.images.put(small, f"{stem}.small.jpg"), self.images.large(picture)
        enlarged = self.images.put(large, f"{stem}.large.jpg") if large.size > small.size else thumbnail
        maps: list[dict[str, Any]] = []
        shown = []
        for number, way in enumerate(self.ways):
            of_way = found if number == 0 else way.run.explain(path)[1]
            shown.append(tuple(self._draw_map(path, way, one, backdrop, maps) for one in of_way))
        size = (small.shape[0], small.shape[1])
        return PictureResults(maps, ShownPicture(thumbnail, enlarged, size, tuple(shown)))

    def _draw_map(
        self, path: Path, way: Way, class_map: ClassMap, backdrop: Backdrop, maps: list[dict[str, Any]]
    ) -> ShownClass:
        """Write a map, which is added to `maps`."""
        stem = self._unused(self._stem(path, class_map, way), path, "{}_map.png")
        names = [f"{stem}_map.png", f"{stem}_overlay{self.style.overlay_kind}"]
        drawn = backdrop.draw(class_map.levels, alone=not way.run.scale.has_one_scale)
        (self.staged / names[0]).write_bytes(encoded_map(drawn.levels, drawn.table))
        write_picture(drawn.overlay, self.staged / names[1])
        about: dict[str, Any] = {"picture": str(path), "model": way.model, "method": way.run.method_name}
        about |= {"target": class_map.target, "class": class_map.label, "score": class_map.score}
        strongest = class_map.strongest if way.run.scale is Scaling.POSITIVE else None
        maps.append({**about, "strongest": strongest, "files": names})
        heat = coloured(resize(class_map.levels, backdrop.small.shape[:2]), drawn.table)
        return ShownClass(
            class_map.label,
            class_map.score,
            self.images.put(drawn.small, f"{stem}.overlay.jpg"),
            self.images.put(heat, f"{stem}.map.jpg"),
            is_faint(strongest),
        )

    def _unused(self, stem: str, path: Path, name: str) -> str:
        """A stem that nothing is written as yet: numbered, where pictures or classes have the same name."""
        stems = (stem if number == 1 else f"{stem}_{number}" for number in count(1))
        return next(
            one
            for one in stems
            if self.is_free(name.format(one), path) and not (self.staged / name.format(one)).exists()
        )

    def _stem(self, path: Path, class_map: ClassMap, way: Way) -> str:
        """NAME_CLASS for the files of one map, of several ways NAME_CLASS_WAY; boxes of detections are numbered."""
        label = "all" if class_map.target is None else class_map.label.split(",", maxsplit=1)[0].strip()
        number = f"_{class_map.target}" if _numbers_boxes(way.run) else ""
        of_way = f"_{short(plain(way.name), _SHORTER)}" if len(self.ways) > 1 else ""
        longest = _SHORTER if of_way else _LONGEST
        return f"{short(path.stem)}_{short(plain(label), longest)}{number}{of_way}"


def _numbers_boxes(run: PictureRun) -> bool:
    """Whether several maps may be of one class."""
    return run.settings.black_box and run.task is Task.DETECTION


def plain(text: str) -> str:
    """Text of letters that names of files take."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in text)


def short(name: str, longest: int = _LONGEST) -> str:
    """Part of a name of a file: of UTF-8, and short enough for what comes behind it."""
    text = "".join("_" if 0xD800 <= ord(letter) <= 0xDFFF else letter for letter in name)
    return text.encode()[:longest].decode(errors="ignore")

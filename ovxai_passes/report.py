"""What was done to a model, for people, for programs and for the model's rt_info."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import openvino as ov

from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.vocabulary import Contrast, Defaults

RT_INFO_KEY = "ovxai"

_NOT_WRITTEN = ("story", "seconds", "output", "further")
_OF_THE_MODEL = ("input", "task", "bin_growth", "ops_growth", "trimmed", "notices", "options", "total_cost")
"""Entries that are not of one map."""


@dataclass(frozen=True)
class TargetLayer:
    """Friendly name, operation type and shape of the target."""

    name: str
    type: str
    shape: str


@dataclass(frozen=True)
class LevelLayer:
    """One level of class heads: friendly name, type and shape of its layer, its grid (h, w), anchors a place."""

    name: str
    type: str
    shape: str
    grid: tuple[int, int]
    anchors: int


@dataclass(frozen=True)
class Report:
    """The outcome of one insertion: of its map, and of several methods of the first map.

    `grid`: (h, w), at the size that the analysis assumes where it is `dynamic`. `chosen`: the classes that have a map,
    None for all of them or for the `top_k` of each image. `mask`, `k`: None where the method masks nothing.
    `multiplied_out`: operations that are run once for every position although maps alone would not ask for it.
    `cost`: the branch's multiply-adds over the model's, estimated. `bin_growth`: bytes of constants added,
    `ops_growth`: operations added (constants and loop bodies included); both None while nothing has been inserted.
    `trimmed`: operations of the original network that compute fewer rows; while it is 0, original outputs are bit-
    identical. `story`: why this target, and what was multiplied out, a line each. `found_by`: the pattern that
    names the target, "dataflow" where none does, empty where it was given by name. `levels`: of a detector's class
    heads, the finest first; `background`: its class that stands for nothing. `chosen_as`: "best" where that chose
    the method. `gradient_of`: what was differentiated, None where nothing was; `level`: of a classifier, for the
    last map (0) or one of twice its resolution (1), and so on. `options`: those given, or measured `defaults`, that
    say how the map is made. `output`: the map's name. `further`: of several methods what is said of each further
    map. `total_cost`: of all maps.
    """

    input: str
    task: str
    method: str
    readout: str
    target: TargetLayer
    grid: tuple[int, int]
    dynamic: bool
    mask: str | None
    k: int | None
    kept_tokens: int
    scores: str
    classes: int
    chosen: tuple[int, ...] | None
    top_k: int | None
    scaling: str
    multiplied_out: int
    cost: float
    bin_growth: int | None
    ops_growth: int | None
    trimmed: int
    seconds: float
    notices: tuple[str, ...]
    story: tuple[str, ...]
    levels: tuple[LevelLayer, ...] = ()
    background: int | None = None
    found_by: str = ""
    contrast: str = Contrast.NONE.value
    defaults: str = Defaults.DROP_IN.value
    chosen_as: str | None = None
    gradient_of: str | None = None
    level: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    output: str = OUTPUT_NAME
    further: tuple[Report, ...] = ()
    total_cost: float = 0.0

    @property
    def all_notices(self) -> tuple[str, ...]:
        """The notices, and those of further maps alone, after the names of these."""
        own = dict.fromkeys(self.notices)
        others = (f"{one.output}: {notice}" for one in self.further for notice in one.notices if notice not in own)
        return (*own, *others)

    def __repr__(self) -> str:
        facts = ", ".join(f"{name} {text}" for name, text in self._facts().items())
        return f"<Report, {self.task}: {facts}>"

    def _repr_html_(self) -> str:
        """What notebooks show: a table, with the notices below it."""
        facts = {"task": self.task, **self._facts(), **{"notice": "; ".join(self.all_notices)}}
        rows = "".join(
            f"<tr><th>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>" for name, text in facts.items() if text
        )
        return f"<table>{rows}</table>"

    def _facts(self) -> dict[str, str]:
        """What one asks first, of the first map."""
        grid = "x".join(map(str, self.grid))
        found = {
            "method": self.method,
            "target": f"{self.target.name} ({self.target.type} {self.target.shape})",
            "grid": f"{grid}, which follows the picture" if self.dynamic else grid,
            "classes": str(self.classes or ""),
            "scaling": self.scaling,
            "cost": f"{100 * self.cost:.2g} % of the model's multiply-adds",
            "further maps": ", ".join(one.output for one in self.further),
        }
        return {name: text for name, text in found.items() if text}

    def as_dict(self) -> dict[str, Any]:
        """Plain types only, for JSON; shapes are lists, None for any size."""
        found = asdict(self) | {"further": [one.as_dict() for one in self.further]}
        for layer in (found["target"], *found["levels"]):
            layer["shape"] = _sizes(layer["shape"])
        return found

    def with_notices(self, *notices: str) -> Report:
        """The report with further notices."""
        return replace(self, notices=self.notices + notices)


def record(model: ov.Model, report: Report, version: str) -> None:
    """Write the report into the model's rt_info, under "ovxai": its names, and the version.

    Without the story, and without the seconds, so that the same insertion writes the same file. What is said of a
    further map is one entry, of the name of its output: JSON, because other readers take every entry for text.
    """
    model.set_rt_info(version, [RT_INFO_KEY, "version"])
    texts = _texts(report)
    texts["notices"] = "; ".join(report.all_notices)
    texts["options"] = json.dumps(report.options)
    if not report.further:
        del texts["total_cost"]
    for key, text in texts.items():
        model.set_rt_info(text, [RT_INFO_KEY, key])
    for one in report.further:
        said = {key: text for key, text in _texts(one).items() if key not in _OF_THE_MODEL}
        model.set_rt_info(json.dumps(said), [RT_INFO_KEY, one.output])


def _sizes(shape: str) -> list[int | str | None]:
    """The sizes of a shape as OpenVINO writes it: [?,3,1..8]."""
    parts = [part for part in shape.strip("[]").split(",") if part]
    return [int(part) if part.isdecimal() else None if part == "?" else part for part in parts]


def _texts(report: Report) -> dict[str, str]:
    """What is said of one map, as texts."""
    texts = {key: "none" if value is None else str(value) for key, value in report.as_dict().items()}
    texts["target"] = report.target.name
    texts["target_type"] = report.target.type
    texts["target_shape"] = report.target.shape
    texts["grid"] = "dynamic" if report.dynamic else "x".join(str(size) for size in report.grid)
    texts["levels"] = " ".join(f"{level.name}:{level.grid[0]}x{level.grid[1]}" for level in report.levels)
    if report.chosen is not None:
        texts["chosen"] = " ".join(str(number) for number in report.chosen)
    return {key: text for key, text in texts.items() if key not in _NOT_WRITTEN}

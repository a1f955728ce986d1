"""What was done to a model, for people, for programs and for the model's rt_info."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.classifier.site import Site

from ovxai_passes.options import Method, Options
from ovxai_passes.vocabulary import Mask, Task

RT_INFO_KEY = "ovxai"


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
    """The outcome of one insertion.

    `grid`: (h, w), at the size that the analysis assumes where it is `dynamic`. `chosen`: the classes that have a map,
    None for all of them or for the `top_k` of each image. `mask`, `k`: None where the method masks nothing.
    `multiplied_out`: operations that are run once for every position although maps alone would not ask for it.
    `cost`: the branch's multiply-adds over the model's, estimated. `bin_growth`: bytes of constants added,
    `ops_growth`: operations added
    (constants and loop bodies included); both None while nothing has been inserted. `trimmed`: operations of the
    original network that compute fewer rows; while it is 0, original outputs are bit-identical. `story`: why this
    target, and what was multiplied out, a line each. `levels`: of a detector's class heads, the finest first;
    `background`: its class that stands for nothing. `options`: those given that say how the map is made.
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
    options: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain types only, for JSON."""
        return asdict(self)

    def with_notices(self, *notices: str) -> Report:
        """The report with further notices."""
        return replace(self, notices=self.notices + notices)


@dataclass(frozen=True)
class Choice:
    """What was chosen: the site, the method, the mask (None where the method masks nothing), classes (None: all)."""

    site: Site
    method: Method
    mask: Mask | None
    classes: tuple[int, ...] | None = None


def make_report(model: ov.Model, choice: Choice, options: Options) -> Report:
    """The report of an insertion into `model` before anything has been added to it."""
    graph, site, mask = ModelGraph(model), choice.site, choice.mask
    return Report(
        input=model.get_friendly_name(),
        task=Task.CLASSIFICATION.value,
        method=choice.method.value,
        readout=site.readout.value,
        target=layer_at(graph, site.target),
        grid=site.positions.grid,
        dynamic=site.dynamic,
        mask=None if mask is None else mask.value,
        k=None if mask is None else site.k,
        kept_tokens=site.positions.kept,
        scores=graph.ops[site.scores.tensor[0]].get_friendly_name(),
        classes=site.scores.classes,
        chosen=choice.classes,
        top_k=options.top_k,
        scaling=options.effective_scaling.value,
        multiplied_out=0,
        cost=0.0,
        bin_growth=None,
        ops_growth=None,
        trimmed=0,
        seconds=0.0,
        notices=site.notices,
        story=site.story,
        options=options.asked(),
    )


def layer_at(graph: ModelGraph, tensor: TensorId) -> TargetLayer:
    """The layer that makes a tensor of a model."""
    output = graph.output(tensor)
    node = output.get_node()
    return TargetLayer(node.get_friendly_name(), node.get_type_name(), str(output.get_partial_shape()))


def record(model: ov.Model, report: Report, version: str) -> None:
    """Write the report into the model's rt_info, under "ovxai": its names, but for the story, and the version."""
    model.set_rt_info(version, [RT_INFO_KEY, "version"])
    texts = {key: "none" if value is None else str(value) for key, value in report.as_dict().items()}
    texts["target"] = report.target.name
    texts["target_type"] = report.target.type
    texts["target_shape"] = report.target.shape
    texts["grid"] = "dynamic" if report.dynamic else "x".join(str(size) for size in report.grid)
    texts["levels"] = " ".join(f"{level.name}:{level.grid[0]}x{level.grid[1]}" for level in report.levels)
    texts["notices"] = "; ".join(report.notices)
    if report.chosen is not None:
        texts["chosen"] = " ".join(str(number) for number in report.chosen)
    texts["options"] = json.dumps(report.options)
    del texts["story"]
    for key, text in texts.items():
        model.set_rt_info(text, [RT_INFO_KEY, key])


def operation_count(model: ov.Model) -> int:
    """Number of operations of a model, those in loop bodies included."""
    count = 0
    for node in model.get_ops():
        count += 1
        if node.get_type_name() in ("TensorIterator", "Loop"):
            count += operation_count(node.get_function())
    return count

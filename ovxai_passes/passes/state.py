"""The state of one insertion, which its stages hand on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TypeVar

import openvino as ov
from openvino.passes import Manager, ModelPass
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.target import TargetSearch

from ovxai_passes.errors import OptionError, StageError
from ovxai_passes.finish.image import InputImage
from ovxai_passes.head.cut import Head
from ovxai_passes.methods.spec import Built, MethodSpec
from ovxai_passes.methods.target import Target
from ovxai_passes.model_info.told import Told
from ovxai_passes.ops.branch import Branch
from ovxai_passes.options import Options
from ovxai_passes.passes.layers import LayersOfTarget
from ovxai_passes.report import Report
from ovxai_passes.vocabulary import INPUT, Task

Value = TypeVar("Value")


@dataclass(frozen=True)
class ChosenTask:
    """What a model does; `reason`: how that was found, or nothing where it was given."""

    name: Task
    reason: str


@dataclass(frozen=True)
class Trimmed:
    """What Trim did. `sunk`: through how many operations a Slice of rows has passed up; `notices`: for the report."""

    sunk: int
    notices: tuple[str, ...]


@dataclass(frozen=True)
class Original:
    """The model before the branch was grafted: how many `outputs` and `operations` it had.

    `names`: the unique names of its operations in topological order, by which they are found again later.
    """

    outputs: int
    operations: int
    names: tuple[str, ...]


@dataclass
class InsertionState:
    """What the stages of one insertion have found and made so far; each says what it reads and what it leaves.

    `options`: what was asked for; `is_best`: whether that is what method `best` stands for. The other fields are left
    by stages. `task`, `method`, `target`, `layers`: left by Locate,
    with `analysis` and `search`, what was found out about the model on the way. `told`: what options tell the
    model, in the state of the first map. `head`: by Cut. `built`: by BuildBranch, and `branch`, which those of
    `finishing` extend (`image`: left by Overlay). `original`: by Graft. `trimmed`: by Trim. `report`: by Record.
    `notices`: on measured defaults that were refused, in the state of the first map. A stage that is registered before
    what it reads is there raises StageError.

    A state is of one map: of several methods each has a state of its own.
    """

    options: Options
    task: ChosenTask | None = None
    analysis: ModelAnalysis | None = None
    search: TargetSearch | None = None
    method: MethodSpec | None = None
    target: Target | None = None
    layers: LayersOfTarget | None = None
    head: Head | None = None
    built: Built | None = None
    branch: Branch | None = None
    told: Told | None = None
    original: Original | None = None
    trimmed: Trimmed | None = None
    image: InputImage | None = None
    notices: tuple[str, ...] = ()
    is_best: bool = False
    report: Report | None = None
    started: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        if len(self.options.methods) > 1:
            raise OptionError(
                "an InsertionState is of one method, and the options name several: give it those of each map by itself "
                "(Options.of_each_map)"
            )

    @property
    def map_size(self) -> tuple[int, int] | str | None:
        """The size that a scaled map is resized to, or "input", that of the picture; None: it stays as it is."""
        size = self.options.saliency_map_size
        is_classifier = self.task is not None and self.task.name is Task.CLASSIFICATION
        return size if size == INPUT or is_classifier else None

    @property
    def rounds_later(self) -> bool:
        """Whether a scaled map is worked on before it becomes levels, if it does."""
        options = self.options
        return self.map_size is not None or options.threshold is not None or options.output_dtype is not None


def left(value: Value | None, what: str, stage: str) -> Value:
    """What an earlier stage has left. Raises StageError where that stage has not been run over the model."""
    if value is None:
        raise StageError(f"there is no {what} yet: register {stage} before this stage, over the same InsertionState")
    return value


def run_stages(model: ov.Model, stages: tuple[ModelPass, ...]) -> None:
    """Run passes in order over a model. They and the manager live as long as the run."""
    manager = Manager()
    for stage in stages:
        manager.register_pass(stage)
    manager.run_passes(model)

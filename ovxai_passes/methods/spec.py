"""What a method of explanation is: for which tasks, what it reads, and how its branch is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import openvino as ov

from ovxai_passes.methods.target import Target
from ovxai_passes.ops.branch import Branch
from ovxai_passes.vocabulary import CLASSIFIERS, DETECTORS, Contrast, GradientOf, Method, Task

WITH_CLASS_SCORES = (*CLASSIFIERS, *DETECTORS)
"""The tasks of methods that explain class scores, be they of a classifier or at the places of a detector's grids."""


class Reads(Enum):
    """The part of a target that a method reads."""

    MASKED_HEAD = "masked head"
    FEATURE_MAP = "feature map"
    CLASS_HEADS = "class heads"
    INSTANCES = "instances"
    GRADIENTS = "gradients"
    PICTURE_GRADIENTS = "gradients of the picture"


@dataclass(frozen=True)
class Budget:
    """What a branch may take: multiply-adds, as a multiple of the model's, and GiB of its largest tensor."""

    max_cost: float
    max_tensor_gib: float


@dataclass(frozen=True)
class BuildRequest:
    """What a branch is built from. `model` is only read; `reference`: build the naive branch.

    `from_zero`: what is 0 in the map has to say nothing, neither for a class nor against it, and the scale of all maps
    has to be known. `contrast`: what classes are told apart from; `multi_label`: they do not exclude each other.
    `gradient_of`: what is differentiated.
    """

    model: ov.Model
    target: Target
    budget: Budget
    reference: bool = False
    from_zero: bool = False
    contrast: Contrast = Contrast.NONE
    multi_label: bool = False
    gradient_of: GradientOf = GradientOf.LOGIT

    @property
    def has_peak(self) -> bool:
        """Whether the best class of an image has to be known beside the classes that have maps."""
        return self.from_zero and self.target.chosen is not None

    @property
    def has_independent_classes(self) -> bool:
        """Whether the classes of a classifier do not exclude each other, as the user says or the model shows."""
        return self.multi_label or required(self.target.site).scores.activation == "Sigmoid"


@dataclass(frozen=True)
class Built:
    """`branch`: target → raw map [N,K,h,w], or [N,h,w] of a class-agnostic method, f32.

    `times`: its multiply-adds over the model's, None where that was not estimated. `work`: the same with the tensors
    that are made, as an estimate of run time. `notices`: for the report. `has_peak`: whether the last row of the map
    is there for the scale alone: that of the image's best class, or of all classes, where others than those that have
    maps decide on it. `is_ranked`: whether the best classes of each image are found already, where they have maps.
    """

    branch: Branch
    times: float | None = None
    work: float = 0.0
    notices: tuple[str, ...] = ()
    has_peak: bool = False
    is_ranked: bool = False


@dataclass(frozen=True)
class MethodSpec:
    """A method. `tasks`: what kinds of models it explains. `per_class`: whether each class has a map of its own.
    `level`: of the map that it reads by default, of a method that reads gradients (`classifier/maps_above.py`).

    `build`: its branch; raises TargetNotFoundError, TooCostlyError, OptionError. The definition of the map, which the
    branch is compared with, stands in `reference/` in a module of the name of that which holds `build`.
    """

    name: Method
    tasks: tuple[Task, ...]
    reads: Reads
    per_class: bool
    build: Callable[[BuildRequest], Built]
    level: int = 0

    @property
    def needs_mask(self) -> bool:
        """Whether it masks positions of the target."""
        return self.reads is Reads.MASKED_HEAD

    @property
    def takes_gradients(self) -> bool:
        """Whether it differentiates class scores."""
        return self.reads in (Reads.GRADIENTS, Reads.PICTURE_GRADIENTS)


Part = TypeVar("Part")


def required(part: Part | None) -> Part:
    """The part of a target that a method reads; the stage that locates it has seen to its being there."""
    assert part is not None, "a method is given a target with the part that it reads"
    return part

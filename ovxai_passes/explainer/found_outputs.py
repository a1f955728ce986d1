"""What an output of a model holds, where no postprocess_fn says it: class scores, or boxes of a detector."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.layout import picture_axes

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.black_box.running import Postprocess
from ovxai_passes.explainer.utils import boxes_postprocess_fn, yolo_postprocess_fn
from ovxai_passes.model_info.class_scores import known_scores, reader_of
from ovxai_passes.model_info.outputs import ADDED
from ovxai_passes.vocabulary import Task

_log = logging.getLogger(__name__)

Array = npt.NDArray[Any]
Outputs = Mapping[Any, Array]

_DETECTION = 7
"""Values of a row of DetectionOutput: picture, class, score, and the corners as fractions."""


@dataclass(frozen=True)
class _Output:
    """An output: its `place`, its shape, and whether it holds floating-point numbers."""

    place: int
    shape: ov.PartialShape
    is_real: bool

    def ends_with(self, size: int, *ranks: int) -> bool:
        """Whether it has one of so many axes, the last of that size, and real numbers."""
        return self.is_real and len(self.shape) in ranks and self.shape[-1] == size

    def goes_with(self, boxes: _Output) -> bool:
        """Whether it holds a value for each box [D,..] or [1,D,..]."""
        rows = ov.PartialShape([boxes.shape[axis] for axis in range(len(boxes.shape) - 1)])
        return self.place != boxes.place and self.shape.compatible(rows)


def postprocess_found(model: ov.Model, task: Task) -> Postprocess:
    """What reads class scores, or boxes, scores and labels of a detector, from outputs; which ones is logged.

    Class scores are those that insertions explain, as shares [1,K]. Boxes are told by shapes: [1,D,5] or [D,5]
    (corners and score) with labels; [D,4] with scores and labels of integers; [1,4+K,P] of YOLOv8, with prototypes of
    masks, too; [1,1,D,7] of DetectionOutput. Raises OptionError where there are none.
    """
    if task is Task.CLASSIFICATION:
        return _class_scores(model)
    for told, read in _layouts(model):
        _log.warning("no postprocess_fn: boxes are read from %s", told)
        return read
    raise OptionError(
        "no output of the model holds boxes in a known layout: give postprocess_fn, from its outputs to boxes, scores "
        "and labels (see get_detection_postprocess_fn)"
    )


def _class_scores(model: ov.Model) -> Postprocess:
    known = known_scores(model)
    if not known:
        raise OptionError(
            "no output of the model holds class scores: give postprocess_fn, from its outputs to scores [1,K] (see "
            "get_postprocess_fn)"
        )
    read = reader_of(known)
    place, classes = known[0]
    _log.warning("no postprocess_fn: the scores of %s classes are read from output %s", classes, _name(model, place))

    def scores(outputs: Outputs) -> Array:
        found = read(outputs)
        if found is None:
            raise OptionError(f"the outputs hold no {classes} class scores of one picture: give postprocess_fn")
        return np.asarray(found)[None]

    return scores


def _layouts(model: ov.Model) -> Iterator[tuple[str, Callable[[Outputs], Any]]]:
    """The layouts of boxes that fit, with the outputs they are read from; the first is to be taken."""
    outputs = [
        _Output(place, port.get_partial_shape(), port.get_element_type().is_real())
        for place, port in enumerate(model.outputs)
        if not port.get_names() & ADDED and port.get_partial_shape().rank.is_static
    ]
    size = _input_size(model)
    for one in outputs:
        named = f"output {_name(model, one.place)}"
        if one.ends_with(_DETECTION, 4) and size is not None:
            yield f"{named}, as of DetectionOutput", partial(_of_detection_output, place=one.place, size=size)
        if one.ends_with(5, 2, 3):
            for labels in (other for other in outputs if other.goes_with(one)):
                read = partial(boxes_postprocess_fn, boxes=one.place, labels=labels.place)
                yield f"{named} [D,5], labels from output {_name(model, labels.place)}", read
        if one.ends_with(4, 2, 3):
            beside = [other for other in outputs if other.goes_with(one)]
            scores = [other.place for other in beside if other.is_real]
            labels_at = [other.place for other in beside if not other.is_real]
            if len(scores) == len(labels_at) == 1:
                yield f"{named} [D,4]", partial(_apart, boxes=one.place, scores=scores[0], labels=labels_at[0])
        if _is_yolo(one):
            prototypes = [other.shape[1] for other in outputs if other.is_real and len(other.shape) == 4]
            yield f"{named} [1,4+K,P]", partial(_of_yolo, place=one.place, coefficients=_count(one, prototypes))


def _is_yolo(output: _Output) -> bool:
    """[1,4+K,P]: more places than values each, both known."""
    shape = output.shape
    if not output.is_real or len(shape) != 3 or shape[1].is_dynamic or shape[2].is_dynamic:
        return False
    return shape[0].relaxes(ov.Dimension(1)) and 5 <= shape[1].get_length() < shape[2].get_length()


def _count(output: _Output, prototypes: list[ov.Dimension]) -> int:
    """How many coefficients of masks each place has behind its class scores."""
    rows = output.shape[1].get_length()
    return next((one.get_length() for one in prototypes if one.is_static and one.get_length() < rows - 4), 0)


def _of_yolo(outputs: Outputs, place: int, coefficients: int) -> tuple[Array, Array, Array]:
    rows = np.asarray(outputs[place])
    return yolo_postprocess_fn({place: rows[:, : rows.shape[1] - coefficients]}, place)


def _apart(outputs: Outputs, boxes: int, scores: int, labels: int) -> tuple[Array, Array, Array]:
    return (
        np.asarray(outputs[boxes]).reshape(1, -1, 4),
        np.asarray(outputs[scores]).reshape(1, -1),
        np.asarray(outputs[labels]).reshape(1, -1),
    )


def _of_detection_output(outputs: Outputs, place: int, size: tuple[int, int]) -> tuple[Array, Array, Array]:
    rows = np.asarray(outputs[place]).reshape(-1, _DETECTION)
    ends = np.flatnonzero(rows[:, 0] < 0)
    rows = rows[: ends[0]] if ends.size else rows  # behind them is what was not needed
    return rows[None, :, 3:] * np.array([size[1], size[0]] * 2, np.float32), rows[None, :, 2], rows[None, :, 1]


def _input_size(model: ov.Model) -> tuple[int, int] | None:
    """Height and width of the model's input, where they are known."""
    parameter = model.get_parameters()[0]
    axes, shape = picture_axes(parameter), parameter.get_partial_shape()
    if axes is None or any(shape[axis].is_dynamic for axis in axes):
        return None
    return shape[axes[0]].get_length(), shape[axes[1]].get_length()


def _name(model: ov.Model, place: int) -> str:
    return min(model.outputs[place].get_names(), default=str(place))

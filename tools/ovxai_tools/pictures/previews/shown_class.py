"""Which classes a preview shows, and how sure the model is of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.insert import Insertion
from ovxai_passes.model_info.class_scores import holds_scores, shares_of
from ovxai_passes.model_info.labels import labels_of, names_of, own_names_of
from ovxai_passes.model_info.outputs import CLASSES_NAME
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_tools.pictures.detector_scores import DetectorScores
from ovxai_tools.pictures.previews.certainty import Certainty

MOST_ROWS = 5
"""Classes that are shown at the most, where several are asked for."""


@dataclass(frozen=True)
class PreviewSubject:
    """What a preview is of: the model without maps, what was inserted, names of its classes, or none."""

    plain: ov.Model
    insertion: Insertion
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outputs:
    """What the augmented model gives for a picture: `results` by name or place, of outputs of these `names`."""

    inputs: list[npt.NDArray[np.generic]]
    results: Mapping[Any, Any]
    names: frozenset[str]


@dataclass(frozen=True)
class ShownClass:
    """A class that is shown. `row`: its place among those that have maps, None where one map is of all classes.

    `number`, `certainty`: None where nothing is known of single classes. `names`: of all classes, or none.
    """

    row: int | None = None
    number: int | None = None
    certainty: Certainty | None = None
    names: tuple[str, ...] = ()

    @classmethod
    def each_of(
        cls, subject: PreviewSubject, shown: Insertion, outputs: Outputs, per_class: bool
    ) -> tuple[ShownClass, ...]:
        """Of the maps of one method, which has one `per_class`: the first of the classes asked for, else the best."""
        report, finds_objects = shown.report, shown.target.site is None
        if finds_objects and not per_class:
            return (cls(names=subject.labels or tuple(labels_of(subject.plain))),)
        certainty = _of_detector(subject, shown, outputs) if finds_objects else _of_classifier(subject, shown, outputs)
        scores = certainty.values
        mapped = list(range(scores.size)) if report.chosen is None else list(report.chosen)
        if report.top_k is not None and CLASSES_NAME in outputs.names:
            mapped = [int(number) for number in outputs.results[CLASSES_NAME][0]]
        names = names_of(subject.labels, scores.size, report.background) or own_names_of(
            subject.plain, scores.size, report.background
        )
        if per_class and shown.state.options.classes:
            rows = list(range(len(mapped)))[:MOST_ROWS]
        else:
            rows = [int(scores[mapped].argmax())]
        return tuple(cls(row if per_class else None, mapped[row], certainty, names) for row in rows)

    @property
    def of_what(self) -> str:
        """What the map is a map of."""
        return "all classes" if self.row is None or self.number is None else f'"{self._name(self.number)}"'

    @property
    def caption(self) -> str:
        """The class, and how sure the model is of it; as the best one where the map is of all classes."""
        if self.number is None or self.certainty is None:
            return "all classes"
        said = f"{self._name(self.number)}, {self.certainty.text(self.number)}"
        return said if self.row is not None else f"all classes; best {said}"

    @property
    def badge(self) -> str:
        """The probability of a class that the model does not see, "" of others."""
        unseen = self.number is not None and self.certainty is not None and not self.certainty.is_seen(self.number)
        return self.certainty.text(self.number) if unseen and self.certainty and self.number is not None else ""

    @property
    def note(self) -> str:
        """What is said below the caption."""
        seen = "not seen by the model" if self.badge else ""
        return "; ".join(filter(None, (seen, self.certainty.note if self.certainty else "")))

    def _name(self, number: int) -> str:
        """The class in words: of several synonyms the first."""
        return first_name(self.names, number)


def first_name(names: Sequence[str], number: int) -> str:
    """The name of a class, of several synonyms the first; its number where there is no name."""
    return names[number].split(",", maxsplit=1)[0].strip() if number < len(names) else f"class {number}"


def _of_detector(subject: PreviewSubject, shown: Insertion, outputs: Outputs) -> Certainty:
    return Certainty(DetectorScores.of(subject.plain, shown)(outputs.inputs))


def _of_classifier(subject: PreviewSubject, shown: Insertion, outputs: Outputs) -> Certainty:
    """As the model that is shown runs: its own scores, which are looked up inside it where its output ranks them."""
    known = shown.site.scores
    is_told = holds_scores(ModelGraph(subject.plain), known)
    found = outputs.results[known.output] if is_told else tensors_at(subject.plain, [known.shown], outputs.inputs)[0]
    scores = shares_of(found, known.classes)
    return Certainty.of(scores.astype(np.float64), known.activation, shown.state.options.multi_label)

"""What is known of one model, found once: a cache of findings that task, classifier and detector ask."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cached_property
from typing import Any, Concatenate, ParamSpec, TypeVar

import openvino as ov

from ovxai_patterns.analysis.assumed import HOW_TO_STATE, ShapesError
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.layout import PositionLayout, analysis_clone
from ovxai_patterns.wording import worded

_Arguments = ParamSpec("_Arguments")
_Finding = TypeVar("_Finding")


class ModelAnalysis:
    """All that is found out about an `ov.Model`, which is only read; each finding is made when it is first asked for.

    A *query* is a function (or a class) whose first parameter is a ModelAnalysis; it may ask further queries:

        analysis = ModelAnalysis(model)
        heads = analysis.get(find_class_heads, trusted=True)

    Findings are kept by query and arguments, as in MLIR's AnalysisManager; so this module knows none of the queries.
    The object is valid as long as the model is not rewired. Findings hold for clones of the model as well: they name
    operations by their place in topological order.
    """

    def __init__(self, model: ov.Model) -> None:
        self.original = ModelGraph(model)
        self._findings: dict[tuple[object, ...], Any] = {}
        self._layouts: dict[bool, PositionLayout] = {}

    def get(
        self,
        query: Callable[Concatenate[ModelAnalysis, _Arguments], _Finding],
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> _Finding:
        """The result of a query, computed once for each set of its arguments, which have to be hashable.

        What a query raises is not kept.
        """
        bound = inspect.signature(query).bind(self, *args, **kwargs)
        bound.apply_defaults()
        key = (query, *list(bound.arguments.items())[1:])
        if key not in self._findings:
            self._findings[key] = query(self, *args, **kwargs)
        finding: _Finding = self._findings[key]
        return finding

    @cached_property
    def inferred(self) -> ModelGraph:
        """The model with the shapes that follow from its inputs, which a user may have just opened.

        That is `original` where no input is dynamic. Raises ShapesError, a RuntimeError, where none go together.
        """
        if not self._is_dynamic:
            return self.original
        clone = self.original.model.clone()
        try:
            clone.validate_nodes_and_infer_types()
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            said = "the model has no consistent shapes; give it others first ({how}): {reason}"
            raise ShapesError(worded(said, how=HOW_TO_STATE, reason=reason)) from error
        return ModelGraph(clone)

    def layout(self, other_sizes: bool = True) -> PositionLayout:
        """The position labels of a clone with static shapes; `graph` of the result is that clone.

        `other_sizes`: see `analysis_clone`; one layout serves both where that makes no difference. Raises ShapesError.
        """
        wanted = other_sizes and self._is_dynamic
        if wanted not in self._layouts:
            clone = analysis_clone(self.original.model, wanted)
            same = (layout for layout in self._layouts.values() if _shapes(layout.graph.model) == _shapes(clone))
            self._layouts[wanted] = next(same, None) or PositionLayout(ModelGraph(clone))
        return self._layouts[wanted]

    @property
    def _is_dynamic(self) -> bool:
        return any(one.get_partial_shape().is_dynamic for one in self.original.model.get_parameters())


def _shapes(model: ov.Model) -> list[ov.PartialShape]:
    """Shapes of the inputs, from which all others follow."""
    return [parameter.get_partial_shape() for parameter in model.get_parameters()]

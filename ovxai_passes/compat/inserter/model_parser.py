"""Looking for layers of a classifier: by the name that a caller gives, else as insertions find them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum

import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.scores import Scores, find_scores

from ovxai_passes.errors import TargetNotFoundError
from ovxai_passes.options import Options
from ovxai_passes.passes.insert_saliency_map import with_branches
from ovxai_passes.passes.state import left
from ovxai_passes.vocabulary import Method, Task


class ModelType(Enum):
    """Convolutional network or vision transformer."""

    CNN = "cnn"
    TRANSFORMER = "transformer"


_METHODS = {ModelType.CNN: Method.RECIPROCAM, ModelType.TRANSFORMER: Method.VITRECIPROCAM}


class IRParser:
    """What any model has."""

    @staticmethod
    def get_logit_node(model: ov.Model, output_id: int = 0) -> ov.Node:
        """What an output is made of."""
        return model.outputs[output_id].get_node().input_value(0).get_node()

    @staticmethod
    def get_node_by_condition(
        ops: Iterable[ov.Node], condition: Callable[[ov.Node], bool], k: int = 1
    ) -> ov.Node | None:
        """The k-th node that fulfils a condition."""
        found = [op for op in ops if condition(op)]
        return found[k - 1] if 0 < k <= len(found) else None


class IRParserCls(IRParser):
    """What a classifier has. Raises ValueError and RuntimeError where something is not there."""

    @classmethod
    def get_logit_node(cls, model: ov.Model, output_id: int = 0, search_softmax: bool = False) -> ov.Node:
        """What an output is made of; with `search_softmax`, the class scores before the activation."""
        if search_softmax:
            analysis = ModelAnalysis(model)
            scores = analysis.get(find_scores)
            if isinstance(scores, Scores):
                return ModelGraph(model).ops[scores.tensor[0]]
        return IRParser.get_logit_node(model, output_id)

    @classmethod
    def get_target_node(
        cls, model: ov.Model, model_type: ModelType | None = None, target_node_name: str | None = None, k: int = 1
    ) -> ov.Node:
        """The layer with that name, else the one that maps are made from; `k`: attention blocks to re-run."""
        if target_node_name:
            found = cls.get_node_by_condition(
                model.get_ordered_ops(), lambda op: bool(op.get_friendly_name() == target_node_name)
            )
            if found is None:
                raise ValueError(f"there is no layer {target_node_name!r}")
            return found
        method = None if model_type is None else _METHODS[model_type]
        options = Options(task=Task.CLASSIFICATION, method=method, k=None if k == 1 else k)
        try:
            layer = left(with_branches(model, options)[0].target, "target", "Locate").layer
        except TargetNotFoundError as error:
            raise RuntimeError(f"no layer is found by itself, so give target_layer: {error}") from error
        return ModelGraph(model).ops[layer[0]]

    @classmethod
    def get_post_target_node(
        cls,
        model: ov.Model,
        model_type: ModelType | None = None,
        target_node_name: str | None = None,
        target_node_output_id: int = 0,
    ) -> list[ov.Node]:
        """What reads the target layer."""
        target = cls.get_target_node(model, model_type, target_node_name)
        return [reader.get_node() for reader in target.output(target_node_output_id).get_target_inputs()]

    @classmethod
    def get_first_conv_node(cls, model: ov.Model) -> ov.Node:
        """The first convolution."""
        return cls._first(model, "Convolution")

    @classmethod
    def get_first_concat_node(cls, model: ov.Model) -> ov.Node:
        """The first concatenation of nothing but computed tensors."""
        return cls._first(model, "Concat")

    @classmethod
    def _first(cls, model: ov.Model, kind: str) -> ov.Node:
        def is_one(op: ov.Node) -> bool:
            sources = [port.get_node().get_type_name() for port in op.input_values()]
            return op.get_type_name() == kind and (kind != "Concat" or "Constant" not in sources)

        found = cls.get_node_by_condition(model.get_ordered_ops(), is_one)
        if found is None:
            raise RuntimeError(f"the model has no {kind}")
        return found

"""The backward walk: gradients of tensors of a network, from those of its outputs, as nodes of its graph.

    gradient of x = sum over the operations y = f(x) that read it of  J_f(x)^T · gradient of y

The operations between are visited once, in reverse order. A rule (rules/) makes the gradients of an operation's inputs
from those of its results, of forward operations only. Nothing is built for what does not depend on the tensors asked
for, and nothing for what the outputs do not depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.op_traits import SHAPE_READING_TYPES

from ovxai_passes.errors import NoGradientError
from ovxai_passes.gradients.context import Context, Tensor, declined, output_of
from ovxai_passes.gradients.rules import (
    activations,
    arithmetic,
    convolution,
    functions,
    joining,
    linear,
    movement,
    norms,
    pooling,
    reductions,
    scattering,
    selecting,
    softmax,
)

Rule = Callable[[Context, ov.Node, Sequence[Tensor | None]], Sequence[Tensor | None]]
"""(context, operation, cotangents of its results) → gradients of its inputs, None for those that have none."""

RULES: dict[str, Rule] = {
    **arithmetic.RULES,
    **activations.RULES,
    **functions.RULES,
    **reductions.RULES,
    **softmax.RULES,
    **norms.RULES,
    **linear.RULES,
    **convolution.RULES,
    **pooling.RULES,
    **movement.RULES,
    **selecting.RULES,
    **scattering.RULES,
    **joining.RULES,
}
"""Type of operation → its rule."""


def backward(
    graph: ModelGraph, cotangents: Mapping[TensorId, Tensor], wrt: Sequence[TensorId], lead: int = 0
) -> list[ov.Output]:
    """Gradients of `wrt`, as nodes that read the model's own tensors and constants; the model is left as it is.

        gradient_j = sum_i  (d output_i / d wrt_j)^T · cotangent_i

    `graph`: of the model as it is before anything is added to it. `cotangents`: of outputs or any other tensors, of
    their shapes and types. `lead`: 1 if each has a leading axis of k cotangents in front, [k, *shape]; the gradients
    have it, too. A gradient has the shape and the type of its tensor, but for that axis.

    Raises NoGradientError where an operation in between has no rule or its rule declines, and where no output depends
    on a tensor.
    """
    between = _Between(graph, set(cotangents), set(wrt))
    found = {tensor: output_of(cotangent) for tensor, cotangent in cotangents.items()}
    context = Context(graph, next(iter(found.values())), lead, between.below)
    for place in reversed(between.places):
        node = graph.ops[place]
        arrived = [found.get((place, port)) for port in range(node.get_output_size())]
        needed = [port for port in range(node.get_input_size()) if context.needs(node, port)]
        if not needed or all(one is None for one in arrived):
            continue
        for tensor, gradient in zip(graph.inputs_of(place), _gradients(context, node, arrived), strict=True):
            if gradient is not None and tensor[0] in between.below:
                found[tensor] = output_of(gradient if tensor not in found else ops.add(found[tensor], gradient))
    return [_whole(context, tensor, found.get(tensor)) for tensor in wrt]


def _gradients(context: Context, node: ov.Node, arrived: list[ov.Output | None]) -> Sequence[Tensor | None]:
    rule = RULES.get(node.get_type_name())
    if rule is None:
        raise declined(node, "there is no rule for this type of operation")
    gradients = rule(context, node, arrived)
    return [*gradients, *[None] * (node.get_input_size() - len(gradients))]


def _whole(context: Context, tensor: TensorId, found: ov.Output | None) -> ov.Output:
    """A gradient; zeros where what depends on the tensor is constant almost everywhere (Floor, comparisons)."""
    output = context.graph.output(tensor)
    element = output.get_element_type() if output.get_element_type().is_real() else ov.Type.f32
    return found if found is not None else context.zeros(output, element).output(0)


class _Between:
    """`below`: places of what depends on `wrt`. `places`: of those, what the outputs depend on, in order."""

    def __init__(self, graph: ModelGraph, outputs: set[TensorId], wrt: set[TensorId]) -> None:
        reached = set(wrt)
        self.below = {tensor[0] for tensor in wrt}
        edges: dict[int, list[TensorId]] = {}
        for place, node in enumerate(graph.ops):
            if node.get_type_name() in SHAPE_READING_TYPES:
                continue
            edges[place] = graph.inputs_of(place)
            if any(source in reached for source in edges[place]):
                self.below.add(place)
                reached.update((place, port) for port in range(node.get_output_size()))
        above, open_ends = set(outputs), list(outputs)
        while open_ends:
            for source in edges.get(open_ends.pop()[0], []):
                if source not in above:
                    above.add(source)
                    open_ends.append(source)
        for tensor in wrt:
            if tensor not in above:
                name = graph.ops[tensor[0]].get_friendly_name()
                raise NoGradientError(
                    f"no gradient for {name!r}: none of the outputs depends on it; choose another tensor"
                )
        self.places = sorted(self.below & {place for place, _ in above})

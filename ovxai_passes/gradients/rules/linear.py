"""Products of matrices.

Y = A·B         gradient of A = G·Bᵀ, of B = Aᵀ·G, summed over what the operand was broadcast to
Einsum          the gradient of an operand is the Einsum of G and the other operands, with its own letters behind
"""

from __future__ import annotations

from collections.abc import Sequence

import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.gradients.context import Context, Tensor, declined, ints, rank_of
from ovxai_passes.gradients.weights import reread


def matmul(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """See the module. A vector counts as a matrix of one row (A) or one column (B)."""
    (gradient,) = cotangents
    first, second = node.input_values()
    vectors = rank_of(first) == 1, rank_of(second) == 1
    turned = (
        node.get_attributes()["transpose_a"] and not vectors[0],
        node.get_attributes()["transpose_b"] and not vectors[1],
    )
    if vectors[1]:
        gradient = ops.unsqueeze(gradient, ints([-1]))
    if vectors[0]:
        gradient = ops.unsqueeze(gradient, ints([-2]))
    a, b = first, second
    if not context.varies(second):
        b, gradient = reread(context, second, gradient)
    elif not context.varies(first):
        a, gradient = reread(context, first, gradient)
    a = ops.unsqueeze(a, ints([0])) if vectors[0] else a
    b = ops.unsqueeze(b, ints([1])) if vectors[1] else b
    results: list[Tensor | None] = [None, None]
    if context.needs(node, 0):
        own = ops.matmul(b, gradient, turned[1], True) if turned[0] else ops.matmul(gradient, b, False, not turned[1])
        results[0] = _as_operand(context, own, first, -2)
    if context.needs(node, 1):
        own = ops.matmul(gradient, a, True, turned[0]) if turned[1] else ops.matmul(a, gradient, not turned[0], False)
        results[1] = _as_operand(context, own, second, -1)
    return results


def _as_operand(context: Context, gradient: ov.Node, operand: ov.Output, axis: int) -> Tensor:
    """Without the axis that a vector got."""
    if rank_of(operand) == 1:
        gradient = ops.squeeze(gradient, ints([rank_of(gradient) + axis]))
    return context.unbroadcast(gradient, operand)


def einsum(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """See the module. Letters that stand twice in an operand, or in that operand alone, decline."""
    (gradient,) = cotangents
    equation = str(node.get_attributes()["equation"]).replace(" ", "")
    if "->" not in equation or "." in equation:
        raise declined(node, f"the equation {equation!r} leaves letters out")
    given, result = equation.split("->")
    letters = given.split(",")
    extra = next(letter for letter in "zyxwvutsrqponmlkjihgfedcba" if letter not in equation)
    front = extra * context.lead
    found: list[Tensor | None] = []
    for port, own in enumerate(letters):
        others = [other for place, other in enumerate(letters) if place != port]
        if not context.needs(node, port):
            found.append(None)
            continue
        if len(set(own)) < len(own) or not set(own) <= set("".join([result, *others])):
            raise declined(node, f"in the equation {equation!r} an operand has letters twice or alone")
        inputs: list[Tensor | None] = [
            gradient,
            *(node.input_value(place) for place in range(len(letters)) if place != port),
        ]
        found.append(ops.einsum(inputs, ",".join([front + result, *others]) + "->" + front + own))
    return found


RULES = {"Einsum": einsum, "MatMul": matmul}

"""What a model costs to run, estimated from its shapes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import openvino as ov
from ovxai_patterns.analysis.op_traits import (
    ATTENTION_TYPES,
    CONVOLUTION_TYPES,
    LOOP_TYPES,
    RESHAPING_TYPES,
    Trait,
    types_with,
)

from ovxai_passes.ops.nodes import is_constant, sizes_known

_PRODUCTS_AN_ELEMENT = 16
_NOT_COMPUTED = types_with(Trait.NOT_COMPUTED)


@dataclass(frozen=True)
class Cost:
    """`products`: multiply-adds of matrix products and convolutions. `largest`: bytes of the largest tensor made.

    `elements`: of all tensors made. For one image where the batch is dynamic.
    """

    products: int
    largest: int
    elements: int = 0

    @property
    def work(self) -> float:
        """An estimate of run time, in multiply-adds: writing and reading an element takes as long as some of them."""
        return self.products + _PRODUCTS_AN_ELEMENT * self.elements


def cost_of(model: ov.Model) -> Cost:
    """The cost of a model of static shapes. Loops count as often as they run, once where that is not known."""
    products, largest, elements = 0, 0, 0
    for node in model.get_ops():
        kind = node.get_type_name()
        if kind in _NOT_COMPUTED or _is_computed_once(node):
            continue
        if kind in LOOP_TYPES:
            body, times = cost_of(node.get_function()), max(node.get_num_iterations(), 1)
            products += body.products * times
            elements += body.elements * times
            largest = max(largest, body.largest)
        products += _products(node)
        largest = max(largest, *(_bytes(output) for output in node.outputs()))
        if kind not in RESHAPING_TYPES:  # made in place
            elements += sum(prod(_sizes(output)) for output in node.outputs())
    return Cost(products, largest, elements)


def _is_computed_once(node: ov.Node) -> bool:
    """Whether a node only converts or dequantises weights, which is done once."""
    return all(is_constant(value) for value in node.input_values())


def _sizes(output: ov.Output) -> list[int]:
    return [0] if output.get_partial_shape().rank.is_dynamic else sizes_known(output, 1)


def _bytes(output: ov.Output) -> int:
    return prod(_sizes(output)) * output.get_element_type().size


def _products(node: ov.Node) -> int:
    kind, made = node.get_type_name(), prod(_sizes(node.output(0)))
    if kind == "MatMul":
        left = _sizes(node.input_value(0))
        return made * left[-2 if node.get_attributes()["transpose_a"] and len(left) > 1 else -1]
    if kind in CONVOLUTION_TYPES:
        kernel = _sizes(node.input_value(1))
        if "Backprop" in kind:
            return prod(_sizes(node.input_value(0))) * prod(kernel[2 if kind.startswith("Group") else 1 :])
        return made * prod(kernel[2 if kind.startswith("Group") else 1 :])
    if kind in ATTENTION_TYPES:
        query, key, value = (_sizes(node.input_value(port)) for port in range(3))
        return prod(query[:-1]) * key[-2] * (query[-1] + value[-1])
    return 0


def beyond(value: float, limit: float) -> str:
    """A value above a limit, in as many digits as show that it is: 0.0021 of 0.002, 20.03 of 20."""
    shown = (f"{value:.{digits}f}" if value >= 1 else f"{value:.{digits + 1}g}" for digits in range(1, 9))
    return next((text for text in shown if float(text) > limit), repr(value))


def operation_count(model: ov.Model) -> int:
    """Number of operations of a model, those in loop bodies included."""
    count = 0
    for node in model.get_ops():
        count += 1
        if node.get_type_name() in LOOP_TYPES:
            count += operation_count(node.get_function())
    return count

"""Parts that patterns of detectors' heads are drawn of, and conditions that many of them share.

A *head* is the last learned layer with what is the same at all places beside it; its levels are on grids of their own.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Sequence

import openvino as ov

from ovxai_patterns.analysis.op_traits import (
    AFFINE_TYPES,
    CHANNEL_MIXING_TYPES,
    DEQUANTISING_TYPES,
    LAYOUT_TYPES,
    ROUNDED_VALUES_TYPES,
    SHARES_TYPES,
)
from ovxai_patterns.matchers.conditions import WEIGHT, Condition, is_weight, rank_of, sizes_of
from ovxai_patterns.matchers.parts import ROUNDING_STEP
from ovxai_patterns.matchers.pattern import Match
from ovxai_patterns.matchers.pen import Pen, Step

MOST_LEVELS = 6
BOX = 4
ACTIVATIONS = tuple(sorted(SHARES_TYPES))
_AFFINE = tuple(sorted(AFFINE_TYPES))
_PRODUCTS = tuple(sorted(CHANNEL_MIXING_TYPES))
_LAYOUTS = tuple(sorted(LAYOUT_TYPES))


def _is_behind_box(joined: ov.Output) -> bool:
    node = joined.get_node()
    inputs = [sizes_of(value) for value in node.input_values()]
    axis = node.get_attributes()["axis"] % max(rank_of(joined), 1)
    if any(not sizes or sizes[axis] < 0 for sizes in inputs):
        return False
    return sum(sizes[axis] for sizes in inputs[:-1]) in (BOX, BOX + 1)


BEHIND_BOX = Condition("does not hold a box, or a box and objectness, before its last input", _is_behind_box)


def _varies_along_one_axis(output: ov.Output) -> bool:
    sizes = sizes_of(output)
    return is_weight(output) and all(size > 0 for size in sizes) and sum(size > 1 for size in sizes) <= 1


BY_CHANNEL = Condition("is not a constant for each channel", _varies_along_one_axis)

MOVES = Step(_LAYOUTS, 2)
_CONVERTS = Step(("Convert",))
_DEQUANTISES = Step(tuple(sorted(DEQUANTISING_TYPES)), 2, others=(BY_CHANNEL,))
_SLICES = (
    Step(("Slice",), 5),
    Step(("Slice", "StridedSlice"), 4),
    Step(("VariadicSplit", "Gather"), 3),
    Step(("Split",), 2),
)
ACTIVATES = Step(ACTIVATIONS)


def rounded(pen: Pen, above: ov.Node) -> ov.Node:
    """The same values, or rounded ones: FakeQuantize, twice perhaps, or to whole numbers and back."""
    return pen.path(pen.path(pen.path(above, (ROUNDING_STEP,), 2), (_CONVERTS,), 2), (_DEQUANTISES,), 2)


def moved(pen: Pen, above: ov.Node, most: int = 3) -> ov.Node:
    """The same values, rounded or not, behind up to so many changes of the layout."""
    return rounded(pen, pen.path(rounded(pen, above), (MOVES,), most))


def sliced(pen: Pen, above: ov.Node, most: int = 3) -> ov.Node:
    """The same values or some of them, behind up to so many slices and changes of the layout."""
    return rounded(pen, pen.path(rounded(pen, above), (MOVES, *_SLICES), most))


def slices(pen: Pen, above: ov.Node) -> ov.Node:
    """One slice."""
    return pen.either(*(pen.op(one.kinds, above, *(pen.any() for _ in range(one.inputs - 1))) for one in _SLICES))


def head(pen: Pen, name: str, products: Sequence[str] = _PRODUCTS, ranks: Sequence[int] = (4,)) -> ov.Node:
    """A layer with constant weights and what is added to each of its channels; what is behind that has the name."""
    rank = Condition("has other axes than a map", lambda output: rank_of(output) in ranks)
    product = pen.op(products, pen.any(), pen.any(WEIGHT), where=(rank,), name=name)
    laid_out = pen.path(product, (Step(("Transpose",), 2), _CONVERTS), 1)
    first = pen.op(_AFFINE, laid_out, pen.any(BY_CHANNEL))
    last = pen.op(_AFFINE, pen.either(first, laid_out), pen.any(BY_CHANNEL), where=(rank,), name=name)
    return pen.either(last, product)


def levels_joined(pen: Pen, levels: Sequence[ov.Node]) -> ov.Node:
    """A Concat of the first two or more of some levels."""
    return pen.either(*(pen.op("Concat", *levels[:count]) for count in range(2, len(levels) + 1)))


def levels_of(match: Match) -> list[ov.Output]:
    """What a match binds as levels, in their order."""
    return [match.tensors[name] for name in sorted(match.tensors) if name.startswith("level")]


def level_names() -> tuple[str, ...]:
    """The names of as many levels as patterns know."""
    return tuple(f"level{number}" for number in range(MOST_LEVELS))


def elements(output: ov.Output) -> int | None:
    """The number of values in a tensor; None where it is not known."""
    sizes = sizes_of(output)
    return None if rank_of(output) < 0 or -1 in sizes else math.prod(sizes)


def on_grids_of_their_own(levels: Sequence[ov.Output]) -> bool:
    """Whether no two of some maps have as many places, channels first or last; true where that is not known."""
    found = [sizes_of(level) for level in levels]
    if any(-1 in sizes[1:] for sizes in found):
        return True
    channels_first = {math.prod(sizes[2:]) for sizes in found}
    channels_last = {math.prod(sizes[1:-1]) for sizes in found}
    return len(levels) in (len(channels_first), len(channels_last))


def readers(output: ov.Output, through: Container[str] = ROUNDED_VALUES_TYPES) -> Iterator[tuple[ov.Node, int]]:
    """The operations that read the values of a tensor, behind layouts; with the port that they read it at."""
    for target in output.get_target_inputs():
        node = target.get_node()
        if node.get_type_name() in through:
            if target.get_index() == 0:
                yield from readers(node.output(0), through)
        elif node.get_type_name() != "ShapeOf":
            yield node, target.get_index()


def weighs_others(output: ov.Output) -> bool:
    """Whether one score is multiplied with several others, as objectness is with those of the classes."""
    own = elements(output)
    for node, _ in readers(output):
        product = elements(node.output(0)) if node.get_type_name() == "Multiply" else None
        if own is not None and product is not None and product > own:
            return True
    return False


def is_summed(output: ov.Output) -> bool:
    """Whether a product with constants reads shares: the mean distance to the side of a box."""
    return any(
        node.get_type_name() in CHANNEL_MIXING_TYPES and is_weight(node.input_value(1 - port))
        for node, port in readers(output)
    )


def is_shifted(output: ov.Output) -> bool:
    """Whether a constant is added to shares, scaled or not: an angle or a length. Zero points do not count."""
    given = (
        node
        for node, port in readers(output, LAYOUT_TYPES)
        if node.get_type_name() in AFFINE_TYPES and is_weight(node.input_value(1 - port))
    )
    return any(node.get_type_name() in ("Add", "Subtract") or is_shifted(node.output(0)) for node in given)


def outputs_beside(output: ov.Output) -> list[ov.Output]:
    """What is put out by the model that a tensor belongs to."""
    open_ends, seen, found = [output.get_node()], set[str](), []
    while open_ends:
        node = open_ends.pop()
        if node.get_name() in seen:
            continue
        seen.add(node.get_name())
        if node.get_type_name() == "Result":
            found.append(node.input_value(0))
        open_ends += [value.get_node() for value in node.input_values()]
        if node.get_type_name() != "Constant":
            open_ends += [target.get_node() for result in node.outputs() for target in result.get_target_inputs()]
    return found

"""Heads to build a branch from, the one that takes most shapes first.

any grid     batch, height and width are dynamic: the branch reads the grid, and follows what `model.reshape` gives
any batch    the branch is right for one grid; a guard refuses others
as it is     the branch is right for the batch and the grid that the model has; a guard refuses others

Where the network itself allows one grid only (its positions are added to an embedding of fixed size, and laid out on
two axes of fixed size before), no guard is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from math import prod

import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.classifier.site import Site

from ovxai_passes.head.classes import ChosenHead
from ovxai_passes.head.cut import Head, cut
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.sizes import guarded, sizes_of, with_dynamic_shapes

_MOST_POSITIONS = 4096

Guard = tuple[TensorId, tuple[int, ...], tuple[int, ...]]
"""(tensor, axes, the sizes that a branch is right for)."""


@dataclass(frozen=True)
class HeadVariant:
    """`model`: with the shapes that it takes. `chosen`: its head of the wanted classes.

    `guards`: (tensor, axes, sizes that a branch of the head is right for).
    """

    model: ov.Model
    chosen: ChosenHead
    guards: tuple[Guard, ...] = ()

    @property
    def head(self) -> Head:
        """The head itself."""
        return self.chosen.head

    def guard(self, branch: Branch, model: ov.Model) -> Branch:
        """A branch of this head whose map is only made for the sizes that it is right for.

        `model`: that the head was cut from, for shapes and types.
        """
        for source, axes, built in self.guards:
            branch = _with_guard(branch, ModelGraph(model).output(source), source, axes, built)
        return branch


class _MadeOnce(Iterable[HeadVariant]):
    """What an iterator gives, to be gone through several times: each is made when it is first asked for, and kept."""

    def __init__(self, source: Iterator[HeadVariant]) -> None:
        self._source, self._made = source, list[HeadVariant]()

    def __iter__(self) -> Iterator[HeadVariant]:
        for place in count():
            if place == len(self._made):
                one = next(self._source, None)
                if one is None:
                    return
                self._made.append(one)
            yield self._made[place]


def head_variants(
    model: ov.Model, site: Site, analysed: ModelGraph, pick: Callable[[Head], ChosenHead]
) -> Iterable[HeadVariant]:
    """The heads of `model`, which is only read; each is cut when it is first asked for, as a rule the first alone.

    `analysed`: see `cut`; `pick`: chooses the classes.
    """
    return _MadeOnce(_heads(model, site, analysed, pick))


def _heads(
    model: ov.Model, site: Site, analysed: ModelGraph, pick: Callable[[Head], ChosenHead]
) -> Iterator[HeadVariant]:
    source, any_size = site.grid_source, with_dynamic_shapes(model, True)
    grid: tuple[Guard, ...] = ((source.tensor, source.axes, source.sizes),)
    if any_size is not None:
        shape = ModelGraph(any_size).output(source.tensor).get_partial_shape()
        if source.exact and all(shape[axis].is_static for axis in source.axes):
            grid = ()  # the network itself allows no other
        head = cut(any_size, site, analysed)
        if head.any_grid:
            yield HeadVariant(any_size, pick(head))
        elif site.dynamic and prod(site.positions.grid) <= _MOST_POSITIONS:
            yield HeadVariant(any_size, pick(head), grid)
    if site.dynamic:
        return
    any_batch = with_dynamic_shapes(model, False)
    if any_batch is not None:
        yield HeadVariant(any_batch, pick(cut(any_batch, site, analysed)), grid)
    batch = ModelGraph(model).output(site.target).get_partial_shape()[0]
    rows = ((site.target, (0,), (batch.get_length(),)),) if batch.is_static else ()
    yield HeadVariant(model, pick(cut(model, site, analysed)), grid + rows)


def _with_guard(
    branch: Branch, output: ov.Output, source: TensorId, axes: tuple[int, ...], built: tuple[int, ...]
) -> Branch:
    model = branch.model.clone()
    parameters, sources = list(model.get_parameters()), list(branch.sources)
    if source not in sources:
        parameters.append(ops.parameter(output.get_partial_shape(), output.get_element_type(), name="sizes"))
        sources.append(source)
    saliency, *others = (result.input_value(0) for result in model.get_results())
    checked = guarded(saliency, sizes_of(parameters[sources.index(source)], axes), built)
    results = [ops.result(output) for output in (checked, *others)]
    return replace(branch, model=ov.Model(results, parameters, "branch"), sources=tuple(sources))

"""A head of one operation under masks, on random shapes and layouts, held to the loop over masks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from openvino import opset13 as ops
from ovxai_patterns.analysis.grid_source import GridSource
from ovxai_patterns.analysis.positions import Positions
from ovxai_patterns.classifier.readout import ReadOut
from ovxai_patterns.classifier.scores import Scores
from ovxai_patterns.classifier.site import Site

from ovxai_passes.head.cut import Head
from ovxai_passes.mapping.repeat import repeated_head
from ovxai_passes.mapping.values import AnyGridError, NoRuleError
from ovxai_passes.mapping.walk import mapped_head
from ovxai_passes.ops.branch import MultipliedOut
from ovxai_passes.reference.comparing import worst_difference
from ovxai_passes.vocabulary import Mask
from tests.fixtures.graphs import Weights, integers
from tests.support.running import run


@dataclass(frozen=True)
class Case:
    """A feature [N,C,h,w], [N,h,w,C] or [N,kept+h*w,C] under masks of a kind."""

    seed: int
    layout: str
    batch: int
    channels: int
    height: int
    width: int
    kept: int
    mask: Mask

    @property
    def positions(self) -> Positions:
        cells = np.arange(self.height * self.width, dtype=np.int32)
        grid = (self.height, self.width)
        if self.layout == "NCHW":
            return Positions(cells.reshape(1, 1, *grid), grid)
        if self.layout == "NHWC":
            return Positions(cells.reshape(1, *grid, 1), grid)
        return Positions(np.concatenate([np.full(self.kept, -1, np.int32), cells]).reshape(1, -1, 1), grid)

    @property
    def shape(self) -> list[int]:
        """Without the batch."""
        ids = self.positions.ids
        axis = 1 if self.layout == "NCHW" else ids.ndim - 1
        return [self.channels if place == axis else size for place, size in enumerate(ids.shape)][1:]

    @property
    def last(self) -> int:
        return self.shape[-1]

    @property
    def rank(self) -> int:
        return len(self.shape) + 1

    @property
    def rows(self) -> tuple[int, ...]:
        """The axes of positions."""
        return tuple(place for place, size in enumerate(self.positions.ids.shape) if size > 1)

    @property
    def channel(self) -> int:
        return 1 if self.layout == "NCHW" else self.rank - 1


def cases(*layouts: str, masks: tuple[Mask, ...] = tuple(Mask)) -> st.SearchStrategy[Case]:
    return st.builds(
        Case,
        seed=st.integers(0, 1000),
        layout=st.sampled_from(layouts),
        batch=st.sampled_from([1, 2, -1]),
        channels=st.sampled_from([2, 4, 6]),
        height=st.integers(2, 4),
        width=st.integers(2, 4),
        kept=st.integers(0, 2),
        mask=st.sampled_from(masks),
    )


Build = Callable[[Case, ov.Node, Weights], ov.Node]


def _head_of(case: Case, build: Build, any_grid: bool = False) -> Head:
    """A head of one operation; `any_grid`: of any batch, and of any grid where positions lie on two axes."""
    ids, lattice = case.positions.ids, case.positions.lattice
    free = {0, *(lattice or ())} if any_grid else set[int]()
    dims = [ov.Dimension() if axis in free else size for axis, size in enumerate([case.batch, *case.shape])]
    feature = ops.parameter(ov.PartialShape(dims), np.float32, name="feature")
    seen = [ov.Dimension() if axis in free and axis else size for axis, size in enumerate(ids.shape)]
    mask = ops.parameter(ov.PartialShape(seen), np.float32, name="mask")
    w = Weights(case.seed)
    shifted = ops.add(feature, by_channel(case, w))
    result = build(case, ops.multiply(shifted, mask), w)
    scores = ops.reshape(result, integers(0, -1), True)
    model = ov.Model([ops.result(scores)], [feature, mask], "head")
    shapes = ((1, *case.shape), ids.shape)
    return Head(model, (), {}, shapes=shapes, grid_shape=(feature.get_partial_shape(), ov.Type.f32))


def compared(case: Case, build: Build) -> tuple[MultipliedOut, ...]:
    """Hold the exact branch to the loop; returns what was multiplied out."""
    source = GridSource((0, 0), case.positions.lattice or (0, 0), case.positions.lattice is not None, (0, 0))
    site = Site(ReadOut.OTHER, (0, 0), case.positions, (), 0, Scores((0, 0), 0, 0), (), source)
    head = _head_of(case, build)
    exact, naive = mapped_head(site, head, case.mask), repeated_head(site, head, case.mask)
    value = np.random.default_rng(case.seed).standard_normal([abs(case.batch) + (case.batch < 0), *case.shape])
    inputs = [value.astype(np.float32)]
    assert worst_difference(run(exact.model, *inputs), run(naive.model, *inputs)) <= 1
    if case.positions.lattice is not None:
        _compare_on_another_grid(case, build, site)
    return exact.multiplied_out


def _compare_on_another_grid(case: Case, build: Build, site: Site) -> None:
    """A branch that takes any grid is that of the loop on another grid and batch, or it does not run there at all."""
    try:
        branch = mapped_head(site, _head_of(case, build, True), case.mask)
    except (AnyGridError, NoRuleError):
        return
    other = replace(case, batch=3, height=case.height + 1, width=case.width + 2)
    head = _head_of(other, build)
    wanted = repeated_head(replace(site, positions=other.positions), head, case.mask)
    value = np.random.default_rng(case.seed).standard_normal([3, *other.shape]).astype(np.float32)
    assert worst_difference(run(branch.model, value), run(wanted.model, value)) <= 1


def by_channel(case: Case, w: Weights, shift: float = 0.0) -> ov.Node:
    return w(*(case.channels if place == case.channel else 1 for place in range(case.rank)), shift=shift)

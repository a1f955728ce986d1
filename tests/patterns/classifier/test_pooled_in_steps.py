"""A pooling in two steps is one read-out: the target has rows and columns, and what lies between is none."""

from __future__ import annotations

import openvino as ov
import pytest
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.readout import ReadOut
from ovxai_patterns.classifier.request import TargetRequest
from ovxai_patterns.classifier.site import Site
from ovxai_patterns.classifier.target import find_site

from tests.fixtures.pooled.in_steps import columns, flat_picture, two_branches_in_steps, two_steps


def found(model: ov.Model, **request: object) -> Site:
    site = find_site(ModelAnalysis(model), TargetRequest(**request))  # type: ignore[arg-type]
    assert isinstance(site, Site), site
    return site


AXES = [(2, 3), (3, 2), (1, 2), (2, 1)]
REDUCED = [(kind, axes, keep) for kind in ("max", "mean", "sum") for axes in AXES for keep in (True, False)]
WINDOWS = [("windows", axes, True) for axes in AXES[:2]]


@pytest.mark.parametrize(("pooling", "axes", "keep"), REDUCED + WINDOWS)
def test_the_target_has_both_axes(pooling: str, axes: tuple[int, int], keep: bool) -> None:
    site = found(two_steps(pooling=pooling, axes=axes, keep=keep))
    assert (site.positions.grid, site.readout, site.found_by) == ((4, 4), ReadOut.POOLED, "LastFeatureMap")
    assert site.notices == ()
    assert any("pooled in two steps" in line for line in site.story)


@pytest.mark.parametrize("axes", [(2, 3), (2, 1)])
def test_so_has_that_of_pictures_of_any_size(axes: tuple[int, int]) -> None:
    site = found(two_steps(side=-1, axes=axes, keep=False))
    assert site.dynamic
    assert site.positions.grid == (112, 112)


@pytest.mark.parametrize(
    ("kind", "readout"), [("both", ReadOut.POOLED), ("layer", ReadOut.POOLED), ("flat", ReadOut.FLATTENED)]
)
def test_columns_that_are_read_one_by_one_or_all_at_once_are_part_of_the_read_out(kind: str, readout: ReadOut) -> None:
    site = found(columns(kind))
    assert (site.positions.grid, site.readout, site.notices) == ((4, 4), readout, ())


@pytest.mark.parametrize("kind", ["window", "query", "learned"])
def test_columns_that_see_each_other_or_are_learned_are_kept_and_told(kind: str) -> None:
    model = columns(kind)
    site = found(model)
    assert site.positions.grid == (1, 4)
    said = "the grid has one row: an axis is pooled before it; target_layer='features' shows both"
    assert list(site.notices) == [said]
    assert found(model, layer="features").positions.grid == (4, 4)


@pytest.mark.parametrize(("height", "grid"), [(1, (1, 8)), (4, (1, 4))])
def test_flat_pictures_keep_their_row(height: int, grid: tuple[int, int]) -> None:
    site = found(flat_picture(height))
    assert (site.positions.grid, site.notices) == (grid, ())


def test_what_lies_between_is_explained_where_it_is_named() -> None:
    model = two_steps()
    name = next(op.get_friendly_name() for op in ModelGraph(model).ops if op.get_type_name() == "ReduceMax")
    assert found(model, layer=name).positions.grid == (1, 4)


def test_branches_that_pool_in_two_steps_have_both_axes() -> None:
    model = two_branches_in_steps()
    assert [found(model, partial=place).positions.grid for place in (1, 2)] == [(4, 4), (2, 2)]

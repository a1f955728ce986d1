"""Positions that stand several times, once or not at all among pooled rows, against the loop over masks."""

from __future__ import annotations

from pathlib import Path

import openvino as ov
import pytest
from hypothesis import example, given, settings
from ovxai_tools.cli.transform import main

from ovxai_passes.insert import Insertion, insert
from ovxai_passes.mapping import walk
from ovxai_passes.mapping.values import Value
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.options import Options
from ovxai_passes.reference.classifiers import defined_map, worst_difference
from ovxai_passes.vocabulary import Mask
from tests.fixtures import graphs
from tests.fixtures.position_heads import PositionPlan, build_positions, position_plans
from tests.support.cli import invoke
from tests.support.running import random_input, run

_PARTED = ("crop_then_mean", "gather_drop", "gather_dup", "pixshuffle", "ti_last", "ti_mean")


def _held_to_the_loop(model: ov.Model, mask: Mask, seed: int = 0) -> Insertion:
    found = insert(model, Options(mask=mask, embed_scaling=False, max_cost=1e4))
    site, head, image = found.locate.result, found.cut.result, random_input(model, seed=seed)
    wanted = defined_map(site, head, mask, tensors_at(model, (site.target, *head.sides), [image]))
    assert worst_difference(run(found.model, image, name="saliency_map"), wanted) <= 1
    return found


def _equal(plan: PositionPlan) -> None:
    """Equal to the loop, without a loop, and without a rule whose result was refused."""
    found = _held_to_the_loop(build_positions(plan), Mask(plan.mask), plan.seed)
    assert not any("cannot be mapped" in notice for notice in found.report.notices)
    assert not any("refused" in line for line in found.report.story)


@settings(max_examples=12)
@given(position_plans())
@example(PositionPlan(0, 1, ("repeat", "shuffle"), True, True, "sum", "onehot"))
@example(PositionPlan(1, 2, ("tile",), True, False, "flat", "onehot"))
@example(PositionPlan(2, -1, ("drop", "depth to space"), False, False, "max", "onehot"))
def test_any_multiset_of_positions(plan: PositionPlan) -> None:
    _equal(plan)


@pytest.mark.slow
@settings(max_examples=1000)
@given(position_plans())
def test_many_multisets_of_positions(plan: PositionPlan) -> None:
    _equal(plan)


@pytest.mark.parametrize("pooling", ["mean", "max"])
@pytest.mark.parametrize(
    "moves", [("crop",), ("drop",), ("repeat",), ("rows",), ("depth to space",), ("tile",), ("pad",)]
)
def test_nothing_is_multiplied_out(moves: tuple[str, ...], pooling: str) -> None:
    plan = PositionPlan(3, -1, moves, False, False, pooling, "onehot")
    assert insert(build_positions(plan), Options()).report.multiplied_out == 0


@pytest.mark.parametrize("name", _PARTED)
def test_models_that_broke(repro: Path, name: str, tmp_path: Path) -> None:
    model = ov.Core().read_model(repro / f"{name}.xml")
    _held_to_the_loop(model, Mask.ONE_HOT)
    result = invoke(main, repro / f"{name}.xml", tmp_path / "out.xml", "--verify")
    assert "map equal to the naive definition" in result.output


def _raising(error: Exception) -> walk.Rule:
    def rule(*_: object) -> list[Value]:
        raise error

    return rule


def test_a_rule_whose_result_is_refused(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """OpenVINO's refusal is told, and the loop is written instead; a mistake in a rule stays one."""
    rule = _raising(RuntimeError("Check failed\nshapes do not go together"))
    monkeypatch.setattr(walk, "RULES", ((frozenset({"ReduceMean"}), rule), *walk.RULES))
    _held_to_the_loop(graphs.cnn(), Mask.ONE_HOT)
    assert "what its rule makes is refused: shapes do not go together" in caplog.text
    monkeypatch.setattr(walk, "RULES", ((frozenset({"ReduceMean"}), _raising(TypeError("a bug"))), *walk.RULES))
    with pytest.raises(TypeError, match="a bug"):
        insert(graphs.cnn(), Options())

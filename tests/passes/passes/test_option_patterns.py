"""Patterns as options: which classes are taken, how they are told, and what is in an augmented model."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import openvino as ov
import pytest
from ovxai_patterns.matchers.pattern import GraphPattern
from ovxai_patterns.matchers.pen import Pen

import ovxai_passes as xai
from ovxai_passes.option_patterns import parsed_pattern
from ovxai_passes.options import Options
from tests.fixtures import graphs
from tests.fixtures.own import patterns as own_patterns
from tests.fixtures.own.heads import weighed_positions
from tests.fixtures.own.patterns import MaxPooled, MeanPooled

HOUSE = """
from ovxai_patterns.matchers.pattern import GraphPattern

class Head(GraphPattern):
    name = "head"
    def draw(self, pen):
        return pen.op("MatMul", pen.op("ReduceMean", pen.any(name="target")))

class Outer:
    Head = Head

def function(): ...
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, with modules in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path("house_15.py").write_text(HOUSE)
    Path("broken_15.py").write_text("import no_such_module_15")
    Path("raising_15.py").write_text("1 / 0")
    Path("exiting_15.py").write_text("raise SystemExit(2)")
    yield tmp_path
    for name in ("house_15", "broken_15", "raising_15", "exiting_15"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("text", ["house_15:Head", "house_15:Outer.Head"])
def test_modules_of_the_current_folder(house: Path, text: str) -> None:
    assert parsed_pattern(text).name == "head"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("house_15", "'house_15' is not MODULE:CLASS, as in house:HouseHead"),
        (":Head", "is not MODULE:CLASS"),
        ("house_15:", "is not MODULE:CLASS"),
        ("house_15.py:Head", "'house_15.py' is not a module as `import` names it"),
        ("./house_15:Head", "of ./house.py give house:HouseHead"),
        (".house_15:Head", "of ./house.py give house:HouseHead"),
        ("exiting_15:Head", "'exiting_15' of a pattern: SystemExit: 2"),
        ("no_house_15:Head", "cannot import the module 'no_house_15' of a pattern: ModuleNotFoundError"),
        ("broken_15:Head", "'broken_15' of a pattern: ModuleNotFoundError: No module named 'no_such_module_15'"),
        ("raising_15:Head", "'raising_15' of a pattern: ZeroDivisionError: division by zero"),
        ("house_15:Haed", "module 'house_15' has no class 'Haed'; did you mean 'Head'?"),
        ("house_15:function", "takes classes derived from GraphPattern, not <function"),
        ("house_15:Outer", "takes classes derived from GraphPattern, not 'house_15:Outer'"),
    ],
)
def test_what_cannot_be_found(house: Path, text: str, said: str) -> None:
    with pytest.raises(xai.OptionError) as caught:
        parsed_pattern(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


class Nameless(MeanPooled):
    name = ""


class Aimless(GraphPattern):
    name = "aimless"

    def draw(self, pen: Pen) -> ov.Node:
        return pen.op("MatMul", pen.any(name="rows"))


class Undrawn(GraphPattern):
    name = "undrawn"


class Misspelt(GraphPattern):
    name = "misspelt"

    def draw(self, pen: Pen) -> ov.Node:
        return pen.op("MatMull", pen.any(name="target"))


class Forgetful(MeanPooled):
    def draw(self, pen: Pen) -> ov.Node:
        super().draw(pen)
        return None


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (Nameless, "Nameless has no name, which reports call it by"),
        (Aimless, "Aimless draws nothing with the name 'target', which says what is explained (names: rows)"),
        (Undrawn, "Undrawn cannot be drawn: NotImplementedError"),
        (Misspelt, "Misspelt cannot be drawn: ValueError: there is no operation type 'MatMull'"),
        (Forgetful, "Forgetful cannot be drawn: TypeError: draw() returns what was drawn last, not None"),
        (GraphPattern, "GraphPattern cannot be drawn: NotImplementedError"),
        (int, "takes classes derived from GraphPattern, not 'builtins:int'"),
        (MeanPooled(), "takes a class or a list, not"),
        ([MeanPooled()], "takes classes derived from GraphPattern, not <"),
        ([MeanPooled, int], "takes classes derived from GraphPattern, not 'builtins:int'"),
    ],
)
def test_what_is_no_pattern(pattern: object, said: str) -> None:
    with pytest.raises(xai.OptionError) as caught:
        Options.checked(patterns=pattern)
    assert said in str(caught.value)


@pytest.mark.parametrize("given", [MeanPooled, [MeanPooled], (MeanPooled,)])
def test_one_or_several(given: object) -> None:
    options = Options.checked(patterns=given)
    assert options.patterns == (MeanPooled,)
    assert options.asked() == {"patterns": ["tests.fixtures.own.patterns:MeanPooled"]}
    assert parsed_pattern(options.asked()["patterns"][0]) is MeanPooled


def test_none_asks_for_nothing() -> None:
    assert Options.checked(patterns=[]) == Options()
    assert Options().asked() == {}


def test_masks_of_instances_have_no_target() -> None:
    with pytest.raises(xai.OptionError, match="instancemasks reads the model's outputs: leave patterns out"):
        Options.checked(patterns=MeanPooled, method="instancemasks", task="instance_segmentation")


def test_an_augmented_model_says_by_which_pattern() -> None:
    augmented = xai.insert_xai(graphs.cnn(), patterns=[MeanPooled])
    info = {key: value.astype(str) for key, value in augmented.get_rt_info(["ovxai"]).astype(dict).items()}
    assert info["found_by"] == "mean pooled"
    assert json.loads(info["options"]) == {"patterns": ["tests.fixtures.own.patterns:MeanPooled"]}
    assert xai.insert_xai(augmented, patterns=MeanPooled) is augmented
    assert xai.insert_xai(augmented) is augmented
    with pytest.raises(xai.OptionError, match=r"not with patterns=\['tests.fixtures.own.patterns:MaxPooled'\]"):
        xai.insert_xai(augmented, patterns=MaxPooled)


def test_found_by_is_empty_for_a_layer_given_by_name() -> None:
    augmented = xai.insert_xai(weighed_positions(), target_layer="features")
    assert augmented.get_rt_info(["ovxai", "found_by"]).astype(str) == ""


def test_the_explainer_takes_patterns() -> None:
    explainer = xai.Explainer(
        graphs.cnn(), xai.Task.CLASSIFICATION, lambda picture: picture, patterns=[own_patterns.MeanPooled]
    )
    assert explainer.method.model.get_rt_info(["ovxai", "found_by"]).astype(str) == "mean pooled"

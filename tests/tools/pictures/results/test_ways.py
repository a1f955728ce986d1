"""Names of models and methods beside each other."""

from __future__ import annotations

from pathlib import Path

import pytest
from ovxai_tools.pictures.results.ways import check_ways, model_names, saying_which

from ovxai_passes.errors import OptionError, TargetNotFoundError


def test_names_are_no_longer_than_it_takes() -> None:
    assert model_names(["/home/me/a/net.xml"]) == ["net.xml"]
    assert model_names(["demo:cnn", "/home/me/b.xml"]) == ["demo:cnn", "b.xml"]
    assert model_names(["/home/a/net.xml", "/home/b/net.xml"]) == ["a/net.xml", "b/net.xml"]


def test_nothing_is_compared_with_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check_ways(["a.xml", "b.xml"], ["rise", "aise"])
    with pytest.raises(OptionError, match=r"--compare \./a.xml is there twice"):
        check_ways(["a.xml", "./a.xml"], [])
    with pytest.raises(OptionError, match="--method rise is there twice"):
        check_ways(["a.xml"], ["rise", "rise"])


def test_an_error_of_one_of_several_models_names_it() -> None:
    with pytest.raises(TargetNotFoundError, match=r"^b.xml: none"), saying_which("b.xml", ["a.xml", "b.xml"]):
        raise TargetNotFoundError("none", ("near",))
    with pytest.raises(OptionError, match=r"^none"), saying_which("b.xml", ["b.xml"]):
        raise OptionError("none")

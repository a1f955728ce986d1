"""Which of the maps of a model is that of a class."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ovxai_tools.evaluation.compared.evaluated_model import MapMaker

from ovxai_passes.errors import OptionError


def _maker(chosen: tuple[int, ...] | None) -> MapMaker:
    return MapMaker(None, SimpleNamespace(report=SimpleNamespace(chosen=chosen)))  # type: ignore[arg-type]  # no model


def test_maps_are_of_all_classes_or_of_those_that_are_no_background() -> None:
    assert _maker(None).row_of(2) == 2
    assert _maker((1, 2, 4)).row_of(2) == 1
    with pytest.raises(OptionError, match="class 3 has no map"):
        _maker((1, 2, 4)).row_of(3)

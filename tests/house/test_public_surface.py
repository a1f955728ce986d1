"""What a user of the package sees."""

from __future__ import annotations

import inspect

from openvino.passes import ModelPass

import ovxai_passes as xai

STAGES = {
    *("Locate", "Cut", "BuildBranch", "Scale", "Resize", "Threshold", "Round", "Colour", "Overlay", "Pool"),
    *("Graft", "Trim", "KeepMap", "Record", "Tell"),
}


def test_tab_completion_shows_what_is_public_and_nothing_else() -> None:
    assert dir(xai) == sorted(xai.__all__)
    assert all(hasattr(xai, name) for name in xai.__all__)


def test_all_passes_are_public() -> None:
    found = {
        name
        for name in xai.__all__
        if inspect.isclass(getattr(xai, name)) and issubclass(getattr(xai, name), ModelPass)
    }
    assert found == STAGES | {"Backward", "InsertSaliencyMap", "RemoveSaliencyMap"}


def test_the_rest_of_the_interface_is_public() -> None:
    assert {"Report", "Branch", "plan", "read_model", "is_augmented", "insert_xai", "remove_xai"} <= set(xai.__all__)


def test_everything_public_is_documented() -> None:
    undocumented = [
        name for name in xai.__all__ if not name.startswith("__") and not inspect.getdoc(getattr(xai, name))
    ]
    assert not undocumented

"""Options as a command line calls them."""

from __future__ import annotations

import pytest
from ovxai_patterns.wording import Named, worded

import ovxai_passes as xai
from ovxai_passes.option_groups.flags import with_flags


@pytest.mark.parametrize(
    ("named", "argument", "flag"),
    [
        (Named("saliency_map_size"), "saliency_map_size", "--map-size"),
        (Named("saliency_map_size", (3, 4)), "saliency_map_size=(3, 4)", "--map-size 3x4"),
        (Named("scaling", xai.Scaling.JOINT), "scaling='joint'", "--scaling joint"),
        (Named("embed_scaling", False), "embed_scaling=False", "--no-embed-scaling"),
        (Named("objectness", False), "objectness=False", "--no-objectness"),
        (Named("objectness"), "objectness", "--objectness"),
        (Named("bgr", False), "bgr=False", "--rgb"),
        (Named("reference", True), "reference=True", "--reference"),
        (Named("classes", [1, 2]), "classes=[1, 2]", "--class 1 --class 2"),
        (Named("mean", (1.5, 2.0)), "mean=(1.5, 2.0)", "--mean 1.5,2.0"),
        (Named("max_cost", 20.0), "max_cost=20.0", "--max-cost 20"),
    ],
    ids=str,
)
def test_one_sentence_for_python_and_for_the_command_line(named: Named, argument: str, flag: str) -> None:
    said = worded("{given} is wrong", given=named)
    assert (said, with_flags(said)) == (f"{argument} is wrong", f"{flag} is wrong")


def test_a_command_calls_options_as_its_own() -> None:
    said = worded("{classes}, {k}")
    assert with_flags(said, {"classes": "--targets"}) == "--targets, --k (of ovxai transform)"
    assert with_flags("k=1, as it is") == "k=1, as it is"

"""The flags of an insertion: one for each option, and each reaches it."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import pytest
from ovxai_tools.common.insertion_options import insertion_options, options_of

from ovxai_passes.option_spec import spec_of
from ovxai_passes.options import Options
from ovxai_passes.vocabulary import GradientOf
from tests.fixtures.own.patterns import Features, MeanPooled
from tests.support.cli import invoke

OWN = "tests.fixtures.own.patterns"
CALLS: dict[str, tuple[tuple[object, ...], object]] = {
    "task": (("--task", "Detection"), "detection"),
    "method": (("--method", "activationmap"), "activationmap"),
    "defaults": (("--defaults", "drop-in"), "drop-in"),
    "target_layer": (("--target-layer", "a", "--target-layer", "b"), ["a", "b"]),
    "patterns": (("--pattern", f"{OWN}:MeanPooled", "--pattern", f"{OWN}:Features"), [MeanPooled, Features]),
    "embed_scaling": (("--no-embed-scaling",), False),
    "scaling": (("--scaling", "joint"), "joint"),
    "contrast": (("--contrast", "finer"), "finer"),
    "multi_label": (("--multi-label",), True),
    "k": (("--k", 0), 0),
    "mask": (("--mask", "gaussian"), "gaussian"),
    "output": (("--output", "1"), "1"),
    "keep_quantization": (("--keep-quantization",), True),
    "reference": (("--reference",), True),
    "classes": (("--class", "cat", "--class", 3), ["cat", "3"]),
    "labels": (("--labels", "names.txt"), ["a b", "c"]),
    "top_k": (("--top-k", 2), 2),
    "max_cost": (("--max-cost", 1.5), 1.5),
    "max_tensor_gib": (("--max-tensor-gib", 1), 1.0),
    "trim": (("--trim",), True),
    "feature_vector": (("--feature-vector",), True),
    "only_map": (("--only-map",), True),
    "num_anchors": (("--num-anchors", 3, "--target-layer", "a"), [3]),
    "saliency_map_size": (("--map-size", "3x4"), [3, 4]),
    "background": (("--background", -1), -1),
    "keep_background": (("--keep-background",), True),
    "objectness": (("--no-objectness",), False),
    "threshold": (("--threshold", 0.25), 0.25),
    "output_dtype": (("--output-dtype", "f16"), "f16"),
    "colormap": (("--colormap", "turbo"), "turbo"),
    "overlay": (("--overlay", 0.5), 0.5),
    "mean": (("--mean", "1,2,3.5"), [1, 2, 3.5]),
    "scale": (("--scale", "58"), 58),
    "bgr": (("--rgb",), False),
    "layout": (("--layout", "NHWC"), "nhwc"),
    "resize_type": (("--resize-type", "fit_to_window_letterbox"), "fit_to_window_letterbox"),
    "gradient_of": (("--gradient-of", "log-probability"), GradientOf.LOG_PROBABILITY),
    "level": (("--level", 2), 2),
    "pad_value": (("--pad-value", 114), 114),
}


def parsed(*args: object) -> Options:
    found: list[Options] = []

    @click.command()
    @insertion_options
    def program(**values: Any) -> None:
        found.append(options_of(values))

    invoke(program, *args)
    return found[0]


def test_nothing_given_is_the_default() -> None:
    assert parsed() == Options()


def test_every_option_has_a_flag() -> None:
    assert set(CALLS) == {field.name for field in fields(Options)}


@pytest.mark.parametrize("name", CALLS)
def test_a_flag_reaches_its_option(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("names.txt").write_text("a b\n\nc\n")
    args, wanted = CALLS[name]
    found = parsed(*args)
    others = {"target_layer": "a"} if name == "num_anchors" else {}
    assert Options.checked(**{name: wanted}, **others) == found


def test_one_layer_is_given_by_name() -> None:
    assert parsed("--target-layer", "a").target_layer == "a"


def test_help_is_the_text_of_the_option() -> None:
    program = click.command()(insertion_options(lambda **_: None))
    texts = {option.name: option.help for option in program.params if isinstance(option, click.Option)}
    for field in fields(Options):
        spec = spec_of(field)
        assert (texts[field.name] or "").startswith(spec.flag_meaning or spec.text)

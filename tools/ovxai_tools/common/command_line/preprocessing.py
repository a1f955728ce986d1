"""Preprocessing by name: the numbers that model zoos are trained with, for pixels from 0 to 255.

They are published for pixels from 0 to 1 (`imagenet`, `clip`) and are times 255 here. Sources:

imagenet   torchvision.transforms and timm (IMAGENET_DEFAULT_MEAN); mode "torch" of Keras' preprocess_input
caffe      mode "caffe" of keras.applications.imagenet_utils.preprocess_input: the mean of ImageNet, blue first
tf         mode "tf" of the same, pixels from -1 to 1; timm's IMAGENET_INCEPTION_MEAN
0-1        torchvision's ToTensor alone, and models of Ultralytics
clip       openai/CLIP, clip.py; timm's OPENAI_CLIP_MEAN
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click
from click.core import ParameterSource

from ovxai_passes.errors import OptionError
from ovxai_tools.common.click_types import WordChoice
from ovxai_tools.common.shared_options import Command


@dataclass(frozen=True)
class Preprocessing:
    """What `mean`, `scale` and `bgr` are for pixels from 0 to 255; one number stands for all channels."""

    name: str
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    bgr: bool = False


PREPROCESSINGS = (
    Preprocessing("imagenet", (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    Preprocessing("caffe", (103.939, 116.779, 123.68), (1.0,), bgr=True),
    Preprocessing("tf", (127.5,), (127.5,)),
    Preprocessing("0-1", (0.0,), (255.0,)),
    Preprocessing("clip", (122.7709383, 116.7460125, 104.09373615), (68.5005327, 66.6321579, 70.32316305)),
)

_NAME, _STANDS_FOR = "preprocess", ("mean", "scale", "bgr")


def preprocess_option(command: Command) -> Command:
    """`--preprocess`, which stands for --mean, --scale and --bgr or --rgb: see `expanded`."""
    return click.option(
        "--preprocess",
        _NAME,
        type=WordChoice([one.name for one in PREPROCESSINGS]),
        help="Pixels are prepared as for the zoo that the model is from: in place of --mean, --scale, --bgr and --rgb.",
    )(command)


def expanded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of options with those that `preprocess` stands for in its place.

    What a command line says wins over what its configuration file says. Raises OptionError for both in one place.
    """
    found = {name: value for name, value in values.items() if name != _NAME}
    named = next((one for one in PREPROCESSINGS if one.name == values.get(_NAME)), None)
    if named is None:
        return found
    beside = {name: found[name] for name in _STANDS_FOR if found.get(name) is not None}
    clashing = [name for name in beside if _is_from_file(name) == _is_from_file(_NAME)]
    if clashing:
        flag = {"bgr": "--bgr" if found["bgr"] else "--rgb"}.get(clashing[0], f"--{clashing[0]}")
        raise OptionError(f"--preprocess {named.name} says what {flag} says: leave one of them out")
    stronger = beside if _is_from_file(_NAME) else {}
    return found | {name: getattr(named, name) for name in _STANDS_FOR} | stronger


def _is_from_file(name: str) -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and context.get_parameter_source(name) is ParameterSource.DEFAULT_MAP

"""What is wrong with values of single options, beyond their type."""

from __future__ import annotations

import math
from typing import Any

from ovxai_patterns.wording import Named, worded

from ovxai_passes.errors import OptionError
from ovxai_passes.value_checks import is_whole
from ovxai_passes.vocabulary import INPUT, LARGEST, MIDDLE, Method

CHANNELS = (1, 3, 4)
"""How many a picture has."""

_SIZES = (INPUT, MIDDLE, LARGEST)
_EXAMPLES = {"mean": "104,117,123", "scale": "58,57,57"}


def parsed_size(text: str) -> tuple[int, int] | str:
    """A size of maps from text: HEIGHTxWIDTH, or the name of one. Raises OptionError."""
    if text in _SIZES:
        return text
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise OptionError(f"{text!r} is no size of a map: give HEIGHTxWIDTH, as 32x48, or {', '.join(_SIZES)}")
    return int(parts[0]), int(parts[1])


def size_problem(size: Any) -> str | None:
    """What is wrong with a size of maps, or None."""
    if isinstance(size, tuple) and not (len(size) == 2 and all(is_whole(one, 1) for one in size)):
        return worded("{saliency_map_size} takes height and width, whole numbers from 1 on, not {size!r}", size=size)
    if isinstance(size, str) and size not in _SIZES:
        return worded(
            "{saliency_map_size} takes height and width, or one of {names}, not {size!r}",
            names=", ".join(map(repr, _SIZES)),
            size=size,
        )
    return None


def method_problem(methods: Any) -> str | None:
    """What is wrong with one method or several, or None."""
    given = methods if isinstance(methods, tuple) else (methods,)
    if not given:
        return worded("{method} is empty: name a method, or leave it out")
    if Method.BEST in given and len(given) > 1:
        return "method 'best' chooses one method by itself: give it alone"
    twice = next((one for one in Method if given.count(one) > 1), None)
    return f"method {twice.value!r} is given twice: each method makes one map" if twice else None


def layer_problem(layer: Any) -> str | None:
    """What is wrong with one layer or several, or None."""
    layers = layer if isinstance(layer, tuple) else (layer,)
    if layers and layer != "" and all(isinstance(one, str) and one for one in layers):
        return None
    return worded("{target_layer} takes a layer's friendly name, or several, not {layer!r}", layer=layer)


def class_problem(classes: Any) -> str | None:
    """What is wrong with classes to make maps for, or None."""
    if not classes:
        return worded("{classes} is empty: name a class, or leave it out for all of them")
    wrong = [one for one in classes if isinstance(one, bool) or not isinstance(one, (int, str))]
    return worded("{classes} takes numbers and names, not {one!r}", one=wrong[0]) if wrong else None


def label_problem(labels: Any) -> str | None:
    """What is wrong with names of classes, or None."""
    if all(isinstance(one, str) for one in labels):
        return None
    return worded("{labels} takes the names of the classes, text each")


def parsed_mean(text: str) -> tuple[float, ...]:
    """Means of channels from text, with commas between them. Raises OptionError."""
    return _parsed("mean", text)


def parsed_scale(text: str) -> tuple[float, ...]:
    """Scales of channels from text, with commas between them. Raises OptionError."""
    return _parsed("scale", text)


def mean_problem(numbers: Any) -> str | None:
    """What is wrong with means of channels, or None."""
    return _numbers_problem("mean", numbers)


def scale_problem(numbers: Any) -> str | None:
    """What is wrong with scales of channels, or None."""
    problem = _numbers_problem("scale", numbers)
    return problem or (worded("{scale} divides pixels: no number of it may be 0") if 0 in numbers else None)


def pad_problem(level: Any) -> str | None:
    """What is wrong with the grey level around a picture, or None."""
    return None if level <= 255 else worded("{pad_value} is a grey level of at most 255, not {level}", level=level)


def _parsed(name: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise OptionError(_numbers_wanted(name, text)) from None


def _numbers_problem(name: str, numbers: Any) -> str | None:
    real = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in numbers)
    if real and len(numbers) in CHANNELS and all(math.isfinite(one) for one in numbers):
        return None
    return _numbers_wanted(
        name, ",".join(f"{one:g}" if isinstance(one, (int, float)) else repr(one) for one in numbers)
    )


def _numbers_wanted(name: str, given: str) -> str:
    return worded(
        "{name} takes one number or three: {one} or {three}, not {given}",
        name=Named(name),
        one=_EXAMPLES[name].split(",")[0],
        three=_EXAMPLES[name],
        given=given or "none",
    )

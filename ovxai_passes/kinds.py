"""The kinds of values that options take."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ovxai_passes.errors import OptionError

KINDS: Mapping[str, tuple[type, ...]] = {
    "target_layer": (str, list, tuple, type(None)),
    "embed_scaling": (bool,),
    "output": (int, str, type(None)),
    "keep_quantization": (bool,),
    "reference": (bool,),
    "classes": (int, str, list, tuple, type(None)),
    "labels": (list, tuple, type(None)),
    "max_cost": (int, float),
    "max_tensor_gib": (int, float),
    "trim": (bool,),
    "feature_vector": (bool,),
    "only_map": (bool,),
    "num_anchors": (int, list, tuple, type(None)),
    "saliency_map_size": (str, list, tuple, type(None)),
    "background": (int, type(None)),
    "keep_background": (bool,),
    "objectness": (bool,),
}
"""Types that options take; enumerations and counts are checked as such."""


def plain(value: object) -> object:
    """A value of numpy as one of Python, arrays as lists, and in lists alike; others as they are."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return type(value)(plain(one) for one in value) if type(value) in (list, tuple) else value
    return value


def check_kind(name: str, value: object) -> None:
    """Raises OptionError where a value is not of the types that an option takes; True and False are no numbers."""
    allowed = KINDS.get(name)
    if allowed is None or (isinstance(value, allowed) and (bool in allowed or not isinstance(value, bool))):
        return
    wanted = " or ".join(kind.__name__ for kind in allowed if kind is not type(None))
    raise OptionError(f"option {name!r} takes {wanted}, not {value!r}")


def whole_number(name: str, value: object, least: int) -> int:
    """A whole number from `least` on. Raises OptionError."""
    value = plain(value)
    if not isinstance(value, int) or not is_whole(value, least):
        raise OptionError(f"option {name!r} is a whole number from {least} on, not {value!r}")
    return value


def is_whole(value: object, least: int) -> bool:
    """Whether a value is a whole number from `least` on."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def number(name: str, value: object, above: float, below: float = math.inf, including: bool = False) -> float:
    """A number between two others, which it is not, unless `including`. Raises OptionError."""
    found = plain(value)
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        inside = above < found < below or (including and found in (above, below))
        if inside:
            return float(found)
    between = f"above {above:g}" if below == math.inf else f"between {above:g} and {below:g}"
    raise OptionError(f"option {name!r} is a number {between}, not {value!r}")

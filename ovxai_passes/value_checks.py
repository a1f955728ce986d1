"""Checks of single values that a caller gives. All raise OptionError, which names the option."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, TypeVar

import numpy as np
from ovxai_patterns.analysis.near_names import did_you_mean
from ovxai_patterns.wording import Named, worded

from ovxai_passes.errors import OptionError

Kind = TypeVar("Kind", bound=Enum)

_WORDS = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    type: "a class",
}


def plain(value: object) -> object:
    """A value of numpy as one of Python, arrays as lists, and in lists alike; others as they are."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return type(value)(plain(one) for one in value) if type(value) in (list, tuple) else value
    return value


def as_plain(value: Any) -> Any:
    """An option's value as JSON has it; a class as it is found again, "module:Class"."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, type):
        return f"{value.__module__}:{value.__qualname__}"
    return [as_plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def check_names(names: Iterable[object], known: Sequence[str]) -> None:
    """Raises OptionError for the first name that is none of the known ones, with the one that is meant, perhaps."""
    for name in names:
        if name not in known:
            hint = did_you_mean(str(name), known, 1) or f"; options: {', '.join(known)}"
            raise OptionError(f"there is no option {name!r}{hint}")


def check_type(name: str, value: object, allowed: tuple[type, ...]) -> None:
    """Raises OptionError where a value is not of the types that an option takes; True and False are no numbers."""
    if isinstance(value, allowed) and (bool in allowed or not isinstance(value, bool)):
        return
    raise OptionError(
        worded("{name} takes {kinds}, not {value!r}", name=Named(name), kinds=_kinds(allowed), value=value)
    )


def _kinds(allowed: Sequence[type]) -> str:
    """What values of some types are, in words."""
    kinds = [kind for kind in allowed if not (kind is int and float in allowed) and kind is not tuple]
    return " or ".join(_WORDS.get(kind, kind.__name__) for kind in kinds)


def names_of_types(kinds: Iterable[type]) -> str:
    """Types as people call them, with "or" between them."""
    return " or ".join("class" if kind is type else kind.__name__ for kind in kinds)


def member(name: str, kind: type[Kind], value: object) -> Kind:
    """A member of an enumeration, given as such or by value. Raises OptionError."""
    try:
        return kind(value.lower() if isinstance(value, str) else value)
    except ValueError:
        allowed = ", ".join(repr(one.value) for one in kind)
        said = worded("{name} takes one of {allowed}, not {value!r}", name=Named(name), allowed=allowed, value=value)
        raise OptionError(said) from None


def whole_number(name: str, value: object, least: int) -> int:
    """A whole number from `least` on. Raises OptionError."""
    value = plain(value)
    if not isinstance(value, int) or not is_whole(value, least):
        raise OptionError(f"{name} takes a whole number from {least} on, not {value!r}")
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
    raise OptionError(f"{name} takes a number {between}, not {value!r}")

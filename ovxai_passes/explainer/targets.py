"""Which classes, or detections, are explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from ovxai_patterns.analysis.near_names import did_you_mean

from ovxai_passes.errors import OptionError

ALL = -1

Targets = Any
"""-1 for all, an index, a name, or a list or array of indices or names."""


def _as_array(targets: Targets) -> npt.NDArray[Any]:
    try:
        return np.atleast_1d(np.asarray(targets))
    except ValueError:  # lists of several lengths
        raise OptionError(f"targets are an index, a name, or a list of these, not {targets!r}") from None


def asks_for_all(targets: Targets) -> bool:
    """Whether everything is to be explained."""
    found = _as_array(targets)
    return found.shape == (1,) and str(found[0]) == str(ALL)


def are_names(targets: Targets) -> bool:
    """Whether classes are asked for by name."""
    return bool(np.issubdtype(_as_array(targets).dtype, np.str_)) and not asks_for_all(targets)


def target_indices(targets: Targets, label_names: Sequence[str] | None) -> list[int]:
    """Indices of targets, in the order asked for. Raises OptionError."""
    found = _as_array(targets)
    if found.ndim > 1 or found.size == 0:
        raise OptionError(f"targets are an index, a name, or a list of these, not {targets!r}")
    if np.issubdtype(found.dtype, np.integer):
        return [int(index) for index in found]
    if not np.issubdtype(found.dtype, np.str_):
        raise OptionError(f"targets are indices or names, not {targets!r}")
    if label_names is None or len(label_names) == 0:
        raise OptionError("targets are names, so label_names is needed to find them (boxes of a detector go by number)")
    label_names = [str(name) for name in label_names]
    wanted = [_as_known(str(name), label_names) for name in found]
    missing = [name for name in wanted if name not in label_names]
    if missing:
        hint = did_you_mean(missing[0], label_names) or ": check the spelling"
        raise OptionError(f"{', '.join(map(repr, missing))} not in label_names{hint}")
    for name in wanted:
        if label_names.count(name) > 1:
            places = ", ".join(str(place) for place, one in enumerate(label_names) if one == name)
            raise OptionError(f"{name!r} is the name of several classes, {places}: give the number")
    return [label_names.index(name) for name in wanted]


def _as_known(name: str, label_names: Sequence[str]) -> str:
    """A name as it is known: models hold underscores for its blanks, and either may be given."""
    blank = name.replace("_", " ")
    return blank if name not in label_names and blank in label_names else name


def check_mapped(wanted: Sequence[int], maps: Mapping[int, object]) -> None:
    """Raises OptionError where a model that makes maps of few classes makes none of a class."""
    missing = [one for one in wanted if one not in maps]
    if missing:
        raise OptionError(
            f"there is no map of class {missing[0]}: for this picture the model makes maps of "
            f"{', '.join(map(str, maps))}; give classes={list(wanted)}, too, to have maps made of these"
        )

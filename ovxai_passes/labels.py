"""Names of classes."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import openvino as ov

from ovxai_passes.errors import OptionError
from ovxai_passes.rt_info import said_in


def labels_of(model: ov.Model) -> list[str]:
    """Class names in rt_info `model_info` (blanks in a name are underscores there), or none."""
    return said_in(model, "model_info", "labels").split()


def numbers_of(classes: Sequence[int | str], labels: Sequence[str], count: int) -> tuple[int, ...]:
    """The numbers of classes given by number or by name, each once; `count`: how many classes there are.

    A name that is a decimal number is one. A label may hold several names with commas between them. A first label
    "background" more than there are classes is left out. Raises OptionError.
    """
    if len(labels) == count + 1 and _plain(labels[0]) == "background":
        labels = labels[1:]
    numbers = [_number(one, labels, count) for one in classes]
    return tuple(dict.fromkeys(numbers))


def _number(one: int | str, labels: Sequence[str], count: int) -> int:
    if isinstance(one, str) and not one.isdecimal():
        return _by_name(one, labels, count)
    if not 0 <= int(one) < count:
        raise OptionError(f"there is no class {one}: the model's {count} classes are numbered from 0 to {count - 1}")
    return int(one)


def _by_name(name: str, labels: Sequence[str], count: int) -> int:
    if not labels:
        raise OptionError(
            f"class {name!r} is a name, but the model holds no labels: give them with --labels FILE (labels=), "
            "or the class by number"
        )
    if len(labels) != count:
        raise OptionError(
            f"there are {len(labels)} labels for the model's {count} classes: give one for each, in the model's order"
        )
    wanted = _plain(name)
    names = [{_plain(label), *(_plain(part) for part in label.split(","))} for label in labels]
    found = [number for number, known in enumerate(names) if wanted in known]
    if len(found) > 1:
        numbers = ", ".join(str(number) for number in found)
        raise OptionError(f"class name {name!r} stands for several classes ({numbers}): give the one by number")
    if not found:
        close = difflib.get_close_matches(wanted, sorted(set().union(*names)), 3, 0.5)
        hint = f"; did you mean {' or '.join(repr(other) for other in close)}?" if close else ""
        raise OptionError(f"there is no class named {name!r}{hint}")
    return found[0]


def _plain(label: str) -> str:
    """Case and the underscores that stand for blanks do not matter."""
    return label.strip().lower().replace("_", " ")

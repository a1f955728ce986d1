"""Names of classes."""

from __future__ import annotations

from collections.abc import Sequence

import openvino as ov
from ovxai_patterns.analysis.near_names import did_you_mean
from ovxai_patterns.wording import Named, counted, worded

from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.rt_info import said_in

_BACKGROUND = "background"
_FEW = 20  # classes, which are listed
_PROPOSED = 5


def labels_of(model: ov.Model) -> list[str]:
    """Class names in rt_info `model_info`, or none. Blanks in a name are underscores there, and blanks again here."""
    return [name.replace("_", " ").strip() or name for name in said_in(model, "model_info", "labels").split()]


def as_entry(names: Sequence[str]) -> str:
    """Class names as `model_info` holds them: blanks between them, and underscores in place of those inside."""
    return " ".join("_".join(name.split()) or "_" for name in names)


def names_of(labels: Sequence[str], count: int, background: int | None = None) -> tuple[str, ...]:
    """A name for each of `count` classes, or none where there are no labels. The only judge of whether labels fit.

    They fit if there are as many as classes; or one more, the first being "background", which is left out then; or, of
    a model whose class `background` stands for nothing, one for each of the others. Raises OptionError.
    """
    if len(labels) in (0, count):
        return tuple(labels)
    if len(labels) == count + 1 and _plain(labels[0]) == _BACKGROUND:
        return tuple(labels[1:])
    if background is not None and len(labels) == count - 1:
        return (*labels[:background], _BACKGROUND, *labels[background:])
    raise OptionError(
        f"there {'is' if len(labels) == 1 else 'are'} {counted(len(labels), 'label')} for the model's {count} classes: "
        "give one for each, in the model's order "
        f'(a first one more is left out only where it is "{_BACKGROUND}")'
    )


def own_names_of(model: ov.Model, count: int, background: int | None = None) -> tuple[str, ...]:
    """The names that a model holds of its `count` classes, or none where these do not fit."""
    try:
        return names_of(labels_of(model), count, background)
    except OptionError:
        return ()


def numbers_of(
    classes: Sequence[int | str], labels: Sequence[str], count: int, background: int | None = None
) -> tuple[int, ...]:
    """The numbers of classes given by number or by name, each once; `count`: how many classes there are.

    A name that is a decimal number is one. A label may hold several names with commas between them. `labels`,
    `background`: as for `names_of`, looked at only where a class is given by name. Raises OptionError.
    """
    by_name = any(isinstance(one, str) and not one.isdecimal() for one in classes)
    names = names_of(labels, count, background) if by_name else ()
    return tuple(dict.fromkeys(_number(one, names, count) for one in classes))


def _number(one: int | str, labels: Sequence[str], count: int) -> int:
    if isinstance(one, str) and not one.isdecimal():
        return _by_name(one, labels, count)
    if not 0 <= int(one) < count:
        raise OptionError(f"there is no class {one}: the model's {count} classes are numbered from 0 to {count - 1}")
    return int(one)


def _by_name(name: str, labels: Sequence[str], count: int) -> int:
    if not labels:
        raise OptionError(
            worded(
                "class {name!r} is a name, and the model holds no names: give {labels}, or the number of the class",
                name=name,
            )
        )
    wanted = _plain(name)
    each = [(label, *(part.strip() for part in label.split(","))) for label in labels]
    found = [number for number, names in enumerate(each) if wanted in map(_plain, names)]
    if len(found) > 1:
        numbers = ", ".join(str(number) for number in found)
        raise OptionError(f"class name {name!r} stands for several classes ({numbers}): give the one by number")
    if not found:
        hint = f"; classes: {', '.join(labels)}" if len(labels) <= _FEW else ""
        hint = _proposed(wanted, [name for names in each for name in names[1:] or names]) or hint
        raise OptionError(f"there is no class named {name!r}{hint}")
    return found[0]


def _proposed(wanted: str, names: Sequence[str]) -> str:
    """The names with a word in them, else those nearest to it."""
    with_it = [name for name in dict.fromkeys(names) if wanted in _plain(name).split()]
    if with_it:
        return f"; did you mean {' or '.join(map(repr, with_it[:_PROPOSED]))}?"
    return did_you_mean(wanted, sorted({_plain(name) for name in names}))


def _plain(label: str) -> str:
    """Case and the underscores that stand for blanks do not matter."""
    return label.replace("_", " ").strip().lower()


def check_top_k(top_k: int | None, classes: int) -> None:
    """Raises OptionError where there are not that many classes."""
    if top_k is not None and top_k > classes:
        known = f"{classes} classes" if classes > 1 else "one class"
        said = worded("{given} is more than the model has, {known}", given=Named("top_k", top_k), known=known)
        raise OptionError(said)

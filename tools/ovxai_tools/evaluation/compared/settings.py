"""What is compared: options of transform as they are written on a command line, and what fits a model by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import Field, dataclass, fields
from typing import Any

import openvino as ov

from ovxai_passes.errors import OptionError, TargetNotFoundError
from ovxai_passes.insert import Insertion, insert
from ovxai_passes.methods.registry import methods_of
from ovxai_passes.option_spec import spec_of
from ovxai_passes.options import Options
from ovxai_passes.report import Report
from ovxai_passes.vocabulary import LARGEST, MIDDLE, Contrast, Defaults, GradientOf, Mask, Method, Scaling, Task

_REFUSED = {
    "classes": "every class needs its map here",
    "top_k": "every class needs its map here",
    "only_map": "the model's answers are needed here",
    "trim": "the model's own answers are compared",
    "labels": "give names of classes by --names",
}
_BLOCKS = (1, 2, 3, 4)
_DIFFERENTIATED = (GradientOf.LOG_PROBABILITY, GradientOf.LOGIT)
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Setting:
    """A way to make maps. `name`: what the user wrote, or what it comes to."""

    name: str
    options: Options


@dataclass(frozen=True)
class FittingSetting:
    """A setting that a model takes, with its insertion."""

    setting: Setting
    insertion: Insertion


def parsed_setting(text: str) -> Setting:
    """`method=reciprocam scaling=joint`: options of transform with blanks between them. Raises OptionError."""
    known = {field.name: field for field in fields(Options)}
    values: dict[str, Any] = {}
    for part in text.split():
        key, sign, value = part.partition("=")
        name = key.replace("-", "_")
        if not sign or not value:
            raise OptionError(f"{part!r} in the setting {text!r} is no option: write NAME=VALUE, as method=reciprocam")
        if name in _REFUSED:
            raise OptionError(f"the setting {text!r} takes no {name}: {_REFUSED[name]}")
        values[name] = _value(known[name], value) if name in known else value
    if not values:
        raise OptionError("a setting names at least one option, as method=reciprocam")
    options = Options.checked(**{"defaults": Defaults.MEASURED, **values})
    if len(options.methods) > 1:
        raise OptionError(f"the setting {text!r} has several methods: give a setting for each")
    return Setting(" ".join(text.split()), options)


def _value(field: Field[Any], text: str) -> Any:
    spec = spec_of(field)
    if spec.parse is not None:
        return spec.parse(text)
    if spec.types == (bool,):
        if text.lower() not in _WORDS:
            raise OptionError(f"{field.name} is true or false, not {text!r}")
        return _WORDS[text.lower()]
    if spec.takes_several and "," in text:
        return [_plain(part) for part in text.split(",")]
    return _plain(text)


def _plain(text: str) -> int | float | str:
    if re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?[0-9]*\.[0-9]+", text) else text


def own_settings(model: ov.Model, task: Task) -> Iterator[FittingSetting]:
    """The command line's default for a model, and every method, mask, number of blocks and level with another map.

    Raises TargetNotFoundError where there is no default.
    """
    default = Options(task=task, defaults=Defaults.MEASURED)
    first = insert(model, default)
    yield FittingSetting(Setting(f"default: {_said(first.report)}", default), first)
    seen = {_key(first.report)}
    for options in _candidates(task):
        try:
            found = insert(model, options)
        except (TargetNotFoundError, OptionError):  # a matter of this model: others are tried
            continue
        if _key(found.report) not in seen:
            seen.add(_key(found.report))
            yield FittingSetting(Setting(_said(found.report), options), found)


def _candidates(task: Task) -> Iterator[Options]:
    yield Options(task=task)
    yield Options(task=task, scaling=Scaling.POSITIVE)
    if task is Task.CLASSIFICATION:
        kinds = (one for one in Contrast if one is not Contrast.NONE)
        yield from (Options(task=task, scaling=Scaling.POSITIVE, contrast=one) for one in kinds)
    for spec in methods_of(task):
        if spec.needs_mask:
            blocks = (None,) if spec.name is Method.RECIPROCAM else _BLOCKS
            yield from (Options(task=task, method=spec.name, mask=mask, k=k) for k in blocks for mask in Mask)
        elif spec.takes_gradients:
            yield from (Options(task=task, method=spec.name, gradient_of=one) for one in _DIFFERENTIATED)
        elif task is Task.CLASSIFICATION:
            yield Options(task=task, method=spec.name)
        else:
            sizes = (None, MIDDLE, LARGEST)
            yield from (Options(task=task, method=spec.name, saliency_map_size=size) for size in sizes)


def _key(report: Report) -> tuple[object, ...]:
    return (
        report.method,
        report.target.name,
        report.mask,
        report.k,
        report.grid,
        report.scaling,
        report.contrast,
        report.gradient_of,
    )


def _said(report: Report) -> str:
    parts = [report.method]
    parts += [f"mask={report.mask}"] if report.mask else []
    parts += [f"k={report.k}"] if report.k else []
    parts += [f"scaling={report.scaling}"] if report.scaling != Scaling.MAP.value else []
    parts += [f"contrast={report.contrast}"] if report.contrast != Contrast.NONE.value else []
    parts += [f"gradient-of={report.gradient_of}"] if report.gradient_of else []
    return " ".join([*parts, "x".join(map(str, report.grid))])

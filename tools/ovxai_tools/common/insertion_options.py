"""The options of an insertion as flags of a command line, made of what the fields of `Options` say of themselves."""

from __future__ import annotations

from dataclasses import Field, fields
from enum import Enum
from typing import Any

import click
import openvino as ov

from ovxai_passes.methods.registry import METHODS
from ovxai_passes.model_info.told import retold
from ovxai_passes.option_groups.info_options import InfoOptions
from ovxai_passes.option_spec import OptionSpec, spec_of
from ovxai_passes.options import Options
from ovxai_passes.vocabulary import Method
from ovxai_tools.common.click_types import NamedPath, NumberRange, choice_of, parsed_by
from ovxai_tools.common.command_line.insertion_help import VALUE_WORDS
from ovxai_tools.common.command_line.preprocessing import expanded, preprocess_option
from ovxai_tools.common.shared_options import Command, read_labels

WHITE_BOX = (*(spec.name for spec in METHODS), Method.BEST)
"""The methods whose maps can be written into a model."""


def insertion_options(command: Command) -> Command:
    """A flag for each option of an insertion; the command gets their values by keyword, for `options_of`."""
    for field in reversed(fields(Options)):
        command = _flag(field)(command)
    return preprocess_option(command)


def info_options(command: Command) -> Command:
    """The flags that tell a model of its input, for commands that read pictures: values for `told_to`."""
    for field in reversed(fields(InfoOptions)):
        command = _flag(field)(command)
    return preprocess_option(command)


def told_to(model: ov.Model, values: dict[str, Any]) -> ov.Model:
    """The model, or a clone that says what the flags made by `info_options` say. Raises OptionError."""
    return retold(model, info_of(values))


def info_of(values: dict[str, Any]) -> Options:
    """The options that the flags made by `info_options` say. Raises OptionError."""
    return Options.checked(**expanded(values))


def options_of(values: dict[str, Any]) -> Options:
    """The options that the flags made by `insertion_options` say. Raises OptionError."""
    said = expanded(values)
    return Options.checked(**{field.name: _value(field, said[field.name]) for field in fields(Options)})


def _flag(field: Field[Any]) -> Any:
    spec = spec_of(field)
    flag = spec.flag or f"--{field.name.replace('_', '-')}"
    if spec.types == (bool,) and field.default is None:
        return click.option(flag, field.name, default=None, help=spec.text)
    if spec.types == (bool,):
        meaning = spec.flag_meaning or spec.text
        return click.option(flag, field.name, flag_value=not field.default, default=field.default, help=meaning)
    default = field.default.value if isinstance(field.default, Enum) else field.default
    return click.option(
        flag,
        field.name,
        type=_type(spec),
        metavar="FILE" if spec.from_file else spec.metavar or VALUE_WORDS.get(field.name),
        multiple=_is_repeated(spec),
        default=default,
        show_default=default not in (None, ()),
        callback=None if spec.parse is None else parsed_by(spec.parse),
        help=spec.text + (" May be given several times." if _is_repeated(spec) else ""),
    )


def _type(spec: OptionSpec) -> click.ParamType[Any]:
    if spec.enumeration is not None:
        return choice_of(WHITE_BOX if spec.enumeration is Method else spec.enumeration)
    if spec.from_file:
        return NamedPath()
    if spec.counts:
        return click.IntRange(min=spec.least)
    if spec.above is not None:
        return NumberRange(min=spec.above, max=spec.up_to, min_open=True)
    return click.STRING if str in spec.types or spec.parse else click.INT


def _is_repeated(spec: OptionSpec) -> bool:
    return spec.takes_several and (spec.many or spec.parse is None) and not (spec.from_file or spec.in_one)


def _value(field: Field[Any], value: Any) -> Any:
    spec = spec_of(field)
    if spec.from_file:
        return None if value is None else read_labels(value)
    if _is_repeated(spec):
        return (value[0] if len(value) == 1 else value) or field.default
    return value

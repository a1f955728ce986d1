"""The options of a command line, as a page shows them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from ovxai_passes.model_info.shapes import StatedShape


def given_options(context: click.Context, without: Collection[str]) -> str:
    """The options that are given, but for some, in the order of help. Of paths the name alone: pages are sent."""
    said = []
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in without or context.get_parameter_source(name) is ParameterSource.DEFAULT:
            continue
        said.append(_given(parameter, context.params.get(name)))
    return " ".join(said)


def given_flags(context: click.Context, names: Collection[str]) -> dict[str, str]:
    """Those of some options that are given, with their values: flag → value, "" of switches."""
    return {
        flag: value
        for parameter in context.command.params
        if parameter.name in names and context.get_parameter_source(parameter.name or "") is not ParameterSource.DEFAULT
        for flag, _, value in [_given(parameter, context.params.get(parameter.name or "")).partition(" ")]
    }


def _given(parameter: click.Parameter, value: Any) -> str:
    if isinstance(value, bool):
        return (parameter.opts if value else parameter.secondary_opts)[-1]
    return f"{parameter.opts[-1]} {_words(value, 'x' if parameter.name == 'size' else ',')}"


def _words(value: Any, between: str) -> str:
    if isinstance(value, tuple):
        return between.join(_words(one, between) for one in value)
    if isinstance(value, StatedShape):
        return value.text
    if isinstance(value, Path):
        return value.name
    return f"{value:g}" if isinstance(value, float) else str(value)

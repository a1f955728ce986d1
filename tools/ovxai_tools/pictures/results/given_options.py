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
        value = context.params.get(name)
        if isinstance(value, bool):
            said.append((parameter.opts if value else parameter.secondary_opts)[-1])
        else:
            said.append(f"{parameter.opts[-1]} {_words(value, 'x' if name == 'size' else ',')}")
    return " ".join(said)


def _words(value: Any, between: str) -> str:
    if isinstance(value, tuple):
        return between.join(_words(one, between) for one in value)
    if isinstance(value, StatedShape):
        return value.text
    if isinstance(value, Path):
        return value.name
    return f"{value:g}" if isinstance(value, float) else str(value)

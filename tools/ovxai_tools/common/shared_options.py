"""Options that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.shapes import stated_shape
from ovxai_passes.option_checks import parsed_size
from ovxai_tools.common.click_types import parsed_by

Command = TypeVar("Command", bound=Callable[..., Any])

parse_size = parsed_by(parsed_size)


def shape_option(command: Command) -> Command:
    """`--shape`, for every command that reads a model: `shapes`, a tuple of StatedShape."""
    return click.option(
        "--shape",
        "shapes",
        multiple=True,
        metavar="[NAME=]SIZES",
        callback=parsed_by(stated_shape),
        help="State the shape of the model's input: 1,3,224,224; ? is any size, 1..8 a range. Several inputs: by name, "
        "the option several times.",
    )(command)


def read_labels(path: Path) -> tuple[str, ...]:
    """Names of classes, a line each. Raises OptionError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise OptionError(f"cannot read the labels in {path}: {reason}") from error
    names = tuple(line.strip() for line in lines if line.strip())
    if not names:
        raise OptionError(f"there are no labels in {path}: write the name of a class on each line")
    return names


def check_alone(option: str, allowed: tuple[str, ...]) -> None:
    """Raises OptionError where other parameters than those `allowed` are given beside an option of this command."""
    context = click.get_current_context()
    others = [
        parameter.opts[-1]
        for parameter in context.command.params
        if parameter.name not in (option, *allowed)
        and context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
    ]
    if others:
        raise OptionError(f"--{option} goes without {', '.join(others)}: leave one of them out")
